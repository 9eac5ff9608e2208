"""Shadow writes: what the log would hold if the newest format were in force already.

Each event that is written in an older format is also encoded in the newest one, read back, compared
and thrown away. MUST NOT hurt the real write: whatever goes wrong here is counted, and is a reason
not to finalize.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from app.codec.envelope import NO_RECORD
from app.codec.errors import Unreadable, WriteVerifyFailed
from app.codec.events import decode, encode
from app.codec.formats import NEWEST
from app.domain.events import Event
from app.shell.meter import Meter

log = logging.getLogger(__name__)


class Shadow:
    """What this process has tried since ``since_ms`` (0: nothing yet)."""

    __slots__ = ("_key", "_meter", "_workspace", "mismatches", "records", "since_ms")

    def __init__(self, workspace: str, key: bytes, meter: Meter) -> None:
        self._workspace, self._key, self._meter = workspace, key, meter
        self.records = self.mismatches = self.since_ms = 0

    def write(self, events: Sequence[Event], in_format: int, now: int) -> None:
        """Try the newest format on events that are written in ``in_format``."""
        if in_format >= NEWEST:
            return
        self.since_ms = self.since_ms or now
        for event in events:
            self.records += 1
            same = self._comes_back(event)
            self.mismatches += not same
            result = "ok" if same else "mismatch"
            self._meter.count("format_shadow_total", result=result)

    def _comes_back(self, event: Event) -> bool:
        try:
            record = encode(self._workspace, self._key, NO_RECORD, event, in_format=NEWEST)
            same = decode(self._workspace, self._key, record) == (event, NO_RECORD)
        except (Unreadable, WriteVerifyFailed) as error:
            log.error("stored format %d would not take an event: %s", NEWEST, error)
            return False
        if not same:
            name = type(event).__name__
            log.error("stored format %d would change %s", NEWEST, name)
        return same
