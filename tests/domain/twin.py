"""Two engines with the same past live the same future.

One lived through the history, the other was given the state that the log yields, as after a
restart: its indexes and timers are new. Both get the same commands, and each outcome must be
the same. The future is a plain one that ends well: everybody comes to work, answers, and goes on
until nothing is left, so it also shows that no conversation stays behind.
"""

from __future__ import annotations

from dataclasses import replace

from app.domain import commands as c
from app.domain import events as e
from app.domain.engine import Engine
from app.domain.outcome import Outcome
from app.domain.overflow import TRY_AGAIN_MS
from app.domain.settings import AgentSettings
from app.domain.words import Presence, QueueStatus, Strategy
from tests.domain.workbench import Workbench

ROUNDS_MAX = 200


class Twin:
    """``bench`` holds the engine with a past; the other one gets the state that its log yields."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        if any(queue.settings.overflow for queue in bench.state.queues.values()):
            self._end_retries()
        state = bench.replayed()
        assert state == bench.state, "the log gives the same state again"
        self.other = Engine(state, retention_ms=bench.retention_ms)

    def _end_retries(self) -> None:
        """Let no rule of overflow fail any more, for the instants of its tries are no promise."""
        for queue in list(self.bench.state.queues.values()):
            self.bench.queue_is(queue.id, replace(queue.settings, max_waiting=0))
            self.bench.unlock(queue.id)
            self.bench.resume(queue.id)
        self.bench.pass_s(TRY_AGAIN_MS / 1000)

    def ask(self, command: c.Command) -> Outcome:
        """Give both the same command and compare what became of it."""
        one = self.bench.attempt(command)
        two = self.other.apply(command, self.bench.now)
        here, there = _comparable(one), _comparable(two)
        assert here == there, f"a rebuilt engine decides otherwise at {command}: {here} / {there}"
        assert self.bench.state == self.other.state
        return one

    def live_on(self) -> None:
        """Go on until every conversation is served."""
        self._look_again()
        self._draw_no_lots()
        for _ in range(3):
            self._answer_all()
        self._let_all_work()
        for _ in range(ROUNDS_MAX):
            if not self._live():
                break
            self._answer_all()
        assert not self._live(), f"left behind: {self._live()}"

    def _look_again(self) -> None:
        """A tick when nothing is due does nothing, however new the indexes are."""
        due = self.bench.engine.next_deadline()
        happened = self.ask(c.Tick()).events
        assert not happened or (due is not None and due <= self.bench.now), happened

    def _draw_no_lots(self) -> None:
        """Lots hang on the order of the urn, which a restart may shuffle."""
        for queue in list(self.bench.state.queues.values()):
            if queue.settings.offer.strategy is Strategy.RANDOM:
                rule = replace(queue.settings.offer, strategy=Strategy.ROUND_ROBIN)
                self.ask(c.PutQueue(queue.id, replace(queue.settings, offer=rule), "admin"))

    def _let_all_work(self) -> None:
        queues = list(self.bench.state.queues)
        for queue in queues:
            self.ask(c.SetQueueStatus(queue, QueueStatus.OPEN, "", "admin"))
            self.ask(c.SetQueueHours(queue, True))
        known = self.bench.state.conversations.values()
        for id_ in [conversation.id for conversation in known if conversation.quarantine]:
            self.ask(c.ReleaseConversation(id_, "looked at", "admin"))
        able = AgentSettings(
            name="able",
            queues=dict.fromkeys(queues, 1),
            skills={skill: 9 for one in known for skill in one.skills},
            capacity={one.channel: 9 for one in known},
        )
        self.ask(c.PutAgent("able", able, "admin"))
        for agent in list(self.bench.state.agents):
            self.ask(c.ConnectAgent(agent))
            self.ask(c.SetPresence(agent, Presence.AVAILABLE, "back", "admin"))

    def _answer_all(self) -> None:
        state = self.bench.state
        for agent in list(state.agents.values()):
            for offer in list(agent.offers):
                self.ask(c.AcceptOffer(offer, agent.id))
            for conversation in list(agent.conversations):
                self.ask(c.CompleteConversation(conversation, agent.id))
        self._pass_to_the_next_deadline()

    def _pass_to_the_next_deadline(self) -> None:
        due = [at for at in (self.bench.engine.next_deadline(), self.other.next_deadline()) if at]
        if due:
            self.bench.now = max(self.bench.now, min(due))
            self.ask(c.Tick())

    def _live(self) -> list[str]:
        return [
            id_
            for id_, conversation in self.bench.state.conversations.items()
            if conversation.state not in ("closed", "abandoned", "canceled")
        ]


def _comparable(outcome: Outcome) -> tuple[object, ...]:
    """Tell what matters; which of those forgotten at one instant is named first does not."""
    events = [
        replace(event, conversations=sorted(event.conversations))
        if isinstance(event, e.ConversationsForgotten)
        else event
        for event in outcome.events
    ]
    return outcome.refusal, outcome.already, events
