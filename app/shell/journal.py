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

    def __init__(self) -> None:
        self.count = 0
        self._places: dict[str, list[int]] = {}

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
