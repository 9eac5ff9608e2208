"""The board kept up to date event by event, so that a large floor costs only what changed on it.

``view`` gives exactly what ``board_rows.board_view`` gives (a property test holds it to that). Rows
that did not change are the same objects as in the board before, which ``board.diff`` uses. MUST be
told of every event through ``observe``, after it was applied.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.domain import events as e
from app.domain.engine import Engine
from app.wire.board_rows import Tally, agent_row, assemble
from app.wire.reserved import open_ids
from app.wire.views import View

_ALL = (e.WorkspaceOpened, e.EpochOpened, e.DeadlinesExtended)
_OF_QUARANTINE = (
    e.ConversationQuarantined,
    e.ConversationRequeued,
    e.ConversationMoved,
    e.ConversationAssigned,
    e.ConversationEnded,
)


class BoardKeeper:
    """One engine's board."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._rows: dict[str, View] = {}
        self._tally = Tally()
        self._dirty: set[str] = set(engine.state.agents)
        self._backing_off: set[str] = set()
        self._queues: dict[str, View] = {}
        conversations = engine.state.conversations.values()
        self._aside = {one.id for one in conversations if one.quarantine is not None}

    def observe(self, event: e.Event) -> None:
        """Note whose row has to be made anew."""
        if isinstance(event, _ALL):
            self._dirty.update(self._engine.state.agents)
            return
        if isinstance(event, e.PresenceConfigured):
            agents = self._engine.state.agents.values()
            self._dirty.update(one.id for one in agents if one.custom == event.presence)
            return
        if isinstance(event, _OF_QUARANTINE):
            self._note_quarantine(event.conversation)
        for name in ("agent", "from_agent"):
            agent = getattr(event, name, None)
            if agent is not None:
                self._dirty.add(agent)

    def view(self, now: int, *, position: str, health: Mapping[str, View] | None = None) -> View:
        """The board at ``now``; see ``board_view`` for the rest. The rows MUST NOT be changed."""
        added_or_gone = self._refresh(now)
        if added_or_gone:
            self._rows = dict(sorted(self._rows.items()))
        board = assemble(
            self._engine,
            now,
            list(self._rows.values()),
            self._tally,
            position=position,
            aside=len(self._aside),
            health=health or {},
        )
        board["queues"] = [self._same_queue(row) for row in board["queues"]]
        self._queues = {row["id"]: row for row in board["queues"]}
        return board

    def _refresh(self, now: int) -> bool:
        """Make the rows anew that may have changed; whether agents came or went."""
        agents, moved = self._engine.state.agents, False
        for id_ in open_ids(self._dirty | self._backing_off):
            old = self._rows.get(id_)
            agent = agents.get(id_)
            new = None if agent is None else agent_row(self._engine, agent, now)
            self._note_back_off(id_, new)
            if new == old:
                continue
            if old is not None:
                self._tally.drop(old)
            if new is None:
                del self._rows[id_]
            else:
                self._tally.add(new)
                self._rows[id_] = new
            moved = moved or old is None or new is None
        self._dirty.clear()
        return moved

    def _note_quarantine(self, id_: str) -> None:
        conversation = self._engine.state.conversations.get(id_)
        if conversation is not None and conversation.quarantine is not None:
            self._aside.add(id_)
        else:
            self._aside.discard(id_)

    def _note_back_off(self, id_: str, row: View | None) -> None:
        """A back-off ends by time alone, without an event: look again until it is over."""
        if row is not None and "back_off" in row["why_not"]:
            self._backing_off.add(id_)
        else:
            self._backing_off.discard(id_)

    def _same_queue(self, row: View) -> View:
        known = self._queues.get(row["id"])
        return known if known is not None and known == row else row
