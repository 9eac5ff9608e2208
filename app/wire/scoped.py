"""Boards, rows and lists as a limited scope sees them: pure functions on the ordinary views.

MUST NOT add a figure up from what the scope does not see; what cannot be told of some queues alone
is null.
"""

from __future__ import annotations

from app.domain.engine import Engine
from app.domain.state import State
from app.domain.words import ConversationState
from app.wire.board_rows import agent_sums, queue_sums
from app.wire.incidents import open_incidents
from app.wire.scope import Scope, View


def scoped_board(engine: Engine, board: View, scope: Scope) -> View:
    """The board of the scope's queues and of their members."""
    if scope.queues is None:
        return board
    state = engine.state
    queues = [row for row in board["queues"] if row["id"] in scope.queues]
    agents = [
        _of_agent(state, row, scope)
        for row in board["agents"]
        if not scope.queues.isdisjoint(row["queues"])
    ]
    totals = {
        **queue_sums(queues),
        "entered": None,
        "ended": None,
        "quarantined": _aside(engine, scope),
        "incidents_open": sum(scope.sees_incident(state, one) for one in open_incidents(state)),
        **agent_sums(agents),
    }
    return {**board, "totals": totals, "queues": queues, "agents": agents}


def scoped_agent(state: State, view: View, scope: Scope) -> View:
    """One agent without what belongs to other queues."""
    if scope.queues is None:
        return view
    own = {queue: level for queue, level in view["queues"].items() if queue in scope.queues}
    return {**_of_agent(state, view, scope), "queues": own}


def _of_agent(state: State, row: View, scope: Scope) -> View:
    return {
        **row,
        "queues": [queue for queue in row["queues"] if scope.sees_queue(queue)],
        "conversations": [
            one for one in row["conversations"] if scope.sees_conversation(state, one)
        ],
        "offers": [one for one in row["offers"] if _sees_offer(state, one, scope)],
    }


def _sees_offer(state: State, offer: str, scope: Scope) -> bool:
    known = state.offers.get(offer)
    return known is not None and scope.sees_queue(known.queue)


def _aside(engine: Engine, scope: Scope) -> int:
    """How many are set aside; all conversations are looked at only when there may be some."""
    state = engine.state
    queues = [state.queues[id_] for id_ in scope.queues or () if id_ in state.queues]
    waiting = sum(queue.counts.get(ConversationState.WAITING, 0) for queue in queues)
    if waiting == sum(engine.waiting_count(queue.id) for queue in queues):
        return 0
    conversations = state.conversations.values()
    return sum(one.quarantine is not None and scope.sees_queue(one.queue) for one in conversations)
