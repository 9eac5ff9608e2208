"""Who waits: per queue, the conversations by kind, by place in line and by age.

A *kind* is what matters for choosing an agent: (channel, skills asked now, level bound now), or
the preferred agent a conversation is held for. Derived from state; ``discard`` is lazy in the
heaps and exact in the lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from app.domain.line import Line, Rank
from app.domain.settings import QueueSettings
from app.domain.state import Conversation
from app.domain.words import ConversationState

Kind = tuple[str, tuple[tuple[str, int], ...], int]
MS_PER_MIN = 60_000


def waits(conversation: Conversation) -> bool:
    """Whether it stands in line: it waits and was not set aside."""
    return conversation.state is ConversationState.WAITING and conversation.quarantine is None


def rank_of(conversation: Conversation, settings: QueueSettings) -> Rank:
    """Place in line: priority (higher first), then age, then id.

    With ageing everyone's priority grows alike, so the order of two conversations never changes
    and the growth can be written as a head start by the time of enqueueing.
    """
    per_min = settings.ageing.priority_per_min
    first: float = -conversation.priority
    if per_min:
        first += per_min * conversation.enqueued_at / MS_PER_MIN
    return (first, conversation.enqueued_at, conversation.id)


def rank_among_queues(conversation: Conversation, settings: QueueSettings, now: int) -> Rank:
    """Place among the conversations of several queues at ``now``: queue priority, then as in line.

    Queues may age at different rates, so here the priority is the one grown until now.
    """
    grown = settings.ageing.priority_per_min * (now - conversation.enqueued_at) / MS_PER_MIN
    first = -(conversation.priority + grown)
    return (-settings.priority, first, conversation.enqueued_at, conversation.id)


class Bucket:
    """Conversations of one kind in one queue, in rank order, cleaned as they come to the front."""

    __slots__ = ("heap", "kind", "live", "queue")

    def __init__(self, queue: str, kind: Kind) -> None:
        self.queue = queue
        self.kind = kind
        self.heap: list[Rank] = []
        self.live = 0


class Place:
    """Where one waiting conversation stands."""

    __slots__ = ("bucket", "enqueued_at", "held_for", "rank", "wish")

    def __init__(
        self, bucket: Bucket, rank: Rank, enqueued_at: int, held_for: str | None, wish: str | None
    ) -> None:
        self.bucket = bucket
        self.rank = rank
        self.enqueued_at = enqueued_at
        self.held_for = held_for
        self.wish = wish


class QueueLine:
    """Everybody waiting in one queue."""

    __slots__ = ("ages", "buckets", "line")

    def __init__(self) -> None:
        self.buckets: dict[tuple[Kind, str | None], Bucket] = {}
        self.line = Line()
        self.ages = Line()


class Waiting:
    """All waiting conversations of the workspace. ``queues`` holds only lines not empty."""

    __slots__ = ("excluding", "places", "preferring", "queues")

    def __init__(self) -> None:
        self.queues: dict[str, QueueLine] = {}
        self.places: dict[str, Place] = {}
        self.preferring: dict[str, dict[str, None]] = {}
        self.excluding: dict[str, None] = {}

    def add(
        self, conversation: Conversation, kind: Kind, rank: Rank, held_for: str | None = None
    ) -> None:
        """Put a conversation in line; ``held_for`` keeps it for its preferred agent."""
        line = self.queues.get(conversation.queue)
        if line is None:
            line = self.queues[conversation.queue] = QueueLine()
        bucket = line.buckets.get((kind, held_for))
        if bucket is None:
            bucket = line.buckets[kind, held_for] = Bucket(conversation.queue, kind)
        bucket.live += 1
        heappush(bucket.heap, rank)
        line.line.add(rank)
        line.ages.add((conversation.enqueued_at, conversation.id))
        wish = conversation.preferred_agent
        self.places[conversation.id] = Place(bucket, rank, conversation.enqueued_at, held_for, wish)
        if wish is not None:
            self.preferring.setdefault(wish, {})[conversation.id] = None
        if conversation.exclusions:
            self.excluding[conversation.id] = None

    def discard(self, id_: str) -> None:
        """Take a conversation out of line, if it is in it."""
        place = self.places.pop(id_, None)
        if place is None:
            return
        bucket = place.bucket
        line = self.queues[bucket.queue]
        line.line.remove(place.rank)
        line.ages.remove((place.enqueued_at, id_))
        bucket.live -= 1
        self.excluding.pop(id_, None)
        if place.wish is not None:
            del self.preferring[place.wish][id_]
        if not bucket.live:
            del line.buckets[bucket.kind, place.held_for]
            if not line.line:
                del self.queues[bucket.queue]
        elif len(bucket.heap) > 2 * bucket.live + 64:
            bucket.heap = [rank for rank in bucket.heap if self._stands(bucket, rank)]
            heapify(bucket.heap)

    def _stands(self, bucket: Bucket, rank: Rank) -> bool:
        place = self.places.get(rank[-1])
        return place is not None and place.bucket is bucket and place.rank == rank

    def walk(self, bucket: Bucket) -> Iterator[str]:
        """Ids in order; the bucket may lose the one just given, but gains none meanwhile."""
        seen: list[Rank] = []
        heap = bucket.heap
        try:
            while heap:
                rank = heap[0]
                if not self._stands(bucket, rank) or (seen and seen[-1] == rank):
                    heappop(heap)
                    continue
                yield rank[-1]
                if heap is not bucket.heap:
                    return
                if self._stands(bucket, rank):
                    seen.append(heappop(heap))
        finally:
            for rank in seen:
                if self._stands(bucket, rank):
                    heappush(bucket.heap, rank)

    def position(self, id_: str) -> int | None:
        """1-based place in the line of its queue."""
        place = self.places.get(id_)
        if place is None:
            return None
        return self.queues[place.bucket.queue].line.count_below(place.rank) + 1

    def count(self, queue: str) -> int:
        """How many wait in the queue."""
        line = self.queues.get(queue)
        return len(line.line) if line else 0

    def oldest_at(self, queue: str) -> int | None:
        """When the one who has waited longest was enqueued."""
        line = self.queues.get(queue)
        first = line.ages.first() if line else None
        return first[0] if first else None

    def enqueued_before(self, queue: str, at: int) -> int:
        """How many of those waiting were enqueued before ``at``."""
        line = self.queues.get(queue)
        return line.ages.count_below((at,)) if line else 0
