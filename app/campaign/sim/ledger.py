"""What really was written, record by record, as an eyewitness beside the store saw it.

Keeps the whole log, trimmed or not, and what a store took back that it had promised. MUST NOT
believe the store later: what it shows is compared with this.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right

from app.codec.events import decode
from app.domain.events import ConversationAssigned, Event, OfferEnded, OfferMade
from app.domain.words import OfferState
from app.ports import START, Position, Record


class Ledger:
    """One workspace's. ``lost``: what was written and is gone, and was not written again.
    ``told``: up to where people were told.
    """

    def __init__(self, workspace: str) -> None:
        self.workspace, self.key = workspace, f"{{{workspace}}}:log".encode()
        self.places: list[Position] = []
        self.records: list[Record] = []
        self.events: list[Event] = []
        self.lost: dict[Position, Record] = {}
        self.taken_back = 0
        self.told = START
        self.faults: list[str] = []
        self.offers: dict[str, OfferMade] = {}
        self.ended: dict[str, OfferEnded] = {}
        self.holders: dict[tuple[str, str], int] = {}

    @property
    def end(self) -> Position:
        """Where the log ends."""
        return self.places[-1] if self.places else START

    def write(self, end: Position, records: list[Record]) -> None:
        """These are written now, up to ``end``."""
        for n, record in enumerate(records, end.n - len(records) + 1):
            place = Position(end.epoch, n)
            event = decode(self.workspace, self.key, record)[0]
            self.places.append(place)
            self.records.append(record)
            self.events.append(event)
            if self.lost.get(place) == record:
                del self.lost[place]
            self._index(event)

    def _index(self, event: Event) -> None:
        if isinstance(event, OfferMade):
            self.offers[event.offer] = event
        elif isinstance(event, OfferEnded):
            self.ended[event.offer] = event
            if event.outcome is OfferState.ACCEPTED:
                self._hold(event.conversation, event.agent)
        elif isinstance(event, ConversationAssigned):
            self._hold(event.conversation, event.agent)

    def _hold(self, conversation: str, agent: str) -> None:
        pair = (conversation, agent)
        self.holders[pair] = self.holders.get(pair, 0) + 1

    def take_back(self, count: int) -> None:
        """The store lost its last ``count`` records."""
        for _ in range(count):
            self.events.pop()
            self.lost[self.places.pop()] = self.records.pop()
        self.taken_back += count

    def put_aside(self, after: Position) -> None:
        """The owner took away what stands after this place, to write its own anew."""
        count = len(self.places) - bisect_right(self.places, after)
        if count and self.told > after:
            text = f"what was told up to {self.told} was put aside from {after} on"
            self.faults.append(f"S2: {text}")
        for _ in range(count):
            self.events.pop()
            self.records.pop()
            self.places.pop()

    def has(self, place: Position) -> bool:
        """Whether it is in the log, or was before the store lost it."""
        return place <= self.end or place in self.lost

    def digest(self) -> str:
        """Of every byte of it."""
        sum_ = hashlib.sha256()
        for place, record in zip(self.places, self.records, strict=True):
            sum_.update(str(place).encode())
            sum_.update(record)
        return sum_.hexdigest()
