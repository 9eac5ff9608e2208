"""Conversations over HTTP: enter, look, follow, and a supervisor's actions.

MUST NOT answer before what it tells is durable. Whoever may only create sees and cancels nothing
but its own.
"""

from __future__ import annotations

import secrets
from typing import Any

from starlette.responses import Response

from app.edge.call import Call, answer
from app.edge.problems import ProblemError
from app.edge.query import bad_query, known_query, limit_of
from app.ports import Position
from app.wire.bodies import ConversationBody
from app.wire.explaining import explanation_view, own_explanation_view
from app.wire.finding import find_conversations
from app.wire.history import timeline_item
from app.wire.route import LIST_MAX, TIMELINE_MAX
from app.wire.views import conversation_row, conversation_view

UNKNOWN = "unknown_conversation"
STATES = ("waiting", "offered", "assigned", "wrapping", "ended")


async def create_conversation(call: Call) -> Response:
    """Enter a conversation, or answer the one that was entered by the same request before."""
    body = await call.body(ConversationBody)
    id_ = body.id or f"c-{secrets.token_hex(8)}"
    already = await call.act(body.command(id_, call.who.by), id_)
    headers = {"Location": f"/v1/conversations/{id_}"}
    return answer(await _written(call, id_), 200 if already else 201, headers)


async def list_conversations(call: Call) -> Response:
    """Conversations by queue, agent and state."""
    query = known_query(call)
    state = query.get("state")
    if state not in (None, *STATES):
        raise bad_query("state", f"must be one of {', '.join(STATES)}")
    limit, scope = limit_of(call, LIST_MAX), call.scope

    def look(engine: Any, now: int) -> dict[str, Any]:
        found = find_conversations(
            engine,
            queue=query.get("queue"),
            agent=query.get("agent"),
            state=state,
            limit=limit,
            queues=scope.queues,
        )
        return {"conversations": [conversation_row(engine, id_) for id_ in found]}

    view = await call.show(look, UNKNOWN)
    for row in view["conversations"]:
        row["log_position"] = view["position"]
    return answer(view)


async def get_conversation(call: Call) -> Response:
    """One conversation."""
    await _check_own(call)
    look = lambda engine, now: conversation_view(engine, call.id, now)  # noqa: E731
    return answer(await call.show(look, UNKNOWN))


async def get_timeline(call: Call) -> Response:
    """Every transition of a conversation, read from the log itself."""
    await _check_own(call)
    limit, after = limit_of(call, TIMELINE_MAX), _after(call)
    view = await call.show(
        lambda engine, _: {"id": engine.state.conversations[call.id].id}, UNKNOWN
    )
    until = Position.parse(view["position"])
    places = [at for at in call.router.timeline_positions(call.id) if after < at <= until][:limit]
    records = await call.router.records(places)
    items = [timeline_item(str(found[0]), found[1]) for found in records if found is not None]
    trimmed = sum(found is None for found in records)
    return answer(
        {
            "conversation": call.id,
            "timeline": items,
            "trimmed": trimmed,
            "position": view["position"],
        }
    )


async def explain_conversation(call: Call) -> Response:
    """Why it is (not) offered now; an agent is told what concerns the asker."""
    if call.who.role != "agent":
        look = lambda engine, now: explanation_view(engine, call.id, now)  # noqa: E731
        return answer(await call.show(look, UNKNOWN))
    agent = call.own_agent
    own = lambda engine, now: own_explanation_view(engine, call.id, agent, now)  # noqa: E731
    return answer(await call.show(own, UNKNOWN))


async def act_on_conversation(call: Call) -> Response:
    """Any of the actions: the body of the route becomes the command."""
    body = await call.body(call.route.body)
    await _check_own(call)
    await call.act(body.command(call.id, call.who.by), call.id)
    return answer(await _written(call, call.id))


async def _written(call: Call, id_: str) -> dict[str, Any]:
    """The conversation after a write: without the estimate, which would be dearest in a rush."""
    return await call.show(lambda engine, _: conversation_row(engine, id_), UNKNOWN)


async def _check_own(call: Call) -> None:
    """A key for ingest sees what it entered itself; anything else is not there for it."""
    if call.who.role != "ingest":
        return
    known = call.router.state.conversations.get(call.id)
    if known is None or known.entered_by != call.who.by:
        raise ProblemError(UNKNOWN, f"There is no conversation {call.id} of this key.")


def _after(call: Call) -> Position:
    text = call.request.query_params.get("after", "0-0")
    try:
        return Position.parse(text)
    except ValueError:
        raise bad_query("after", "must be a log position like 3-141") from None
