"""Deciding one batch: what waits becomes events and answers, and nothing leaves yet."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.domain import commands as c
from app.domain.engine import Engine
from app.domain.events import ConversationAssigned, Event
from app.domain.outcome import Outcome
from app.ports import START, Position
from app.shell.inbox import Inbox
from app.shell.meter import Meter
from app.shell.work import Answer, Broken, Trouble, Work

log = logging.getLogger(__name__)


class EngineBroken(Exception):
    """A command stopped the engine half way; memory is no longer to be trusted.

    ``suspect``: the conversation that was in hand.
    """

    def __init__(self, why: str, suspect: str | None = None) -> None:
        super().__init__(why)
        self.suspect = suspect


def carry_out(engine: Engine, command: c.Command, now: int) -> Outcome:
    """``Engine.apply``. Raises EngineBroken for any fault of it: trust the log, not the memory."""
    try:
        return engine.apply(command, now)
    except Exception as error:  # any fault of the engine: forget the command, trust the log
        command = c.bare(command)
        log.exception("the engine stopped at %s", type(command).__name__)
        suspect = getattr(command, "conversation", None) or engine.matcher.in_hand
        why = f"{type(error).__name__} in {type(command).__name__}"
        raise EngineBroken(why, suspect) from error


@dataclass(slots=True)
class Batch:
    """What was decided together, and is written together."""

    events: list[Event] = field(default_factory=list)
    answers: list[tuple[Work, Answer]] = field(default_factory=list)

    def decide(
        self,
        engine: Engine,
        inbox: Inbox,
        own: Sequence[c.Command],
        now: int,
        limit: int,
        meter: Meter,
    ) -> None:
        """Apply what is due and what waits, until about ``limit`` events. Raises EngineBroken.

        The router's ``own`` commands come first, passed deadlines next.
        """
        for command in own:
            self._apply(engine, command, now, None)
        due_at = engine.next_deadline()
        if due_at is not None and due_at <= now:
            self._apply(engine, c.Tick(), now, None)
        while inbox and len(self.events) < limit and len(self.answers) < 4 * limit:
            work = inbox.take()
            if work.command is None:
                self.answers.append((work, Answer(None, False, START)))
                continue
            outcome = self._apply(engine, work.command, now, work)
            command = c.bare(work.command)
            picked = _picked(command, outcome)
            self.answers.append((work, Answer(outcome.refusal, outcome.already, START, picked)))
            result = str(outcome.refusal.code) if outcome.refusal else "ok"
            meter.count("commands_total", type=type(command).__name__, result=result)

    def _apply(self, engine: Engine, command: c.Command, now: int, work: Work | None) -> Outcome:
        try:
            outcome = carry_out(engine, command, now)
        except EngineBroken as error:
            broken = Broken(str(error))
            if work is not None:
                work.done(broken)
            self.fail(broken)
            raise
        self.events += outcome.events
        return outcome

    def wait(self) -> None:
        """Whoever can be told that the answer takes longer is told so."""
        for work, _ in self.answers:
            if work.pending is not None:
                work.pending()

    def fail(self, trouble: Trouble) -> None:
        """None of this was done, or it will never be known here."""
        for work, _ in self.answers:
            _tell(work, trouble)

    def release(self, position: Position) -> None:
        """All of it is durable at ``position``: answer."""
        for work, answer in self.answers:
            _tell(work, replace(answer, position=position))


def _picked(command: c.Command, outcome: Outcome) -> str | None:
    """What a pull took: the one it named, or the one that the engine chose."""
    if not isinstance(command, c.PullConversation) or outcome.refusal is not None:
        return None
    chosen = (
        event.conversation
        for event in outcome.events
        if isinstance(event, ConversationAssigned) and event.agent == command.agent
    )
    return next(chosen, command.conversation)


def _tell(work: Work, result: Answer | Trouble) -> None:
    """Call back; a fault of one listener must not cost the others, nor the router its life."""
    try:
        work.done(result)
    except Exception:  # the listener's fault, and its alone
        log.exception("an answer could not be given")
