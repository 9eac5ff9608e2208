"""Where in the log each conversation's events are, so that a timeline is read from the truth
itself.
"""

from __future__ import annotations

from app.domain.events import ConversationsForgotten, Event
from app.ports import Position

_SHIFT = 40


class Journal:
    """Log positions by conversation, one small integer each."""

    __slots__ = ("_places", "count")

    def __init__(self, places: dict[str, list[int]] | None = None, count: int = 0) -> None:
        """Go on from the ``places`` and the ``count`` of another one."""
        self.count = count
        self._places = {} if places is None else places

    @property
    def places(self) -> dict[str, list[int]]:
        """All of it, as small integers: what a snapshot keeps."""
        return self._places

    def note(self, event: Event, position: Position) -> None:
        """Remember where ``event`` is; ``count`` counts them all."""
        self.count += 1
        if isinstance(event, ConversationsForgotten):
            for id_ in event.conversations:
                self._places.pop(id_, None)
            return
        conversation = getattr(event, "conversation", None)
        if conversation is not None:
            place = position.epoch << _SHIFT | position.n
            self._places.setdefault(conversation, []).append(place)

    def of(self, conversation: str) -> list[Position]:
        """Where the events of one conversation are, in order."""
        mask = (1 << _SHIFT) - 1
        return [
            Position(place >> _SHIFT, place & mask) for place in self._places.get(conversation, ())
        ]
