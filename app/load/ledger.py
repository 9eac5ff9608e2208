"""The judge of a load run: what was told to clients, held against the promises, while it runs.

Knows events only, and MUST NOT ask anybody or look at a clock. The rules: events of several
processes are judged in the order of their times; what looks like a breach is one only when it is
not explained within ``settle_s``, for two sockets hear of the same moment at different times; an
agent whose connection is lost or frozen proves nothing until his next ``snap``.

Events, each ``(kind, seconds, …)``:

==========  =====================================  ===============================================
``new``     conversation                           it was acknowledged
``offer``   agent, offer, conversation, queue,     an agent was shown an offer; ``firm``: on a
            due_s, firm                            session without a gap
``end``     agent, offer, outcome                  he heard how it ended
``hold``    agent, conversation                    he was told that it is his
``free``    agent, conversation                    he was told that it is not his any more
``done``    agent, conversation                    his *complete* was acknowledged
``snap``    agent, [(offer, conversation)],        all that he has
            [conversation]
``gone``    agent                                  connection lost, or not read from now on
``wrong``   sentence                               a client saw a breach by itself
==========  =====================================  ===============================================
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from app.load.plan import intended_at, queue_of

FAULTS_KEPT = 50
DONE_KEPT = 100_000
SAMPLE = 500

Event = tuple[Any, ...] | list[Any]


class Ledger:
    """Takes events in any order (``take``) and judges them up to a time (``judge``).

    ``prefix``: of the conversations of this run; what is not of it is not judged. ``timed`` gets
    (seconds from intended arrival to the first offer, time of the offer).
    """

    def __init__(
        self,
        prefix: str,
        timed: Callable[[float, float], None],
        *,
        settle_s: float = 2.0,
        overdue_s: float = 10.0,
        seed: int = 1,
    ) -> None:
        self._prefix, self._timed = prefix, timed
        self._settle_s, self._overdue_s = settle_s, overdue_s
        self._chance = Random(seed)
        self._coming: list[tuple[float, int, Event]] = []
        self._order = count()
        self.open: dict[str, bool] = {}
        """Conversations that are not over -> whether they were acknowledged."""
        self.sample: list[str] = []
        """Some of those that are over, each as likely as any other."""
        self._done: OrderedDict[str, str] = OrderedDict()
        self._offered: set[str] = set()
        self._holders: dict[str, set[str]] = {}
        self._holds: dict[str, set[str]] = {}
        self._offers: dict[str, tuple[str, str, float]] = {}
        self._offers_of: dict[str, set[str]] = {}
        self._live: dict[str, set[str]] = {}
        self._suspects: list[tuple[float, str, str]] = []
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        self.broken = 0
        self.seen_until = 0.0

    def take(self, events: Iterable[Event]) -> None:
        """Take in what one process reported."""
        for event in events:
            heappush(self._coming, (event[1], next(self._order), event))

    def judge(self, until_s: float) -> None:
        """Judge all that happened before a time, which every process has reported up to."""
        while self._coming and self._coming[0][0] <= until_s:
            at, _, event = heappop(self._coming)
            getattr(self, f"_on_{event[0]}")(at, *event[2:])
        self.seen_until = until_s
        self._settle(until_s)
        for offer, (agent, conversation, due_s) in list(self._offers.items()):
            if due_s + self._overdue_s < until_s:
                self.fault(f"offer {offer} of {conversation} to {agent} did not end", "no end")
                self._forget(agent, offer)

    def fault(self, text: str, kind: str = "wrong") -> None:
        """A promise was broken."""
        self.broken += 1
        self.counts[f"broken: {kind}"] += 1
        if len(self.faults) < FAULTS_KEPT:
            self.faults.append(text)

    @property
    def offers_open(self) -> int:
        """How many offers wait for their end, as far as is certain."""
        return len(self._offers)

    def over(self, conversation: str) -> None:
        """This conversation has ended, as the server says itself."""
        self._done.setdefault(conversation, "")
        self.open.pop(conversation, None)
        self._offered.discard(conversation)

    def _settle(self, now_s: float) -> None:
        """Turn what was not explained in time into a fault."""
        waiting = []
        for due_s, kind, conversation in self._suspects:
            who = sorted((self._holders if kind == "held" else self._live).get(conversation, ()))
            if len(who) < 2:
                continue
            if due_s > now_s:
                waiting.append((due_s, kind, conversation))
            elif kind == "held":
                self.fault(f"{conversation} is held by {' and by '.join(who)}", "double hold")
            else:
                names = " and to ".join(self._offers[offer][0] for offer in who)
                self.fault(f"{conversation} is offered to {names} at once", "double offer")
        self._suspects = waiting

    def _on_new(self, at: float, conversation: str) -> None:
        self.counts["acknowledged"] += 1
        if conversation not in self._done:
            self.open[conversation] = True

    def _on_offer(
        self,
        at: float,
        agent: str,
        offer: str,
        conversation: str,
        queue: str,
        due: float,
        firm: bool,
    ) -> None:
        self.counts["offers shown"] += 1
        if not conversation.startswith(self._prefix):
            return
        if queue != queue_of(self._prefix, conversation):
            self.fault(f"offer {offer} of {conversation} names {queue}: misrouted", "misroute")
        if conversation not in self._offered and conversation not in self._done:
            self._offered.add(conversation)
            self.open.setdefault(conversation, False)
            self._timed(at - intended_at(conversation), at)
        if firm:
            self._shown(at, agent, offer, conversation, due)

    def _shown(self, at: float, agent: str, offer: str, conversation: str, due_s: float) -> None:
        self._offers[offer] = (agent, conversation, due_s)
        self._offers_of.setdefault(agent, set()).add(offer)
        live = self._live.setdefault(conversation, set())
        live.add(offer)
        if len(live) > 1:
            self._suspects.append((at + self._settle_s, "offered", conversation))

    def _forget(self, agent: str, offer: str) -> None:
        _, conversation, _ = self._offers.pop(offer, ("", "", 0.0))
        self._offers_of.get(agent, set()).discard(offer)
        live = self._live.get(conversation)
        if live is not None:
            live.discard(offer)
            if not live:
                del self._live[conversation]

    def _on_end(self, at: float, agent: str, offer: str, outcome: str) -> None:
        self.counts[f"offers {outcome}"] += 1
        self._forget(agent, offer)

    def _on_hold(self, at: float, agent: str, conversation: str) -> None:
        self.counts["assigned"] += 1
        self._hold(at, agent, conversation)

    def _hold(self, at: float, agent: str, conversation: str) -> None:
        holders = self._holders.setdefault(conversation, set())
        holders.add(agent)
        self._holds.setdefault(agent, set()).add(conversation)
        if len(holders) > 1:
            self._suspects.append((at + self._settle_s, "held", conversation))

    def _release(self, agent: str, conversation: str) -> None:
        self._holds.get(agent, set()).discard(conversation)
        holders = self._holders.get(conversation)
        if holders is not None:
            holders.discard(agent)
            if not holders:
                del self._holders[conversation]

    def _on_free(self, at: float, agent: str, conversation: str) -> None:
        self._release(agent, conversation)

    def _on_done(self, at: float, agent: str, conversation: str) -> None:
        self._release(agent, conversation)
        before = self._done.get(conversation)
        if before and before != agent:
            self.fault(f"{conversation} was completed by {before} and by {agent}", "two ends")
        if before is not None:
            return
        self.counts["completed"] += 1
        self._done[conversation] = agent
        if len(self._done) > DONE_KEPT:
            self._done.popitem(last=False)
        self.over(conversation)
        if len(self.sample) < SAMPLE:
            self.sample.append(conversation)
        elif (place := self._chance.randrange(self.counts["completed"])) < SAMPLE:
            self.sample[place] = conversation

    def _on_snap(self, at: float, agent: str, offers: Iterable[Any], held: Iterable[str]) -> None:
        self._on_gone(at, agent)
        for offer, conversation in offers:
            # How long it still lasts was told with the offer, not here: the longest there is.
            self._shown(at, agent, offer, conversation, at + 60.0)
        for conversation in held:
            self._hold(at, agent, conversation)

    def _on_gone(self, at: float, agent: str) -> None:
        for conversation in list(self._holds.pop(agent, ())):
            self._release(agent, conversation)
        for offer in list(self._offers_of.get(agent, ())):
            self._forget(agent, offer)

    def _on_wrong(self, at: float, text: str) -> None:
        self.fault(text)
