"""Looks for what stands still, confirms it, repairs what is safe, writes it down, calls for help.

Twice a second. Nothing is judged in one look; nothing is repaired that the rules do not call safe,
nor more often than the budget allows: then a person is called (OTP: a supervisor that restarts for
ever hides the fault). MUST NOT act while this node is not the owner, is draining, or has just taken
over; MUST NOT repair STARVED, which is a matter of people and configuration, nor anything while a
person has frozen repairs: then it says what it would have done.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from app.domain import commands as c
from app.domain.engine import Engine
from app.domain.state import Freeze, Incident
from app.domain.supervision import freeze_at
from app.domain.watch import Cause, Finding, Look, Marks
from app.domain.watch.findings import About
from app.domain.words import ConversationState
from app.shell.doubt import Doubt
from app.shell.meter import Meter
from app.shell.work import Answer, Trouble

log = logging.getLogger(__name__)
BY = "watchdog"
BUDGET, BUDGET_MS = 3, 600_000
CALLS_AT = {Cause.LOST_WAKE_UP: 2}
"""After how many repairs in one queue a person is called; BUDGET where nothing is said."""
QUIET_MS = 60_000
"""What others report is over when they have been silent about it for so long."""
STEPS_MAX = 50
"""An incident that has so many steps gets no more of those that only say that it came again."""
KNOWN = frozenset(str(cause) for cause in Cause)


@dataclass(slots=True, frozen=True)
class WatchLimits:
    """``observe``: causes that are only told, never repaired; ``calm_ms`` after a take-over."""

    every_ms: int = 500
    calm_ms: int = 2_000
    observe: frozenset[str] = field(default_factory=frozenset)


@dataclass(slots=True)
class Impact:
    """Whom an incident hit, and their waiting meanwhile, added up."""

    seen_at: int = 0
    conversations: set[str] = field(default_factory=set)
    waited_ms: int = 0


class Owner(Protocol):
    """What the watchdog needs of a router."""

    draining: bool

    @property
    def owns(self) -> bool:
        """Whether this node owns the workspace."""
        ...

    @property
    def engine(self) -> Engine:
        """The engine, to be read only."""
        ...

    def now_ms(self) -> int:
        """The present instant."""
        ...

    async def submit(self, command: c.Command | None) -> Answer:
        """Carry a command out. Raises Trouble."""
        ...

    def distrust(self, why: str) -> None:
        """Have the memory made anew from the log."""
        ...


def repair_of(finding: Finding) -> c.Command | None:
    """What puts it right: safe to do twice, and through the engine like everything else."""
    match finding.cause:
        case Cause.LOST_WAKE_UP if finding.queue:
            return c.SweepQueue(finding.queue, BY)
        case Cause.ORPHAN_RESERVATION if finding.conversation:
            return c.ReleaseConversation(finding.conversation, "orphan_reservation", BY)
        case Cause.LEAKED_CAPACITY if finding.agent:
            return c.CorrectCapacity(finding.agent, BY)
        case Cause.LIMBO if finding.conversation:
            return c.CloseConversation(finding.conversation, "limbo", BY)
        case Cause.GHOST_AGENT if finding.agent:
            return c.DisconnectAgent(finding.agent, int(finding.evidence["grace_ms"]))
    return None


def _often(times: int) -> str:
    minutes = BUDGET_MS // 60_000
    return f"Repaired {times} times within {minutes} min and back: a person is needed."


def _not_done(command: c.Command, freeze: Freeze) -> str:
    until = datetime.fromtimestamp(freeze.until / 1_000, UTC).strftime("%H:%M:%S UTC")
    frozen = f"repairs are frozen by {freeze.by} until {until}: {freeze.reason}"
    return f"Not done: {type(command).__name__}; {frozen}"


def _finding_of(incident: Incident) -> Finding:
    """What an incident was opened for."""
    return Finding(
        Cause(incident.cause),
        incident.since,
        incident.text,
        queue=incident.queue,
        conversation=incident.conversation,
        agent=incident.agent,
        evidence=incident.evidence,
    )


class Watchdog:
    """Watches one workspace."""

    def __init__(self, owner: Owner, meter: Meter, limits: WatchLimits | None = None) -> None:
        self._owner, self._meter = owner, meter
        self._limits = limits or WatchLimits()
        self._look, self._marks = Look(), Marks()
        self._doubt = Doubt(owner.distrust, self.report)
        self._repairs: dict[About, deque[int]] = {}
        self._heard: dict[About, tuple[Finding, int]] = {}
        self._impacts: dict[About, Impact] = {}
        self._held_back: set[About] = set()
        self._engine: Engine | None = None
        self._calm_until = 0
        self._wake = asyncio.Event()
        self.reported: deque[Finding] = deque(maxlen=1_000)

    async def run(self) -> None:
        """Watch until cancelled; what is reported is told without waiting for the next look."""
        loop, every_s = asyncio.get_running_loop(), self._limits.every_ms / 1000
        look_at = loop.time() + every_s
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(look_at):
                    await self._wake.wait()
            self._wake.clear()
            is_due = loop.time() >= look_at
            look_at = loop.time() + every_s if is_due else look_at
            try:
                await (self.look() if is_due else self._hear_all())
            except Trouble as trouble:
                log.warning("the watchdog waits: %s", trouble)

    def report(self, finding: Finding) -> None:
        """Somebody else found something that is confirmed by its nature; told at once.

        What lasts is reported again and again; after ``QUIET_MS`` of silence it is over.
        """
        self.reported.append(finding)
        self._wake.set()

    async def look(self) -> None:
        """One look. Raises Trouble when what was found could not be written down."""
        if not self._owner.owns or self._owner.draining:
            self._engine = None
            return
        engine, now = self._owner.engine, self._owner.now_ms()
        if engine is not self._engine:
            # Another memory: what the old one was marked for is over or will be seen again.
            self._engine, self._calm_until = engine, now + self._limits.calm_ms
            self._marks.forget()
            self._held_back.clear()
            self._adopt(engine, now)
        await self._hear_all()
        if now < self._calm_until:
            return
        await self._end_what_is_quiet(now)
        found = self._doubt.look(lambda: self._look.at(engine, now), now)
        if found:
            # Deadlines may still have to be moved by an outage or a pause: look again after that.
            await self._owner.submit(None)
            if not self._owner.owns or self._owner.engine is not engine:
                return
            now = self._owner.now_ms()
            found = self._doubt.look(lambda: self._look.at(engine, now), now)
        if found is None:
            return
        confirmed, over = self._marks.see(found, now)
        for finding in confirmed:
            self._heard.pop(finding.about, None)
            await self._tell(finding, now)
        for finding in over:
            await self._resolve(finding)
        for finding in self._marks.still():
            self._count_impact(finding, now)
            if finding not in confirmed:
                await self._go_on(finding, now)

    def _adopt(self, engine: Engine, now: int) -> None:
        """Incidents that another memory left open end too, unless they are found again."""
        self._heard = {
            finding.about: (finding, now)
            for incident in engine.state.incidents.values()
            if not incident.resolved_at and incident.cause in KNOWN
            for finding in [_finding_of(incident)]
        }

    async def _hear_all(self) -> None:
        while self.reported and self._owner.owns and not self._owner.draining:
            finding = self.reported[0]
            await self._hear(finding, self._owner.now_ms())
            if self.reported and self.reported[0] is finding:
                self.reported.popleft()

    async def _hear(self, finding: Finding, now: int) -> None:
        incident = self._incident_of(finding)
        if incident is None:
            await self._tell(finding, now)
        else:
            await self._hear_again(incident, finding)
            if self._is_thawed(finding, now):
                await self._repair(finding, now)
        self._heard[finding.about] = finding, now

    async def _hear_again(self, incident: str, finding: Finding) -> None:
        """It lasts; or it began anew before the first time was forgotten, and that is said."""
        _, heard_at = self._heard.get(finding.about, (finding, 0))
        if finding.grave:
            await self._escalate(incident, finding.cause, finding.text)
        steps = len(self._owner.engine.state.incidents[incident].steps)
        if finding.since > heard_at and steps < STEPS_MAX:
            log.error("again: %s: %s", finding.cause, finding.text)
            await self._note(incident, "seen_again", finding.text, finding.evidence)

    async def _end_what_is_quiet(self, now: int) -> None:
        for about, (finding, heard_at) in [*self._heard.items()]:
            if now - heard_at >= QUIET_MS:
                await self._resolve(finding)
                self._heard.pop(about, None)

    async def _tell(self, finding: Finding, now: int) -> None:
        """Open an incident, and repair if that is safe."""
        answer = await self._owner.submit(
            c.OpenIncident(
                str(finding.cause),
                finding.since,
                finding.text,
                finding.queue,
                finding.conversation,
                finding.agent,
                finding.evidence,
            )
        )
        if not answer.already:
            log.error("%s: %s", finding.cause, finding.text)
            self._meter.count("incidents_total", cause=str(finding.cause))
        incident = self._incident_of(finding)
        if finding.grave and incident is not None:
            await self._escalate(incident, finding.cause, "It calls for a person at once.")
        await self._repair(finding, now)

    async def _go_on(self, finding: Finding, now: int) -> None:
        """It lasts: it may have become grave; repair as often as the budget allows."""
        incident = self._incident_of(finding) if finding.grave else None
        if incident is not None:
            await self._escalate(incident, finding.cause, finding.text)
        last = self._repairs.get(finding.about)
        again = last and now - last[-1] >= BUDGET * self._limits.every_ms
        if again or self._is_thawed(finding, now):
            await self._repair(finding, now)

    def _is_thawed(self, finding: Finding, now: int) -> bool:
        """Whether a repair was held back by a freeze that is over."""
        held_back = finding.about in self._held_back
        return held_back and freeze_at(self._owner.engine.state, now) is None

    async def _repair(self, finding: Finding, now: int) -> None:
        command = repair_of(finding)
        incident = self._incident_of(finding)
        if command is None or incident is None:
            return
        cause = str(finding.cause)
        if cause in self._limits.observe:
            await self._note(incident, "noted", "Only observed: repairs of this cause are off.")
            return
        freeze = freeze_at(self._owner.engine.state, now)
        if freeze is not None:
            self._held_back.add(finding.about)
            await self._hold_back(incident, command, freeze)
            return
        self._held_back.discard(finding.about)
        if not self._may_repair(finding, now):
            await self._escalate(incident, finding.cause, _often(BUDGET))
            return
        answer = await self._owner.submit(command)
        refused = answer.refusal
        result = "refused" if refused else "done"
        self._meter.count("repairs_total", cause=cause, result=result)
        text = f"{type(command).__name__}: {refused.message if refused else 'carried out'}"
        await self._note(incident, "repaired", text, {"command": type(command).__name__})
        times = self._repaired(finding)
        if times >= CALLS_AT.get(finding.cause, BUDGET):
            await self._escalate(incident, finding.cause, _often(times))

    async def _hold_back(self, incident: str, command: c.Command, freeze: Freeze) -> None:
        """Say once for each freeze what is not done, and why."""
        evidence = {"command": type(command).__name__, "frozen_since": freeze.at}
        steps = self._owner.engine.state.incidents[incident].steps
        if any(step.evidence.get("frozen_since") == freeze.at for step in steps):
            return
        cause = self._owner.engine.state.incidents[incident].cause
        self._meter.count("repairs_total", cause=cause, result="frozen")
        await self._note(incident, "noted", _not_done(command, freeze), evidence)

    def _may_repair(self, finding: Finding, now: int) -> bool:
        """Within the budget: so many repairs of one cause about the same in ten minutes."""
        for about, times in [*self._repairs.items()]:
            while times and times[0] <= now - BUDGET_MS:
                times.popleft()
            if not times:
                del self._repairs[about]
        times = self._repairs.setdefault(finding.about, deque())
        if len(times) >= BUDGET:
            return False
        times.append(now)
        return True

    def _repaired(self, finding: Finding) -> int:
        """How often this cause was repaired in this queue of late, whomever it hit."""
        here = (str(finding.cause), finding.queue)
        return sum(len(times) for about, times in self._repairs.items() if about[:2] == here)

    async def _escalate(self, incident: str, cause: Cause, text: str) -> None:
        """Call a person, once for each incident."""
        known = self._owner.engine.state.incidents[incident]
        if any(step.step == "escalated" for step in known.steps):
            return
        log.critical("%s: %s", cause, text)
        await self._note(incident, "escalated", text)

    async def _resolve(self, finding: Finding) -> None:
        """It is gone: say how many were hit, and how long they waited together."""
        incident, impact = self._incident_of(finding), self._impacts.pop(finding.about, Impact())
        self._held_back.discard(finding.about)
        if incident is not None:
            hit, waited_ms = len(impact.conversations), impact.waited_ms
            text = "It is no longer so."
            await self._owner.submit(c.ResolveIncident(incident, text, BY, hit, waited_ms))

    def _count_impact(self, finding: Finding, now: int) -> None:
        """Who waits while it lasts; the first look counts back to its beginning."""
        impact = self._impacts.get(finding.about)
        if impact is None:
            impact = self._impacts[finding.about] = Impact(seen_at=finding.since)
        state = self._owner.engine.state
        if finding.conversation is not None:
            hit = [finding.conversation]
        else:
            waiting = (one for one in state.conversations.values() if one.queue == finding.queue)
            hit = [one.id for one in waiting if one.state is ConversationState.WAITING]
        impact.conversations.update(hit)
        impact.waited_ms += len(hit) * max(now - impact.seen_at, 0)
        impact.seen_at = now

    def _incident_of(self, finding: Finding) -> str | None:
        for incident in reversed(self._owner.engine.state.incidents.values()):
            about = (incident.cause, incident.queue, incident.conversation, incident.agent)
            if about == finding.about and not incident.resolved_at:
                return incident.id
        return None

    async def _note(
        self, incident: str, step: str, text: str, evidence: dict[str, Any] | None = None
    ) -> None:
        await self._owner.submit(c.NoteIncident(incident, step, text, BY, evidence or {}))
