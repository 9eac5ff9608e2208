"""Notices that this process stood still: frozen, suspended, or its event loop blocked.

A process that stood still has let deadlines pass that nobody could meet, and may have lost its
workspace without knowing. MUST be asked before anything is decided or shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

EVERY_MS = 100


class Pulse:
    """``now_ms`` goes on while the process stands still; ``gap_min_ms`` is what counts as a pause.

    ``sure_ms`` is how long a confirmed ownership may be taken for granted.
    """

    def __init__(self, now_ms: Callable[[], int], gap_min_ms: int, sure_ms: int) -> None:
        self._now_ms, self._gap_min_ms, self._sure_ms = now_ms, gap_min_ms, sure_ms
        self._beat_at = now_ms()
        self._confirmed_at = self._beat_at
        self._paused_ms = 0

    def paused_ms(self) -> int:
        """For how long it stood still since the last question; 0 when it did not."""
        self._beat()
        paused_ms, self._paused_ms = self._paused_ms, 0
        return paused_ms

    def confirm(self, asked_at: int) -> None:
        """The store said that we are the owner, to a question asked at this instant."""
        self._confirmed_at = max(self._confirmed_at, asked_at)

    def restart(self, now: int) -> None:
        """Ownership begins: what was before does not count."""
        self._beat_at, self._paused_ms, self._confirmed_at = now, 0, now

    @property
    def sure(self) -> bool:
        """Whether the ownership was confirmed recently enough to act and to show state."""
        return self._now_ms() - self._confirmed_at <= self._sure_ms

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await asyncio.sleep(EVERY_MS / 1000)
            self._beat()

    def _beat(self) -> None:
        now = self._now_ms()
        late_ms = now - self._beat_at - EVERY_MS
        if late_ms >= self._gap_min_ms:
            self._paused_ms += late_ms
        self._beat_at = now
