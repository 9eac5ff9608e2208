"""What a closed socket means for the client: come back, come back afresh, or stay away.

Holds the table of PROTOCOL's close codes and nothing else. The rule: the range carries the meaning,
so that a code this client has never heard of is treated rightly.
"""

from __future__ import annotations

from enum import Enum, auto

BAD_TICKET = 4500


class Next(Enum):
    """What to do after the socket ended."""

    RESUME = auto()
    AFRESH = auto()
    NEW_TICKET = auto()
    STAY_AWAY = auto()


_EXACT = {1000: Next.STAY_AWAY, 4001: Next.AFRESH, BAD_TICKET: Next.NEW_TICKET}


def after_close(code: int) -> Next:
    """The meaning of a close code.

    A refused ticket is worth a few tries with a new one: tickets are short-lived and die with a
    server.
    """
    if code in _EXACT:
        return _EXACT[code]
    return Next.STAY_AWAY if 4500 <= code <= 4999 else Next.RESUME
