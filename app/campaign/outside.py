"""A judge from outside: an exported log and the journals of those who were served, nothing else.

Shares no line with the server and imports none of it: the model below is written from the public
protocol. What it holds: what was acknowledged is in the log exactly
once, what was refused left nothing, nobody holds what another holds, every offer ends once, no
conversation ends twice, nothing was shown that the log does not have, and the log is one chain.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]
NO_HASH = "00" * 8
ENDS = {"closed", "abandoned", "canceled"}


@dataclass(slots=True)
class Talk:
    """One conversation, as the log tells it. ``offers``: the live ones."""

    queue: str
    state: str = "waiting"
    agent: str | None = None
    offers: set[str] = field(default_factory=set)
    ends: int = 0


@dataclass(slots=True)
class Verdict:
    """``faults`` is empty when all is well; ``counts`` says how much was looked at."""

    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class Judge:
    """Reads the log first (``read``), then the journals (``hear``), then ``verdict``."""

    def __init__(self) -> None:
        self.talks: dict[str, Talk] = {}
        self.offers: dict[str, Json] = {}
        self.outcomes: dict[str, list[Json]] = {}
        self.found = Verdict()
        self._entered: Counter[str] = Counter()
        self._wrapped: Counter[tuple[str, str]] = Counter()
        self._ended: dict[str, list[Json]] = {}
        self._last: tuple[int, int] = (0, 0)
        self._prev = NO_HASH
        self._epochs: set[int] = set()
        self._asked: dict[tuple[str, str], Json] = {}
        self._answered: Counter[tuple[str, str]] = Counter()
        self._heard: dict[tuple[str, str, str], bool] = {}

    def read(self, lines: Iterable[Json]) -> None:
        """Take in the exported log, in order."""
        for line in lines:
            self.found.counts["records"] += 1
            self._chain(line)
            if "unreadable" in line:
                self._fault(f"{line['position']} is unreadable: {line['unreadable']}")
                continue
            getattr(self, f"_{line['kind']}", self._other)(line["fields"], line["position"])

    def _fault(self, text: str) -> None:
        self.found.faults.append(text)

    def _chain(self, line: Json) -> None:
        epoch, _, n = str(line["position"]).partition("-")
        place = (int(epoch), int(n))
        if place <= self._last:
            self._fault(f"{line['position']} stands after {self._last}")
        if line.get("prev") != self._prev:
            self._fault(f"{line['position']} does not follow the record before it")
        if place[0] not in self._epochs:
            self._epochs.add(place[0])
            if line.get("kind") not in ("EpochOpened", "WorkspaceOpened"):
                self._fault(f"{line['position']}: an epoch begins with {line.get('kind')}")
        self._last, self._prev = place, str(line["hash"])

    def _other(self, event: Json, at: str) -> None:
        self.found.counts["other records"] += 1

    def _ConversationEntered(self, event: Json, at: str) -> None:
        name = event["conversation"]
        self._entered[name] += 1
        if self._entered[name] > 1:
            self._fault(f"{at}: {name} entered twice")
        self.talks[name] = Talk(event["queue"])

    def _talk(self, event: Json, at: str) -> Talk:
        talk = self.talks.get(event["conversation"])
        if talk is None:
            self._fault(f"{at}: {event['conversation']} never entered")
            talk = self.talks[event["conversation"]] = Talk(event.get("queue", ""))
        if talk.state in ENDS:
            self._fault(f"{at}: {event['conversation']} goes on after its end")
        return talk

    def _OfferMade(self, event: Json, at: str) -> None:
        talk = self._talk(event, at)
        if event["offer"] in self.offers:
            self._fault(f"{at}: offer {event['offer']} was made twice")
        if talk.offers or talk.agent:
            self._fault(f"{at}: {event['conversation']} is offered while it is held")
        if event["queue"] != talk.queue:
            self._fault(f"{at}: offer {event['offer']} names queue {event['queue']}: misrouted")
        self.offers[event["offer"]] = event
        talk.offers.add(event["offer"])
        talk.state = "offered"

    def _OfferEnded(self, event: Json, at: str) -> None:
        talk = self._talk(event, at)
        self.outcomes.setdefault(event["offer"], []).append(event)
        if event["offer"] not in talk.offers:
            self._fault(f"{at}: offer {event['offer']} ends, and was not live")
        talk.offers.discard(event["offer"])
        if event["outcome"] == "accepted":
            self._hold(talk, event["conversation"], event["agent"], at)
        elif not talk.offers and talk.agent is None:
            talk.state = "waiting"

    def _ConversationAssigned(self, event: Json, at: str) -> None:
        talk = self._talk(event, at)
        if event.get("from_agent") == talk.agent:
            talk.agent = None
        self._hold(talk, event["conversation"], event["agent"], at)

    def _hold(self, talk: Talk, name: str, agent: str, at: str) -> None:
        if talk.agent is not None:
            self._fault(f"{at}: {name} is held by {talk.agent} and by {agent}")
        talk.agent, talk.state = agent, "assigned"

    def _ConversationWrapping(self, event: Json, at: str) -> None:
        talk = self._talk(event, at)
        if talk.agent != event["agent"]:
            self._fault(f"{at}: {event['agent']} wraps up what {talk.agent} holds")
        if talk.state != "wrapping":
            self._wrapped[event["conversation"], event["agent"]] += 1
        talk.state = "wrapping"

    def _ConversationMoved(self, event: Json, at: str) -> None:
        talk = self._talk(event, at)
        talk.queue, talk.agent, talk.state = event["queue"], None, "waiting"

    def _ConversationRequeued(self, event: Json, at: str) -> None:
        talk = self._talk(event, at)
        talk.agent, talk.state = None, "waiting"

    _ConversationQuarantined = _ConversationRequeued

    def _ConversationEnded(self, event: Json, at: str) -> None:
        talk = self._talk(event, at)
        talk.ends += 1
        self._ended.setdefault(event["conversation"], []).append(event)
        if talk.offers:
            self._fault(f"{at}: {event['conversation']} ends under a live offer")
        talk.state, talk.agent = event["state"], None

    def hear(self, entries: Iterable[Json]) -> None:
        """Take in one journal (see ``app.clients.journal``), in order."""
        for entry in entries:
            who, detail = entry["who"], entry["detail"]
            self.found.counts["journal entries"] += 1
            if entry["event"] == "acknowledged":
                self._acknowledged(detail)
            elif entry["event"] == "sent" and "ref" in detail:
                self._asked[who, detail["ref"]] = detail
            elif entry["event"] == "received" and detail["type"] == "reply":
                self._replied(who, detail)
            elif entry["event"] == "received" and detail["type"] == "offer":
                self._shown(who, detail["offer"])

    def _acknowledged(self, detail: Json) -> None:
        """A writer got a final yes over HTTP."""
        name = detail["id"]
        self.found.counts["acknowledged writes"] += 1
        if detail["act"] == "create":
            if self._entered[name] != 1:
                self._fault(f"{name}: acknowledged, entered {self._entered[name]} times")
        elif [end["state"] for end in self._ended.get(name, [])] != ["abandoned"]:
            self._fault(f"{name}: cancel was acknowledged, its ends are {self._ended.get(name)}")

    def _replied(self, who: str, reply: Json) -> None:
        asked = self._asked.get((who, str(reply.get("ref"))))
        if asked is None or reply.get("code") == "pending" or asked["type"] == "hello":
            return
        # After a fault of the server nobody was told what became of it: who asks again hears.
        if reply.get("temporary") or reply.get("code") == "internal":
            return
        self._answered[who, reply["ref"]] += 1
        if self._answered[who, reply["ref"]] > 1:
            self._fault(f"{who}: two final answers to {reply['ref']}")
        kind, ok = asked["type"], bool(reply["ok"])
        self.found.counts[f"{kind} {'ok' if ok else 'refused'}"] += 1
        if kind in ("accept", "decline"):
            # Who was refused may ask again, and be heard then.
            said = (who, kind, str(asked["offer"]))
            self._heard[said] = self._heard.get(said, False) or ok
        elif kind == "complete" and ok:
            self._completed(who, asked["conversation"])

    def _in_the_log(self, who: str, kind: str, offer: str, ok: bool) -> None:
        """What was acknowledged once is there once, and what never was is not."""
        wanted = {"accept": "accepted", "decline": "declined"}[kind]
        outcomes = self.outcomes.get(offer, [])
        mine = sum(one["outcome"] == wanted and one["agent"] == who for one in outcomes)
        if mine != ok:
            word = "acknowledged" if ok else "refused"
            self._fault(f"{who}: {kind} of {offer} {word}, in the log {mine} times")

    def _completed(self, who: str, name: str) -> None:
        ended = [one for one in self._ended.get(name, []) if one["agent"] == who]
        if self._wrapped[name, who] != 1 and len(ended) != 1:
            self._fault(f"{who}: complete of {name} acknowledged, and not in the log once")

    def _shown(self, who: str, offer: Json) -> None:
        """Nothing is shown before it is durable, and never to or of anybody else."""
        self.found.counts["offers shown"] += 1
        made = self.offers.get(offer["id"])
        if made is None:
            self._fault(f"{who} was shown offer {offer['id']}, which is not in the log")
        elif (made["agent"], made["conversation"], made["queue"]) != (
            who,
            offer["conversation"],
            offer["queue"],
        ):
            self._fault(f"{who} was shown offer {offer['id']} as another than was made")

    def verdict(self) -> Verdict:
        """Everything is known: what must be over is over."""
        for (who, kind, offer), ok in self._heard.items():
            self._in_the_log(who, kind, offer, ok)
        for offer in self.offers:
            if len(self.outcomes.get(offer, [])) != 1:
                self._fault(f"offer {offer} ended {len(self.outcomes.get(offer, []))} times")
        for name, talk in self.talks.items():
            if talk.ends != 1:
                self._fault(f"{name}: {talk.ends} final states, the last is {talk.state}")
        self.found.counts |= {
            "conversations": len(self.talks),
            "offers": len(self.offers),
            "owners": len(self._epochs),
        }
        return self.found


def judge_files(log: Path, journals: Sequence[Path]) -> Verdict:
    """The verdict on an exported log and some journals, all in JSON lines."""
    judge = Judge()
    for path, take in ((log, judge.read), *((path, judge.hear) for path in journals)):
        with path.open("rb") as lines:
            take(json.loads(line) for line in lines)
    return judge.verdict()
