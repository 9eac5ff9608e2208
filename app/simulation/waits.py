"""Who waited how long: the wait of each conversation, for comparing runs one by one.

Grows with the number of conversations: for days, not for millions. MUST NOT be asked for figures.
"""

from __future__ import annotations

from app.domain import events as e
from app.domain.words import ConversationState, OfferState


class Waits:
    """A watcher. ``served``, ``left``: {id: ms from coming to the answer, or to leaving}."""

    def __init__(self) -> None:
        self.served: dict[str, int] = {}
        self.left: dict[str, int] = {}
        self._since: dict[str, int] = {}

    def see(self, event: e.Event) -> None:
        """Take one event in."""
        if isinstance(event, e.ConversationEntered):
            self._since[event.conversation] = event.at
        elif isinstance(event, e.OfferEnded):
            if event.outcome is OfferState.ACCEPTED:
                wait_ms = event.at - self._since[event.conversation]
                self.served.setdefault(event.conversation, wait_ms)
        elif isinstance(event, e.ConversationEnded):
            wait_ms = event.at - self._since.pop(event.conversation)
            if event.state is ConversationState.ABANDONED:
                self.left[event.conversation] = wait_ms
