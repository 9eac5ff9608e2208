"""What one call of the HTTP interface is, and the groups of roles that may call.

MUST NOT hold behaviour. ``roles`` is who may call (None: anyone).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

Roles = frozenset[str]
INGEST: Final[Roles] = frozenset({"ingest", "admin"})
SUPERVISE: Final[Roles] = frozenset({"supervisor", "admin"})
FOLLOW: Final[Roles] = INGEST | SUPERVISE
WATCH: Final[Roles] = frozenset({"viewer"}) | SUPERVISE
DESK: Final[Roles] = frozenset({"agent", "supervisor", "admin"})
ADMIN: Final[Roles] = frozenset({"admin"})
ANY: Final[Roles] = frozenset({"ingest", "agent", "supervisor", "admin"})

LIST_MAX: Final = 200
TIMELINE_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Query:
    """One query parameter."""

    name: str
    schema: dict[str, Any]
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One call. ``if_match``: the header of this name may say which version it replaces."""

    method: str
    path: str
    name: str
    summary: str
    roles: Roles | None
    answers: dict[int, tuple[Any, str]]
    body: Any = None
    refusals: tuple[str, ...] = ()
    query: tuple[Query, ...] = field(default=())
    media: str = "application/json"
    if_match: bool = False

    @property
    def writes(self) -> bool:
        """Whether it changes anything, and so needs the store and a same-origin browser."""
        return self.method in ("POST", "PUT", "DELETE")


ID: Final[dict[str, Any]] = {"type": "string", "minLength": 1, "maxLength": 128}


def at_most(most: int) -> Query:
    """The parameter ``limit``."""
    schema = {"type": "integer", "minimum": 1, "maximum": most}
    return Query("limit", schema, "At most so many.")
