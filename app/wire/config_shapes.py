"""The shapes of what is answered about queues, agents, presences and changes of configuration.

MUST NOT be used to build an answer: views give plain dicts, a test holds each view to its shape.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from app.domain.words import Connection, Presence, QueueStatus
from app.wire.settings import AgentBody, PresenceBody, QueueBody
from app.wire.shapes import At, Blocked, CustomPresence, OpenChannels, WhyNot


class SettingsWarning(Struct, kw_only=True):
    """Something in the settings that is allowed and likely a mistake, or good to know (info)."""

    code: str
    level: Literal["warning", "info"]
    path: str
    message: str


class QueueShape(QueueBody, kw_only=True, forbid_unknown_fields=False):
    """One queue: its settings, and what is going on.

    ``open``: by its hours. ``members_on``: agents at work. ``overflowed``: moved or closed by its
    overflow rules on this UTC day.
    """

    id: str
    version: int
    status: QueueStatus
    status_since: At
    open: bool
    members_on: int
    overflowed: int


class QueuePut(QueueShape, kw_only=True):
    """The queue as it is now, and what looks like a mistake."""

    warnings: list[SettingsWarning]


class QueueList(Struct, kw_only=True):
    """All queues, by id."""

    queues: list[QueueShape]


class PlanShape(Struct, kw_only=True):
    """Finish, then this: no new offers now, the presence when nothing is held any more."""

    presence: Presence
    custom_presence: CustomPresence | None
    reason: str
    by: str


class SignedOutShape(Struct, kw_only=True):
    """A supervisor ended all that was signed in as the agent until ``at``."""

    at: At
    by: str
    reason: str


class AgentShape(AgentBody, kw_only=True, forbid_unknown_fields=False):
    """One agent: settings, then what is going on. ``load`` {channel: units in use}."""

    id: str
    version: int
    presence: Presence
    custom_presence: CustomPresence | None
    reason: str
    plan: PlanShape | None
    channels: OpenChannels
    by: str
    since: At
    connection: Connection
    routable: bool
    why_not: WhyNot
    blocked: Blocked
    load: dict[str, int]
    load_units: int
    conversations: list[str]
    offers: list[str]
    signed_out: Annotated[
        SignedOutShape | None, Meta(description="When a supervisor last signed the agent out.")
    ]


class AgentPut(AgentShape, kw_only=True):
    """The agent as it is now, and what looks like a mistake."""

    warnings: list[SettingsWarning]


class AgentList(Struct, kw_only=True):
    """All agents, by id."""

    agents: list[AgentShape]


class PresenceShape(PresenceBody, kw_only=True, forbid_unknown_fields=False):
    """One custom presence."""

    id: str
    version: int


class PresencePut(PresenceShape, kw_only=True):
    """The presence as it is now, and what looks like a mistake."""

    warnings: list[SettingsWarning]


class PresenceList(Struct, kw_only=True):
    """All custom presences, by id; available, away and offline always exist beside them."""

    presences: list[PresenceShape]


class DifferenceShape(Struct, kw_only=True):
    """One place of the settings: JSONPath, and what stood there (null: nothing)."""

    path: str
    before: Any
    after: Any


class ChangeShape(Struct, kw_only=True):
    """One change of configuration. ``undoable``: nobody changed the same thing again since."""

    version: int
    at: At
    by: str
    kind: Literal["queue", "agent", "presence"]
    id: str
    reason: Annotated[str, Meta(description="Why, in words; empty when nobody said.")]
    action: Literal["created", "changed", "removed"]
    undoable: bool
    diff: list[DifferenceShape]


class ChangeList(Struct, kw_only=True):
    """Changes of configuration, the newest first; ``next_before`` asks for the page after."""

    changes: list[ChangeShape]
    next_before: int | None
