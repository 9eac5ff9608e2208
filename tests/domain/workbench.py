"""A desk for trying the engine: say what happens in one line, look at what became of it.

Times are given in seconds and pass only when a test says so; every deadline on the way is ticked at
its own instant. Each step is judged twice, by the engine's own ``check`` and by the ``Referee``,
who shares no code with it. A refused command raises ``RefusedCommand``: a test that expects one
says so with ``refuses``. MUST NOT hold a rule of offering.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from app.domain import commands as c
from app.domain import events as e
from app.domain import settings as s
from app.domain.check import check
from app.domain.engine import Engine
from app.domain.fold import fold
from app.domain.outcome import Outcome
from app.domain.state import Agent, Conversation, Offer, Queue, State
from app.domain.words import MS_PER_DAY, Presence, QueueStatus, Strategy
from tests.domain.referee import Referee

START_MS = 1_800_000_000_000
PARTS: dict[str, type[Any]] = {
    "offer": s.OfferRule,
    "preferred": s.PreferredRule,
    "decline": s.DeclineRule,
    "back_off": s.BackOffRule,
    "no_answer": s.NoAnswerRule,
    "wrap_up": s.WrapUpRule,
    "idle": s.IdleRule,
    "service_level": s.ServiceLevelRule,
    "ageing": s.AgeingRule,
}
Queues = str | list[str] | dict[str, int]
Channels = list[str] | None


class RefusedCommand(AssertionError):
    """The engine refused; ``code`` says why."""

    def __init__(self, command: c.Command, code: str, message: str) -> None:
        super().__init__(f"{command} was refused: {code}: {message}")
        self.code = code


def queue_settings(name: str, **parts: Any) -> s.QueueSettings:
    """Build settings as an operator writes them: a group of settings is a dict."""
    for part, kind in PARTS.items():
        if part in parts and isinstance(parts[part], dict):
            parts[part] = kind(**_read(parts[part]))
    parts["rings"] = [s.Ring(**ring) for ring in parts.get("rings", [])]
    parts["overflow"] = [s.OverflowRule(**rule) for rule in parts.get("overflow", [])]
    return s.QueueSettings(name=name, **parts)


def _read(group: Mapping[str, Any]) -> dict[str, Any]:
    read = dict(group)
    if "strategy" in read:
        read["strategy"] = Strategy(read["strategy"])
    if "reasons" in read:
        read["reasons"] = [s.DeclineReason(**reason) for reason in read["reasons"]]
    return read


class Workbench:
    """One workspace, its clock, its log, and words for all that may happen.

    ``last`` is what the last step did; ``sound`` is false once a step was judged a fault.
    """

    def __init__(self, *, retention_ms: int = MS_PER_DAY, now: int = START_MS) -> None:
        self.engine = Engine(retention_ms=retention_ms)
        self.retention_ms = retention_ms
        self.referee = Referee()
        self.now = now
        self.log: list[e.Event] = []
        self.last: list[e.Event] = []
        self.sound = True
        self.do(c.OpenWorkspace("acme", "gen-1"))
        self.do(c.OpenEpoch(1, "node-1", 20_000))

    # What happens

    def do(self, command: c.Command) -> Outcome:
        """Carry out one command and judge the step. Raises RefusedCommand."""
        outcome = self.attempt(command)
        if outcome.refusal is not None:
            raise RefusedCommand(command, outcome.refusal.code, outcome.refusal.message)
        return outcome

    def attempt(self, command: c.Command) -> Outcome:
        """Carry out one command that may be refused."""
        self.sound = False
        self.referee.begin()
        outcome = self.engine.apply(command, self.now)
        self.last = outcome.events
        self.log += outcome.events
        for event in outcome.events:
            self.referee.see(event)
        due = self.engine.next_deadline()
        if due is None or due > self.now:
            check(self.engine, self.now)
            self.referee.settled(self.now)
        self.sound = True
        return outcome

    @contextmanager
    def refuses(self, code: str) -> Iterator[None]:
        """Expect that what is done inside is refused with this code, and that nothing happens."""
        before, log = deepcopy(self.engine.state), len(self.log)
        try:
            yield
        except RefusedCommand as refusal:
            assert refusal.code == code, refusal
        else:
            raise AssertionError(f"nothing was refused; expected {code}")
        assert self.engine.state == before and len(self.log) == log, "a refusal changes nothing"

    def pass_s(self, seconds: float) -> list[e.Event]:
        """Let time pass; every deadline takes effect at its instant. Returns what happened."""
        until, happened = self.now + round(seconds * 1000), len(self.log)
        while (due := self.engine.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.do(c.Tick())
        self.now = until
        return self.log[happened:]

    def stall_s(self, seconds: float) -> None:
        """Let time pass while nobody ticks, as in a process that was stopped."""
        self.now += round(seconds * 1000)

    def tick(self) -> Outcome:
        """Let all that is due take effect now."""
        return self.do(c.Tick())

    def take_over(self, grace_s: float = 20) -> Outcome:
        """Let a new owner take over, who knows nothing but the log; every socket is gone."""
        self.engine = Engine(self.replayed(), retention_ms=self.retention_ms)
        epoch = self.state.epoch + 1
        return self.do(c.OpenEpoch(epoch, f"node-{epoch}", round(grace_s * 1000)))

    def queue(self, id_: str = "q", **parts: Any) -> Outcome:
        """Create a queue, or give it all new settings."""
        return self.queue_is(id_, queue_settings(id_, **parts))

    def queue_is(self, id_: str, settings: s.QueueSettings) -> Outcome:
        """As ``queue``, with settings that are built already."""
        return self.do(c.PutQueue(id_, settings, "supervisor:s"))

    def pause(self, queue: str = "q") -> Outcome:
        """Offer nothing from the queue."""
        return self._status(queue, QueueStatus.PAUSED)

    def resume(self, queue: str = "q") -> Outcome:
        """Open the queue again."""
        return self._status(queue, QueueStatus.OPEN)

    def drain(self, queue: str = "q") -> Outcome:
        """Let the queue take nothing in."""
        return self._status(queue, QueueStatus.DRAINING)

    def _status(self, queue: str, status: QueueStatus) -> Outcome:
        return self.do(c.SetQueueStatus(queue, status, "asked", "supervisor:s"))

    def shut(self, queue: str = "q") -> Outcome:
        """Let the opening hours of the queue end."""
        return self.do(c.SetQueueHours(queue, False))

    def unlock(self, queue: str = "q") -> Outcome:
        """Let the opening hours of the queue begin."""
        return self.do(c.SetQueueHours(queue, True))

    def remove_queue(self, queue: str) -> Outcome:
        """Delete a queue."""
        return self.do(c.RemoveQueue(queue, "supervisor:s"))

    def agent(self, id_: str, queues: Queues = "q", **parts: Any) -> Outcome:
        """Create an agent, or give all new settings; a queue without a level has level 1."""
        names = [queues] if isinstance(queues, str) else queues
        levels = names if isinstance(names, dict) else dict.fromkeys(names, 1)
        settings = s.AgentSettings(name=id_, queues=levels, **parts)
        return self.do(c.PutAgent(id_, settings, "supervisor:s"))

    def staff(self, id_: str, queues: Queues = "q", **parts: Any) -> None:
        """Create an agent who is connected and available."""
        self.agent(id_, queues, **parts)
        self.connect(id_)
        self.available(id_)

    def remove_agent(self, agent: str) -> Outcome:
        """Delete an agent."""
        return self.do(c.RemoveAgent(agent, "supervisor:s"))

    def presence(self, id_: str, presence: str = "away", channels: Channels = None) -> Outcome:
        """Create a custom presence, or change it."""
        settings = s.PresenceSettings(name=id_, presence=Presence(presence), channels=channels)
        return self.do(c.PutPresence(id_, settings, "supervisor:s"))

    def remove_presence(self, id_: str) -> Outcome:
        """Delete a custom presence."""
        return self.do(c.RemovePresence(id_, "supervisor:s"))

    def undo(self, version: int | None = None) -> Outcome:
        """Take a change of configuration back, the last one if none is named."""
        return self.do(c.UndoConfig(version or self.state.version, "supervisor:s"))

    def available(self, agent: str) -> Outcome:
        """Wants work."""
        return self.be(agent, "available", "")

    def away(self, agent: str, reason: str = "break") -> Outcome:
        """Wants none for a while."""
        return self.be(agent, "away", reason)

    def offline(self, agent: str) -> Outcome:
        """Wants none any more."""
        return self.be(agent, "offline", "")

    def be(self, agent: str, presence: str, reason: str = "", *, then: bool = False) -> Outcome:
        """Set a presence, a custom one too; ``then``: after the work in hand."""
        return self.do(c.SetPresence(agent, presence, reason, f"agent:{agent}", then))

    def connect(self, agent: str) -> Outcome:
        """Have a live socket."""
        return self.do(c.ConnectAgent(agent))

    def disconnect(self, agent: str, grace_s: float = 20) -> Outcome:
        """Lose the last socket; no grace means a deliberate sign-off."""
        return self.do(c.DisconnectAgent(agent, round(grace_s * 1000)))

    def enter(self, id_: str, queue: str = "q", channel: str = "chat", **parts: Any) -> Outcome:
        """Let a conversation join a queue."""
        return self.do(c.EnterConversation(id_, queue, channel, "ingest:i", **parts))

    def received(self, agent: str, conversation: str) -> Outcome:
        """Confirm the offer, as the agent's application does at once."""
        return self.do(c.MarkDelivered(self.offer(conversation, agent).id, agent))

    def seen(self, agent: str, conversation: str) -> Outcome:
        """Have the offer on the screen."""
        return self.do(c.MarkSeen(self.offer(conversation, agent).id, agent))

    def accept(self, agent: str, conversation: str) -> Outcome:
        """Take the conversation by the last offer of it to this agent."""
        return self.do(c.AcceptOffer(self.offer(conversation, agent).id, agent))

    def decline(self, agent: str, conversation: str, reason: str = "busy") -> Outcome:
        """Let the conversation go to somebody else."""
        return self.do(c.DeclineOffer(self.offer(conversation, agent).id, agent, reason))

    def miss(self, agent: str, conversation: str) -> None:
        """Have the offer in hand and let its time pass."""
        self.received(agent, conversation)
        self.pass_s((self.offer(conversation, agent).expires_at - self.now) / 1000)

    def serve(self, id_: str, queue: str = "q", **parts: Any) -> str:
        """Let a conversation join and the agent who is asked accept it. Returns that agent."""
        self.enter(id_, queue, **parts)
        agent = self.asked(id_)[0]
        self.accept(agent, id_)
        return agent

    def pull(self, agent: str, conversation: str | None = None, queue: str = "q") -> Outcome:
        """Let an agent pick a conversation, the first he may have if none is named."""
        return self.do(c.PullConversation(agent, queue, conversation))

    def said(self, conversation: str, agent: str | None = None) -> Outcome:
        """Note that something was said."""
        return self.do(c.NoteActivity(conversation, False, "ingest:i", agent))

    def silent(self, conversation: str, agent: str | None = None) -> Outcome:
        """Note that nothing will be said for a while."""
        return self.do(c.NoteActivity(conversation, True, "ingest:i", agent))

    def complete(self, conversation: str) -> Outcome:
        """Let its agent be done with it."""
        return self.do(c.CompleteConversation(conversation, self._holder(conversation)))

    def finish_wrap_up(self, conversation: str) -> Outcome:
        """Let its agent end the wrap-up."""
        return self.do(c.FinishWrapUp(conversation, self._holder(conversation)))

    def extend_wrap_up(self, conversation: str, by_s: float) -> Outcome:
        """Let its agent take more time."""
        by_ms = round(by_s * 1000)
        return self.do(c.ExtendWrapUp(conversation, self._holder(conversation), by_ms))

    def transfer(
        self, conversation: str, *, queue: str | None = None, agent: str | None = None
    ) -> Outcome:
        """Let its agent hand it on."""
        holder = self._holder(conversation)
        return self.do(c.TransferConversation(conversation, holder, queue, agent))

    def abandon(self, conversation: str) -> Outcome:
        """Let the customer leave."""
        return self.do(c.CancelConversation(conversation, True, "left", "ingest:i"))

    def cancel(self, conversation: str) -> Outcome:
        """Declare it void."""
        return self.do(c.CancelConversation(conversation, False, "void", "ingest:i"))

    def close(self, conversation: str) -> Outcome:
        """End it as closed."""
        return self.do(c.CloseConversation(conversation, "done", "supervisor:s"))

    def move(self, conversation: str, queue: str, *, keep_wait: bool = True) -> Outcome:
        """Put it into another queue."""
        return self.do(c.MoveConversation(conversation, queue, keep_wait, "asked", "supervisor:s"))

    def assign(self, conversation: str, agent: str) -> Outcome:
        """Give it to an agent without asking."""
        return self.do(c.AssignConversation(conversation, agent, "asked", "supervisor:s"))

    def requeue(self, conversation: str) -> Outcome:
        """Put it back in line."""
        return self.do(c.RequeueConversation(conversation, "asked", "supervisor:s"))

    def release(self, conversation: str) -> Outcome:
        """Free it from whatever holds it."""
        return self.do(c.ReleaseConversation(conversation, "stuck", "supervisor:s"))

    def prioritize(self, conversation: str, priority: int) -> Outcome:
        """Change its priority."""
        return self.do(c.PrioritizeConversation(conversation, priority, "asked", "supervisor:s"))

    # What became of it

    @property
    def state(self) -> State:
        """The state of the workspace."""
        return self.engine.state

    def conversation(self, id_: str) -> Conversation:
        """Look a conversation up."""
        return self.state.conversations[id_]

    def in_state(self, id_: str) -> str:
        """Name the state of a conversation."""
        return str(self.conversation(id_).state)

    def of_queue(self, id_: str = "q") -> Queue:
        """Look a queue up."""
        return self.state.queues[id_]

    def of_agent(self, id_: str) -> Agent:
        """Look an agent up."""
        return self.state.agents[id_]

    def holder(self, conversation: str) -> str | None:
        """Name who holds the conversation, in talk or in wrap-up."""
        return self.conversation(conversation).agent

    def _holder(self, conversation: str) -> str:
        known = self.state.conversations.get(conversation)
        return (known.agent if known else None) or "nobody"

    def asked(self, conversation: str) -> list[str]:
        """List the agents who have a live offer of the conversation."""
        return [self.state.offers[id_].agent for id_ in self.conversation(conversation).offers]

    def offer(self, conversation: str, agent: str) -> Offer:
        """Find the last offer of the conversation to the agent."""
        known = self.conversation(conversation)
        ids = [*known.past_offers, *known.offers]
        offers = [self.state.offers[id_] for id_ in ids]
        return max((o for o in offers if o.agent == agent), key=lambda o: int(o.id[1:]))

    def line(self, queue: str = "q") -> list[str]:
        """List the waiting of a queue in their order."""
        places = {
            id_: self.engine.position_of(id_)
            for id_, known in self.state.conversations.items()
            if known.queue == queue
        }
        return sorted((id_ for id_, at in places.items() if at), key=lambda id_: places[id_] or 0)

    def asked_in_order(self, conversation: str) -> list[str]:
        """List everybody who was ever asked, in order."""
        return [
            event.agent
            for event in self.log
            if isinstance(event, e.OfferMade) and event.conversation == conversation
        ]

    def replayed(self) -> State:
        """Fold the log anew."""
        state = State()
        for event in self.log:
            fold(state, event)
        return state
