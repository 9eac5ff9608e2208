"""``Engine.apply(command, now) -> Outcome``: the rules of offering, applied to one workspace.

Synchronous and deterministic: no clock, no randomness, no I/O, no logging. Every change goes
through ``emit`` (fold the event, keep it, let the indexes look), so what is stored is exactly what
happened. One writer calls it; a command is refused before anything is written or carried out
whole.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from app.domain import commands as c
from app.domain import decide_agents as agents
from app.domain import decide_config as config
from app.domain import decide_conversations as conversations
from app.domain import decide_holdings as holdings
from app.domain import decide_idle as idle
from app.domain import decide_keys as keys
from app.domain import decide_offers as offers
from app.domain import decide_presences as presences
from app.domain import decide_supervision as supervision
from app.domain import decide_watch as watch
from app.domain import events as e
from app.domain.decide_pull import pull
from app.domain.fold import fold
from app.domain.gate import beyond_format
from app.domain.matching import Matcher
from app.domain.observe import observe
from app.domain.outcome import Done, Outcome, Verdict
from app.domain.overflow import Overflow
from app.domain.refusals import Refused
from app.domain.staff import Staff
from app.domain.state import State
from app.domain.timers import Due, Timers
from app.domain.undo import undo
from app.domain.waiting import waits
from app.domain.words import LIVE_STATES, MS_PER_DAY

TICK_TIMERS_MAX = 1_000
FORGET_MAX = 500
ORIGINS_SINCE = 2
"""The first stored format that says from where something was done."""


class Engine:
    """One workspace: its state, and the indexes over it."""

    __slots__ = (
        "_events",
        "_retention_ms",
        "ended",
        "freed",
        "matcher",
        "overflow",
        "staff",
        "state",
        "timers",
    )

    def __init__(self, state: State | None = None, *, retention_ms: int = MS_PER_DAY) -> None:
        """Take over ``state``; ended conversations stay in it for ``retention_ms``."""
        self.state = state if state is not None else State()
        self.timers = Timers(self.state)
        self.matcher = Matcher(self.state, self.timers, self.emit)
        self.staff = Staff(self.state, self.matcher.pools)
        self.overflow = Overflow(self)
        self.freed: list[str] = []
        self._events: list[e.Event] = []
        self._retention_ms = retention_ms
        self.ended: deque[tuple[int, str]] = deque(
            sorted(
                (conversation.ended_at, conversation.id)
                for conversation in self.state.conversations.values()
                if conversation.state not in LIVE_STATES
            )
        )

    def apply(self, command: c.Command, now: int) -> Outcome:
        """Carry out one command at ``now`` (ms since the epoch; never before the last event)."""
        now = max(now, self.state.last_at)
        self._events = []
        beyond = beyond_format(self.state, command)
        if beyond is not None:
            return Outcome(beyond, False, [])
        verdict = _DECISIONS[type(command)](self, command, now)
        if isinstance(verdict, Refused):
            assert not self._events, "a refused command writes nothing"
            return Outcome(verdict, False, [])
        self._settle(now)
        return Outcome(None, verdict is Done.ALREADY, self._events)

    def _settle(self, now: int) -> None:
        """Let everything follow that the command brought about: plans, overflow, offers."""
        for agent_id in self.freed:
            presences.carry_out_plan(self, agent_id, now)
        self.freed.clear()
        self.overflow.before_matching(now)
        self.matcher.settle(now)
        while self.overflow.after_matching(now):
            self.matcher.settle(now)

    def emit(self, event: e.Event) -> None:
        """Let something happen. For the decisions of this package only."""
        fold(self.state, event)
        self._events.append(event)
        observe(self, event)

    def note_origin(self, by: str, address: str, now: int) -> None:
        """Say of what was decided until here from where it came, where the format has words."""
        if self._events and self.state.format >= ORIGINS_SINCE:
            self.emit(e.OriginNoted(now, len(self._events), by, address))

    def next_deadline(self) -> int | None:
        """The earliest instant at which ``Tick`` may have an effect (None: nothing is due ever)."""
        due = self.timers.next_at()
        if self.ended:
            forget_at = self.ended[0][0] + self._retention_ms
            due = forget_at if due is None else min(due, forget_at)
        return due

    def tick(self, now: int) -> Verdict:
        """Let passed deadlines take effect, at most ``TICK_TIMERS_MAX`` at once."""
        for kind, id_ in self.timers.pop_due(now, TICK_TIMERS_MAX):
            _DUES[kind](self, id_, now)
        forgotten: list[str] = []
        while (
            self.ended
            and len(forgotten) < FORGET_MAX
            and self.ended[0][0] + self._retention_ms <= now
        ):
            forgotten.append(self.ended.popleft()[1])
        if forgotten:
            self.emit(e.ConversationsForgotten(now, forgotten))
        return Done.NOW

    def position_of(self, conversation: str) -> int | None:
        """1-based place among the waiting of its queue; None when it does not wait."""
        return self.matcher.waiting.position(conversation)

    def waiting_count(self, queue: str) -> int:
        """How many conversations wait in the queue."""
        return self.matcher.waiting.count(queue)

    def unoffered(self, queue: str, now: int) -> str | None:
        """An agent who could be offered somebody waiting in the queue now; None as it should be."""
        return self.matcher.search.unoffered(queue, now)

    def oldest_waiting_at(self, queue: str) -> int | None:
        """When the longest-waiting conversation of the queue was enqueued."""
        return self.matcher.waiting.oldest_at(queue)

    def waiting_over(self, queue: str, enqueued_before: int) -> int:
        """How many wait in the queue that were enqueued before this instant."""
        return self.matcher.waiting.enqueued_before(queue, enqueued_before)


def _traced(engine: Engine, command: c.Traced, now: int) -> Verdict:
    """What was asked for, and, where the stored format can say it, from where."""
    verdict = _DECISIONS[type(command.command)](engine, command.command, now)
    engine.note_origin(command.by, command.address, now)
    return verdict


def _retry(engine: Engine, conversation_id: str, now: int) -> None:
    conversation = engine.state.conversations.get(conversation_id)
    if conversation is not None and waits(conversation):
        engine.matcher.touch_conversation(conversation_id)


def _agent_due(engine: Engine, agent_id: str, now: int) -> None:
    agent = engine.state.agents.get(agent_id)
    if agent is not None:
        engine.matcher.touch_agent(agent)


_DUES: dict[Due, Callable[[Engine, str, int], None]] = {
    Due.WRAP_UP: holdings.wrap_up_over,
    Due.GRACE: agents.grace_over,
    Due.OFFER: offers.expire,
    Due.RETRY: _retry,
    Due.AGENT: _agent_due,
    Due.OVERFLOW: lambda engine, id_, now: engine.overflow.due(id_, now),
    Due.STAFF: lambda engine, queue_id, now: engine.overflow.look_at_queue(queue_id),
    Due.IDLE: idle.silence_due,
}

_DECISIONS: dict[type[Any], Callable[[Engine, Any, int], Verdict]] = {
    c.Tick: lambda engine, command, now: engine.tick(now),
    c.OpenWorkspace: config.open_workspace,
    c.OpenEpoch: config.open_epoch,
    c.ExtendDeadlines: config.extend_deadlines,
    c.WitnessState: config.witness_state,
    c.FinalizeFormat: config.finalize_format,
    c.Traced: _traced,
    c.OpenIncident: watch.open_incident,
    c.NoteIncident: watch.note_incident,
    c.ResolveIncident: watch.resolve_incident,
    c.SweepQueue: watch.sweep_queue,
    c.CorrectCapacity: watch.correct_capacity,
    c.PutQueue: config.put_queue,
    c.RemoveQueue: config.remove_queue,
    c.SetQueueStatus: config.set_queue_status,
    c.SetQueueHours: config.set_queue_hours,
    c.PutAgent: config.put_agent,
    c.RemoveAgent: config.remove_agent,
    c.SetMembership: config.set_membership,
    c.PutPresence: presences.put_presence,
    c.RemovePresence: presences.remove_presence,
    c.UndoConfig: undo,
    c.SetPresence: presences.set_presence,
    c.ConnectAgent: agents.connect,
    c.DisconnectAgent: agents.disconnect,
    c.EnterConversation: conversations.enter,
    c.CancelConversation: conversations.cancel,
    c.MoveConversation: conversations.move,
    c.AssignConversation: conversations.assign,
    c.RequeueConversation: conversations.requeue,
    c.ReleaseConversation: conversations.requeue,
    c.QuarantineConversation: conversations.quarantine,
    c.PrioritizeConversation: conversations.prioritize,
    c.CloseConversation: conversations.close,
    c.MarkDelivered: offers.mark_delivered,
    c.MarkSeen: offers.mark_seen,
    c.AcceptOffer: offers.accept,
    c.DeclineOffer: offers.decline,
    c.CompleteConversation: holdings.complete,
    c.FinishWrapUp: holdings.finish_wrap_up,
    c.ExtendWrapUp: holdings.extend_wrap_up,
    c.TransferConversation: holdings.transfer,
    c.PullConversation: pull,
    c.NoteActivity: idle.note_activity,
    c.CreateKey: keys.create_key,
    c.LimitKey: keys.limit_key,
    c.RotateKey: keys.rotate_key,
    c.RevokeKey: keys.revoke_key,
    c.EndLogin: supervision.end_login,
    c.SignOutAgent: supervision.sign_out_agent,
    c.FreezeRepairs: supervision.freeze_repairs,
    c.ThawRepairs: supervision.thaw_repairs,
    c.SendBroadcast: supervision.send_broadcast,
    c.WithdrawBroadcast: supervision.withdraw_broadcast,
}
