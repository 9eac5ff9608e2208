"""Every way in which stored bytes can fail to be read, or an event fail to be written.

Reading raises ``Unreadable`` and nothing else, whatever the bytes are. Which reaction is right
depends on what was read (a log event: refuse ownership; derived data: rebuild; external input: set
that one item aside), so it is the caller's; this layer MUST NOT skip a record or return a guess.
"""

from __future__ import annotations


class Unreadable(Exception):
    """These bytes are not a record that this build can vouch for."""


class NotARecord(Unreadable):
    """Does not begin like a record of ours."""


class UnknownEnvelope(Unreadable):
    """An envelope version or flag that this build does not know: written by a newer build."""


class DamagedRecord(Unreadable):
    """Length or checksum is wrong: bytes were changed or cut, or it was found under another key."""


class UnknownKind(Unreadable):
    """A record type that this build does not know."""

    def __init__(self, kind: int) -> None:
        super().__init__(f"record type {kind} is unknown to this build")
        self.kind = kind


class UnknownSchema(Unreadable):
    """A schema version outside 1..``newest``: written by a newer build, or by none."""

    def __init__(self, kind: int, found: int, newest: int) -> None:
        super().__init__(f"record type {kind} has schema {found}; this build reads 1 to {newest}")
        self.kind, self.found, self.newest = kind, found, newest


class WrongIdentity(Unreadable):
    """A sound record of another workspace than the one asked for."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"record belongs to workspace {found!r}, not to {expected!r}")
        self.found, self.expected = found, expected


class UnknownFormat(Unreadable):
    """Written in a stored format that this build does not know: by a newer build."""

    def __init__(self, found: int, known: str) -> None:
        super().__init__(f"{known}, this was written in format {found}")
        self.found = found


class BadBody(Unreadable):
    """The body is not exactly what its record type and schema version promise."""


class BrokenChain(Unreadable):
    """A sound record, but not the next one: something is missing, doubled or moved."""

    def __init__(self, found: bytes, expected: bytes) -> None:
        super().__init__(f"record follows {found.hex()}, the one before it is {expected.hex()}")
        self.found, self.expected = found, expected


class WriteVerifyFailed(Exception):
    """An event that would not come back exactly as it is. Nothing was written."""

    def __init__(self, event_type: str, reason: str) -> None:
        super().__init__(f"{event_type} cannot be stored: {reason}")
        self.event_type, self.reason = event_type, reason


class NotInFormat(WriteVerifyFailed):
    """An event that the stored format in force has no words for. Nothing was written."""
