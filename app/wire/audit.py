"""Who did what, when, from where, why, and what it was before: the log as an auditor reads it.

Built from events alone, so it says what the log says. MUST NOT hold who the customers are, a
message to them, or anything that opens a door.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from msgspec import to_builtins

from app.domain import commands as c
from app.domain import events as e
from app.domain.config_diff import diff
from app.domain.state import ConfigChange
from app.domain.words import Connection
from app.wire.reserved import is_reserved

View = dict[str, Any]
HELD_MAX: Final = 10_000
"""So many events after something was done it may still be said from where; then it is given up."""
PROGRAMS: Final = frozenset({"agent", "ingest"})
"""What these do by the hundred is work: told when it is asked for."""
PEOPLE: Final = frozenset({"admin", "supervisor", *PROGRAMS})
THE_FILE: Final = "config"
"""The actor when a server starts with a configuration file."""


class _Deed(NamedTuple):
    """How an event reads: the kind of what it is about, and which fields say what it changed."""

    kind: str
    after: tuple[str, ...] = ()
    before: Mapping[str, str] = MappingProxyType({})


_FIRST_SEEN: Final = ("queue", "channel", "priority")
_DEEDS: Final[Mapping[type[Any], _Deed]] = MappingProxyType(
    {
        e.FormatFinalized: _Deed("format", ("format",)),
        e.KeyCreated: _Deed("key", ("name", "role", "agent")),
        e.KeyLimited: _Deed("key", ("queues", "expires_at", "hides_customers")),
        e.KeyRotated: _Deed("key", ("former_until",)),
        e.KeyRevoked: _Deed("key"),
        e.QueueConfigured: _Deed("queue"),
        e.QueueRemoved: _Deed("queue"),
        e.QueueStatusChanged: _Deed("queue", ("status",)),
        e.AgentConfigured: _Deed("agent"),
        e.AgentRemoved: _Deed("agent"),
        e.PresenceConfigured: _Deed("presence"),
        e.PresenceRemoved: _Deed("presence"),
        e.ConnectionChanged: _Deed("agent", ("connection",)),
        e.PresenceChanged: _Deed("agent", ("presence", "custom")),
        e.PresencePlanned: _Deed("agent", ("presence", "custom")),
        e.ConversationEntered: _Deed("conversation", _FIRST_SEEN),
        e.ConversationMoved: _Deed("conversation", ("queue",), {"queue": "from_queue"}),
        e.ConversationRequeued: _Deed(
            "conversation", ("queue", "preferred_agent"), {"agent": "agent"}
        ),
        e.ConversationPrioritized: _Deed("conversation", ("priority",)),
        e.ConversationAssigned: _Deed("conversation", ("agent",), {"agent": "from_agent"}),
        e.ConversationWrapping: _Deed("conversation", ("disposition",)),
        e.ConversationQuarantined: _Deed("conversation", (), {"agent": "agent"}),
        e.ConversationEnded: _Deed("conversation", ("state", "disposition"), {"agent": "agent"}),
        e.OfferEnded: _Deed("conversation", ("outcome", "agent", "offer")),
        e.IncidentNoted: _Deed("incident", ("step", "text")),
        e.IncidentResolved: _Deed("incident", ("text",)),
        e.CapacityCorrected: _Deed("agent"),
        e.LoginEnded: _Deed("login", ("key",)),
        e.AgentSignedOut: _Deed("agent"),
        e.RepairsFrozen: _Deed("repairs", ("until",)),
        e.RepairsThawed: _Deed("repairs"),
        e.BroadcastSent: _Deed("broadcast", ("text", "queue", "agent", "until")),
        e.BroadcastWithdrawn: _Deed("broadcast"),
    }
)
_HUMP: Final = re.compile(r"(?<!^)(?=[A-Z])")


class Wanted(NamedTuple):
    """What is asked for; None: all. ``work``: what agents and programs do all day, too."""

    actor: str | None = None
    subject: str | None = None
    work: bool = False


class Reader:
    """Makes entries of events that come in the order of the log.

    From where something was done is said after it, so an entry waits for it a while.
    """

    def __init__(self, wanted: Wanted, changes: Mapping[int, ConfigChange]) -> None:
        """``changes`` is what is remembered of the configuration's history."""
        self._wanted, self._changes = wanted, changes
        self._held: deque[tuple[int, View]] = deque()
        self._count = 0

    @property
    def waiting(self) -> str | None:
        """The place of the oldest entry that still waits."""
        return self._held[0][1]["position"] if self._held else None

    def take(self, position: str, event: e.Event) -> Iterator[View]:
        """One event more; the entries that are complete."""
        if isinstance(event, e.OriginNoted):
            for place, entry in self._held:
                if place >= self._count - event.events and entry["by"] == event.by:
                    entry["address"] = event.address
            yield from self.rest()
        elif self._is_wanted(event):
            self._held.append((self._count, _entry(position, event, self._changes)))
        self._count += 1
        while self._held and self._held[0][0] < self._count - HELD_MAX:
            yield self._held.popleft()[1]

    def rest(self) -> Iterator[View]:
        """What waits, as it is."""
        while self._held:
            yield self._held.popleft()[1]

    def _is_wanted(self, event: e.Event) -> bool:
        deed = _DEEDS.get(type(event))
        if deed is None:
            return False
        by, wanted = _actor(event), self._wanted
        role = by.partition(":")[0]
        if by != THE_FILE and role not in PEOPLE:
            return False
        if role in PROGRAMS and not wanted.work and not isinstance(event, e.LoginEnded):
            return False
        id_ = _id_of(event, deed)
        if is_reserved(id_) or wanted.actor not in (None, by):
            return False
        return wanted.subject in (None, id_)


def _actor(event: Any) -> str:
    if isinstance(event, e.ConnectionChanged):
        return f"agent:{event.agent}" if event.connection is Connection.CONNECTED else ""
    return str(getattr(event, "by", ""))


def traced(command: Any, by: str, address: str) -> Any:
    """The command with from where it came, if that is to be said."""
    return c.Traced(command, by, address) if address else command


def _id_of(event: Any, deed: _Deed) -> str:
    return str(getattr(event, deed.kind, ""))


def _entry(position: str, event: Any, changes: Mapping[int, ConfigChange]) -> View:
    deed = _DEEDS[type(event)]
    before = {name: _plain(getattr(event, field)) for name, field in deed.before.items()}
    after = {name: _plain(getattr(event, name)) for name in deed.after}
    reason = getattr(event, "reason", "")
    if hasattr(event, "version"):
        change = changes.get(event.version)
        before, after = _changed(event, change)
        reason = change.reason if change is not None else ""
    return {
        "position": position,
        "at": event.at,
        "by": _actor(event),
        "address": None,
        "action": _HUMP.sub("_", type(event).__name__).lower(),
        "kind": deed.kind,
        "id": _id_of(event, deed),
        "reason": reason,
        "before": before or None,
        "after": after or None,
    }


def _changed(event: Any, change: ConfigChange | None) -> tuple[View, View]:
    """The paths that differ; the settings as they were put where the one before is forgotten."""
    if change is None:
        settings = getattr(event, "settings", None)
        return {}, {} if settings is None else {"$": to_builtins(settings)}
    found = diff(change.before, change.after)
    return (
        {one["path"]: one["before"] for one in found if one["before"] is not None},
        {one["path"]: one["after"] for one in found if one["after"] is not None},
    )


def _plain(value: Any) -> Any:
    return to_builtins(value)
