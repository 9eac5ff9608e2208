"""Runs the auditor over the log that is read anyway, and says what it finds.

Liveness is said only when two looks a second apart saw it (mark, then confirm), and as long as it
stands; a broken safety rule is said once for each queue in a while. MUST NOT act: it reports.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.auditor import Auditor, Violation
from app.auditor.floor import Floor, Line, Person, Proposal, Talk
from app.domain.events import Event
from app.domain.state import Conversation, State
from app.domain.words import LIVE_OFFERS, LIVE_STATES, ConversationState
from app.ports import Position

BEAT_MS = 2_000
LOOK_MS = 1_000
SAME_AGAIN_MS = 60_000
NAMED_MAX = 5
STANDING_MAX = 10
Say = Callable[[dict[str, Any]], None]


def floor_of(state: State) -> Floor:
    """What the auditor would know had it seen all the events that made ``state``."""
    floor = Floor(
        version=state.version,
        epoch=state.epoch,
        entered=state.totals.entered,
        ended=state.totals.ended,
        customs={id_: one.settings for id_, one in state.presences.items()},
    )
    for id_, queue in state.queues.items():
        floor.lines[id_] = Line(queue.settings, str(queue.status), queue.open, queue.hours_since)
    for id_, agent in state.agents.items():
        floor.people[id_] = Person(
            id_,
            agent.settings,
            str(agent.presence),
            agent.custom,
            str(agent.connection),
            agent.plan is not None,
            agent.back_off_until,
            agent.back_off_cause,
        )
        floor.employ(id_, agent.settings)
    for conversation in state.conversations.values():
        if conversation.state in LIVE_STATES:
            _bring_in(floor, state, conversation)
    return floor


def _bring_in(floor: Floor, state: State, one: Conversation) -> None:
    talk = Talk(
        one.id,
        one.queue,
        one.channel,
        one.priority,
        one.skills,
        one.preferred_agent,
        one.enqueued_at,
        one.joined_at,
        one.waiting_since,
        str(one.state),
        one.agent,
        one.units if one.agent else 0,
        one.idle,
        one.quarantine is not None,
    )
    talk.passed = {id_: (x.soft_until, x.pass_until) for id_, x in one.exclusions.items()}
    floor.talks[one.id] = talk
    if one.agent is not None and not one.idle:
        floor.people[one.agent].take(one.channel, one.units)
    for id_ in one.offers:
        offer = state.offers[id_]
        if offer.state in LIVE_OFFERS:
            talk.offers[id_] = None
            floor.people[offer.agent].take(one.channel, offer.units)
            floor.proposals[id_] = Proposal(
                id_, one.id, offer.agent, offer.units, offer.made_at, offer.expires_at
            )
    if one.state is ConversationState.WAITING:
        floor.stand(talk)


class Audit:
    """The auditor at work. ``say`` takes each report; ``now_ms`` is the wall clock."""

    def __init__(self, say: Say, now_ms: Callable[[], int]) -> None:
        self._say, self._now_ms = say, now_ms
        self._auditor = Auditor()
        self._said: dict[tuple[str, str], int] = {}
        self._marked: set[tuple[str, str]] = set()
        self._standing: dict[tuple[str, str], list[Violation]] = {}
        self._looked_at = self._beat_at = 0

    @property
    def floor(self) -> Floor:
        """What it knows."""
        return self._auditor.floor

    def begin(self, state: State) -> None:
        """Begin with what a log made until now."""
        self._auditor = Auditor(floor_of(state))
        self._marked, self._standing = set(), {}

    def busy(self, what: str) -> None:
        """Something takes long, and no beat can be given meanwhile."""
        self._say({"kind": "busy", "what": what})

    def see(self, event: Event, position: Position) -> None:
        """The next event of the log."""
        for violation in self._auditor.see(event, position.epoch, position.n):
            key, now = _key(violation), self._now_ms()
            if now - self._said.get(key, -SAME_AGAIN_MS) >= SAME_AGAIN_MS:
                self._said[key] = now
                self._say({"kind": "found", **_report([violation])})

    def rest(self, position: Position, *, idle: bool) -> None:
        """All is read up to ``position``; ``idle``: nothing was new, so the wall's clock counts."""
        now = self._now_ms()
        changed = False
        if now - self._looked_at >= LOOK_MS:
            self._looked_at = now
            changed = self._look(now if idle else self._auditor.at)
        if changed or now - self._beat_at >= BEAT_MS:
            self._beat_at = now
            standing = [_report(those) for those in [*self._standing.values()][:STANDING_MAX]]
            self._say({"kind": "beat", "position": str(position), "standing": standing})

    def _look(self, now: int) -> bool:
        """Confirm what the last look marked; whether anything new stands, or stands no more."""
        found: dict[tuple[str, str], list[Violation]] = {}
        for violation in self._auditor.settled(now):
            found.setdefault(_key(violation), []).append(violation)
        standing = {key: those for key, those in found.items() if key in self._marked}
        changed = standing.keys() != self._standing.keys()
        self._marked, self._standing = set(found), standing
        return changed


def _key(violation: Violation) -> tuple[str, str]:
    return violation.rule, violation.evidence.get("queue", "")


def _report(those: list[Violation]) -> dict[str, Any]:
    """Several of one rule in one queue, as one."""
    first = those[0]
    more = f" ({len(those) - 1} more)" if len(those) > 1 else ""
    evidence = dict(first.evidence)
    queue = evidence.pop("queue", None)
    since = evidence.pop("since", first.at)
    if more:
        evidence["conversations"] = [one.evidence.get("conversation") for one in those[:NAMED_MAX]]
    return {
        "rule": first.rule,
        "queue": queue,
        "since": min(since, *(one.evidence.get("since", one.at) for one in those)),
        "text": first.text + more,
        "evidence": evidence,
    }
