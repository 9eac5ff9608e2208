"""The stored formats as data: which version of each record type, and of the state, one consists of.

A format is a promise to the builds that read it, so a released one MUST NOT change: whatever is
written otherwise is the next format. A log says in itself which format is in force
(``FormatFinalized``), and nothing else is written. The rule of a release: it reads every format
there ever was, and writes the newest and the one before it, so that one release back is possible.

What a change takes: the new schema in ``events.TABLE`` (of a state: ``STATE_SCHEMA``), a step up
and a step down, a line in ``FORMATS``, what a command needs and what the state may hold in
``domain.gate``, and its golden records. A format that is in no release yet may still be added to;
``scripts/releases.toml`` says which are.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class Format(NamedTuple):
    """``records``: record type -> schema; ``state``: the schema of a state in a snapshot."""

    records: Mapping[int, int]
    state: int


_FIRST_RECORDS: Final = {number: 1 for number in range(1, 40)} | {
    4: 2,
    7: 2,
    9: 2,
    12: 2,
    17: 2,
    22: 2,
}
_OF_SUPERVISION: Final = dict.fromkeys(range(40, 47), 1)
_OF_KEYS: Final = dict.fromkeys((47, 48), 1)
_OF_ORIGIN: Final = {49: 1}
FORMATS: Final[Mapping[int, Format]] = MappingProxyType(
    {
        1: Format(MappingProxyType(_FIRST_RECORDS), state=1),
        # Dispositions; what supervisors do to people and the watchdog; why configuration changed;
        # keys that are limited, and that get another secret; from where something was done.
        2: Format(
            MappingProxyType(
                _FIRST_RECORDS | {16: 2, 17: 3} | _OF_SUPERVISION | _OF_KEYS | _OF_ORIGIN
            ),
            state=2,
        ),
    }
)
FIRST: Final = 1
"""What a log is in that has never named a format."""
NEWEST: Final = max(FORMATS)
READS: Final = range(FIRST, NEWEST + 1)
WRITES: Final = range(max(FIRST, NEWEST - 1), NEWEST + 1)


def reads_text() -> str:
    """What this build reads, for people."""
    return f"this build reads stored formats {READS[0]} to {READS[-1]}"
