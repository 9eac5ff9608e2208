"""The judge: a model of its own over the whole log, and the promises held against it.

S1, S3, S4, S5, S8, S10, L1, L3: the auditor, fed with every record. S2: what was acknowledged is
there exactly once, what was refused is not. S8: one chain. S9: log, snapshot and memory are one
state. S12: no record but its own. L2: everything that came is over, and nothing is left held. MUST
NOT use the engine or what it decides by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from app.auditor import Auditor, Violation
from app.auditor.floor import Talk
from app.campaign.sim.ledger import Ledger
from app.campaign.sim.witness import Frame, Witness
from app.codec.envelope import NO_RECORD, record_hash
from app.codec.events import decode
from app.domain import events as e
from app.domain.words import OfferState
from app.ports import Position
from app.wire.reserved import is_reserved

ACTS = {
    "accept": (OfferState.ACCEPTED, "offer"),
    "decline": (OfferState.DECLINED, "offer"),
}

LEAVINGS = (
    e.ConversationMoved,
    e.ConversationRequeued,
    e.ConversationQuarantined,
    e.ConversationEnded,
)
"""By these a conversation leaves whoever holds it."""


class Judge:
    """Reads the ledger as far as it has come (``read``), is asked what stands still (``look``) and
    sums up (``verdict``). Nothing may be taken back any more once it has begun to read.
    """

    def __init__(self, ledger: Ledger, witness: Witness) -> None:
        self._ledger, self._witness = ledger, witness
        self.auditor = Auditor()
        self._read, self._prev = 0, NO_RECORD
        self._epochs: set[int] = set()
        self._entered: Counter[str] = Counter()
        self._ends: dict[str, list[e.ConversationEnded]] = {}
        self._wrapped: Counter[tuple[str, str]] = Counter()
        self._taken: dict[tuple[str, str], Position] = {}
        self._outcomes: dict[str, list[e.OfferEnded]] = {}
        self._made: Counter[str] = Counter()
        self._offers: dict[str, e.OfferMade] = {}
        self.events: Counter[str] = Counter()
        self.faults: list[str] = []
        self.incidents: dict[str, e.IncidentOpened] = {}
        self.repairs: list[e.IncidentNoted] = []

    def read(self) -> None:
        """Take in what was written since."""
        ledger = self._ledger
        for n in range(self._read, len(ledger.events)):
            place, record, event = ledger.places[n], ledger.records[n], ledger.events[n]
            prev = decode(ledger.workspace, ledger.key, record)[1]
            if prev != self._prev:
                self.faults.append(f"S8: {place} does not follow the record before it")
            self._prev = record_hash(record)
            for found in self.auditor.see(event, place.epoch, place.n):
                self.faults.append(_said(found))
            self.take_in(place, event)
        self._read = len(ledger.events)

    def take_in(self, place: Position, event: e.Event) -> None:
        """One event of the log."""
        self.events[type(event).__name__] += 1
        if isinstance(event, LEAVINGS) and event.agent and event.by != f"agent:{event.agent}":
            self._taken[event.conversation, event.agent] = place
        match event:
            case e.EpochOpened():
                if event.epoch in self._epochs:
                    self.faults.append(f"S8: epoch {event.epoch} was opened twice")
                self._epochs.add(event.epoch)
            case e.ConversationEntered():
                self._entered[event.conversation] += 1
            case e.ConversationEnded():
                self._ends.setdefault(event.conversation, []).append(event)
            case e.ConversationWrapping():
                self._wrapped[event.conversation, event.agent] += 1
            case e.OfferMade():
                self._offers[event.offer] = event
                self._made[event.offer] += 1
            case e.OfferEnded():
                self._outcomes.setdefault(event.offer, []).append(event)
            case e.IncidentOpened():
                self.incidents[event.incident] = event
            case e.IncidentNoted() if event.step == "repaired":
                self.repairs.append(event)

    def look(self, now: int) -> None:
        """What stands still although it could move (L1, L3), once all faults are healed."""
        self.read()
        self.faults += [_said(found) for found in self.auditor.settled(now)]

    def verdict(self) -> list[str]:
        """All that is wrong; it is the end, so everything has to be over."""
        self.read()
        found = [*self.faults, *self._witness.faults, *self._ledger.faults]
        found += self._acknowledged()
        found += self._commands()
        found += self._left()
        return found

    def _acknowledged(self) -> Iterator[str]:
        """S2 for customers, who are answered over HTTP."""
        for id_, said in self._witness.entered.items():
            times = self._entered[id_]
            if times != (said == "ok") and not (said == "unknown" and times == 1):
                yield f"S2: entering {id_} was answered {said}, entered {times} times"
        for id_, state in self._witness.canceled.items():
            ends = [str(end.state) for end in self._ends.get(id_, [])]
            if ends != [state]:
                yield f"S2: {id_} was said to be {state}, its ends are {ends}"

    def _commands(self) -> Iterator[str]:
        """S2 for agents: by agent and offer, since whoever was refused may ask again."""
        heard: dict[tuple[str, str, str], set[bool]] = {}
        for (who, ref), frame in self._witness.asked.items():
            agent, kind = who.partition("/")[0], frame["type"]
            answers = self._witness.answers.get((who, ref), [])
            said = {bool(answer["ok"]) for answer in answers}
            # Who was told that it is so already did nothing then, and it may be so no more.
            did = [answer for answer in answers if answer["ok"] and not answer.get("already")]
            if (
                len(said) > 1
                and did
                and frame["type"] not in ("pull", "transfer")
                and not self._was_taken(agent, frame, did)
            ):
                yield f"S2: {who} was told yes and no to {ref}: {answers}"
            if kind in ACTS:
                about = heard.setdefault((agent, kind, str(frame["offer"])), set())
                # Who got no answer knows nothing.
                about |= said or {None}  # type: ignore[arg-type]
            elif kind == "complete" and True in said:
                yield from self._completed(agent, frame)
        for (agent, kind, offer), answers_ in heard.items():
            outcome = ACTS[kind][0]
            mine = [
                one
                for one in self._outcomes.get(offer, [])
                if one.outcome is outcome and one.agent == agent
            ]
            if True in answers_ and len(mine) != 1:
                yield f"S2: {kind} of {offer} by {agent} was acknowledged, in the log {len(mine)}"
            if answers_ == {False} and mine:
                yield f"S2: {kind} of {offer} by {agent} was refused, in the log {len(mine)}"

    def _was_taken(self, agent: str, frame: Frame, did: list[Frame]) -> bool:
        """Whether somebody else took the conversation from the agent after the good answer: a copy
        of the frame that comes later is then refused for good reason.
        """
        taken = self._taken.get((frame.get("conversation", ""), agent))
        return taken is not None and all(taken > Position.parse(one["position"]) for one in did)

    def _completed(self, agent: str, frame: Frame) -> Iterator[str]:
        name = frame["conversation"]
        ended = any(end.agent == agent for end in self._ends.get(name, []))
        if not ended and not self._wrapped[name, agent]:
            yield f"S2: {agent} completed {name}, acknowledged and not in the log"

    def _left(self) -> Iterator[str]:
        for offer, times in self._made.items():
            ends = len(self._outcomes.get(offer, []))
            # The server's own goes on for ever, so one of its offers may be under way.
            if times == 1 and not ends and is_reserved(self._offers[offer].agent):
                continue
            if times != 1 or ends != 1:
                yield f"S10: offer {offer} was made {times} times and ended {ends} times"
        for id_, ends_ in self._ends.items():
            if len(ends_) != 1 and not is_reserved(id_):
                yield f"S1: {id_} ended {len(ends_)} times"
        floor: Any = self.auditor.floor
        for talk in self.live:
            who = f"{talk.state} in {talk.queue}, held by {talk.agent}"
            yield f"L2: {talk.id} is still there, {who}, offers {list(talk.offers)}"
        for person in floor.people.values():
            if person.load and not is_reserved(person.id):
                yield f"L2: {person.id} still carries {person.load}"
        if self._ledger.lost:
            yield f"S2: {len(self._ledger.lost)} acknowledged records were lost for good"

    @property
    def live(self) -> list[Talk]:
        """Conversations that are not over; the server's own never are."""
        return [one for one in self.auditor.floor.talks.values() if not is_reserved(one.id)]


def _said(found: Violation) -> str:
    return f"{found.rule} at {found.at}: {found.text} {found.evidence}"
