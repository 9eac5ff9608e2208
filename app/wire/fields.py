"""The vocabulary of the wire: one constrained type per kind of value, for bodies, frames, schemas.

MUST NOT hold a rule of offering. A bound is written here once; the reader enforces it and the
served documents show it.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from msgspec import Meta

from app.domain.words import ID_CHARS_MAX

INT_MAX: Final = 2**53 - 1
"""Beyond this a browser can no longer tell neighbouring integers apart."""
DAY_MS: Final = 86_400_000
YEAR_MS: Final = 366 * DAY_MS

# ``(?!\n)$`` and not ``\Z``: it means the same to Python and to JSON Schema.
ID_PATTERN: Final = r"^[A-Za-z0-9._:-]+(?!\n)$"
ID_CHARS: Final = re.compile("[A-Za-z0-9._:-]+")
PLAIN_PATTERN: Final = (
    r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*(?!\n)$"
)

Id = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=ID_CHARS_MAX,
        pattern=ID_PATTERN,
        description="1-128 characters from A-Z a-z 0-9 . _ : -",
    ),
]
PresenceName = Annotated[
    Id, Meta(description="available, away, offline, or the id of a custom presence.")
]
AfterWork = Annotated[
    bool,
    Meta(
        description="Finish first: no new offers from now on, the presence when nothing is held "
        "any more."
    ),
]
Version = Annotated[int, Meta(ge=1, le=INT_MAX, description="A change of configuration.")]
Ref = Annotated[str, Meta(max_length=ID_CHARS_MAX)] | Annotated[int, Meta(ge=-INT_MAX, le=INT_MAX)]
"""A client's own name for a command; the reply carries it."""
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=PLAIN_PATTERN)]
Reason = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=PLAIN_PATTERN,
        description="Why, in words; kept in the timeline.",
    ),
]
Notice = Annotated[str, Meta(min_length=1, max_length=500, pattern=PLAIN_PATTERN)]
"""What an overflow rule tells a customer."""
Subject = Annotated[str, Meta(max_length=1_000)]
Label = Annotated[str, Meta(max_length=200, pattern=PLAIN_PATTERN)]
ClientName = Annotated[str, Meta(max_length=200)] | dict[str, str]
"""No pattern here: msgspec 0.22 frees a pattern twice when its union also holds a container."""
Secret = Annotated[str, Meta(min_length=1, max_length=512, pattern=r"^[!-~]+(?!\n)$")]
"""Printable ASCII, as every secret given out is; comparing in constant time needs that."""

Priority = Annotated[int, Meta(ge=-1_000_000, le=1_000_000, description="Higher goes first.")]
Level = Annotated[int, Meta(ge=0, le=1_000, description="Membership: lower is asked first.")]
SkillLevel = Annotated[int, Meta(ge=0, le=1_000)]
Units = Annotated[int, Meta(ge=0, le=10_000)]
Weight = Annotated[int, Meta(ge=1, le=10_000)]
Count = Annotated[int, Meta(ge=0, le=INT_MAX)]
DurationMs = Annotated[int, Meta(ge=0, le=YEAR_MS, description="Milliseconds.")]
OfferTimeoutMs = Annotated[int, Meta(ge=100, le=DAY_MS, description="Milliseconds.")]
WrapUpMs = Annotated[int, Meta(ge=0, le=DAY_MS, description="Milliseconds.")]

Role = Literal["ingest", "viewer", "agent", "supervisor", "admin"]
SocketRole = Literal["agent", "supervisor"]

WRONG_MARK: Final = "\x1f"


def wrong(field: str, message: str) -> ValueError:
    """What a type raises about one of its own fields, so that the reader can say which."""
    return ValueError(f"{field}{WRONG_MARK}{message}")
