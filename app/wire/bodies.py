"""Bodies of the HTTP interface that ask for something, and the commands they become.

MUST NOT decide who may ask: the edge has checked that. A body with a ``command`` method is also the
payload of the supervisor frame of the same name (``frames``), so both doors mean the same.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Final, Literal

import msgspec
import orjson
from msgspec import Meta, Struct, field

from app.domain import commands as c
from app.domain.decide_keys import LIMITED_TO_QUEUES
from app.domain.words import QueueStatus
from app.wire.fields import (
    DAY_MS,
    INT_MAX,
    AfterWork,
    Id,
    Label,
    Level,
    PresenceName,
    Priority,
    Reason,
    Role,
    Secret,
    SkillLevel,
    SocketRole,
    Subject,
    Version,
    wrong,
)

OPEN_DATA_BYTES_MAX: Final = 16 * 1024
"""Bound on ``customer`` and on ``attributes``, each as JSON."""
_OPEN: Final = Meta(
    description=f"Any JSON object of at most {OPEN_DATA_BYTES_MAX} bytes.", max_length=256
)


KeyQueues = Annotated[list[Id], Meta(min_length=1, max_length=1_000)]


class ConversationBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """A conversation to enter; the same ``id`` and body again are answered, not entered twice."""

    queue: Id
    id: Id | None = None
    channel: Id = "chat"
    priority: Priority = 0
    skills: Annotated[dict[Id, SkillLevel], Meta(max_length=32)] = field(default_factory=dict)
    preferred_agent: Id | None = None
    customer: Annotated[dict[str, Any], _OPEN] = field(default_factory=dict)
    subject: Subject | None = None
    attributes: Annotated[dict[str, Any], _OPEN] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.customer.get("name", ""), str):
            raise wrong("customer.name", "must be a string")
        for name in ("customer", "attributes"):
            if len(orjson.dumps(getattr(self, name))) > OPEN_DATA_BYTES_MAX:
                raise wrong(name, f"is larger than {OPEN_DATA_BYTES_MAX} bytes: send less")

    def command(self, conversation: str, by: str) -> c.EnterConversation:
        """Enter it under the id that was sent or chosen."""
        return c.EnterConversation(
            conversation=conversation,
            queue=self.queue,
            channel=self.channel,
            by=by,
            priority=self.priority,
            skills=self.skills,
            preferred_agent=self.preferred_agent,
            customer=self.customer,
            subject=self.subject,
            attributes=self.attributes,
            fingerprint=fingerprint(self),
        )


class Move(Struct, forbid_unknown_fields=True, kw_only=True):
    """Put a conversation into another queue; ``keep_wait``: at the place its age gives it there."""

    queue: Id
    keep_wait: bool = True
    reason: Reason = ""

    def command(self, conversation: str, by: str) -> c.MoveConversation:
        """As a command."""
        return c.MoveConversation(conversation, self.queue, self.keep_wait, self.reason, by)


class Assign(Struct, forbid_unknown_fields=True, kw_only=True):
    """Give a conversation to one agent without an offer."""

    agent: Id
    reason: Reason = ""

    def command(self, conversation: str, by: str) -> c.AssignConversation:
        """As a command."""
        return c.AssignConversation(conversation, self.agent, self.reason, by)


class Requeue(Struct, forbid_unknown_fields=True, kw_only=True):
    """Put a conversation back into its queue, with its original place."""

    reason: Reason = ""

    def command(self, conversation: str, by: str) -> c.RequeueConversation:
        """As a command."""
        return c.RequeueConversation(conversation, self.reason, by)


class Release(Struct, forbid_unknown_fields=True, kw_only=True):
    """Free a stuck conversation: take it from its offers and its agent, back to its place."""

    reason: Reason = ""

    def command(self, conversation: str, by: str) -> c.ReleaseConversation:
        """As a command."""
        return c.ReleaseConversation(conversation, self.reason, by)


class Cancel(Struct, forbid_unknown_fields=True, kw_only=True):
    """End a conversation: the customer left (``abandoned``) or it is void (``canceled``).

    Without ``outcome`` the reason tells: ``canceled`` or ``void`` is void; anything else is a
    customer who left, so that a forgotten word never hides an abandon from the figures.
    """

    reason: Annotated[Reason, Meta(min_length=1)]
    outcome: Literal["abandoned", "canceled"] | None = None

    def command(self, conversation: str, by: str) -> c.CancelConversation:
        """As a command."""
        void = self.reason in ("canceled", "void")
        abandoned = not void if self.outcome is None else self.outcome == "abandoned"
        return c.CancelConversation(conversation, abandoned, self.reason, by)


class Prioritize(Struct, forbid_unknown_fields=True, kw_only=True):
    """Change the priority of a conversation."""

    priority: Priority
    reason: Reason = ""

    def command(self, conversation: str, by: str) -> c.PrioritizeConversation:
        """As a command."""
        return c.PrioritizeConversation(conversation, self.priority, self.reason, by)


class Close(Struct, forbid_unknown_fields=True, kw_only=True):
    """End a conversation as closed."""

    reason: Reason = ""

    def command(self, conversation: str, by: str) -> c.CloseConversation:
        """As a command."""
        return c.CloseConversation(conversation, self.reason, by)


class Activity(Struct, forbid_unknown_fields=True, kw_only=True):
    """Something was said in a held conversation, or (``idle``) nothing will be for a while."""

    idle: bool = False

    def command(self, conversation: str, by: str) -> c.NoteActivity:
        """As a command."""
        return c.NoteActivity(conversation, self.idle, by)


class SetPresence(Struct, forbid_unknown_fields=True, kw_only=True):
    """What an agent intends: to work, to be away, to be gone."""

    presence: PresenceName
    reason: Reason = ""
    after_work: AfterWork = False

    def command(self, agent: str, by: str) -> c.SetPresence:
        """As a command."""
        return c.SetPresence(agent, self.presence, self.reason, by, self.after_work)


class Membership(Struct, forbid_unknown_fields=True, kw_only=True):
    """One membership of an agent; ``level`` null ends it. Everything else about the agent stays.

    With ``version`` it is refused (``changed_since``) where the agent is at another.
    """

    queue: Id
    level: Level | None
    version: Version | None = None
    reason: Reason = ""

    def command(self, agent: str, by: str) -> c.SetMembership:
        """As a command."""
        return c.SetMembership(agent, self.queue, self.level, by, self.version, self.reason)


class QueueSwitch(Struct, forbid_unknown_fields=True, kw_only=True):
    """Pause, resume or drain a queue; the path or the frame's type says which."""

    reason: Reason = ""

    def command(self, status: QueueStatus, queue: str, by: str) -> c.SetQueueStatus:
        """As a command."""
        return c.SetQueueStatus(queue, status, self.reason, by)


class Acknowledge(Struct, forbid_unknown_fields=True, kw_only=True):
    """Say that somebody looks after an incident."""

    reason: Reason = ""

    def command(self, incident: str, by: str) -> c.NoteIncident:
        """As a command."""
        return c.NoteIncident(incident, "acknowledged", self.reason, by)


def remove_queue(queue: str, by: str) -> c.RemoveQueue:
    """Delete a queue that holds nothing."""
    return c.RemoveQueue(queue, by)


def remove_agent(agent: str, by: str) -> c.RemoveAgent:
    """Delete an agent who holds nothing."""
    return c.RemoveAgent(agent, by)


def remove_presence(presence: str, by: str) -> c.RemovePresence:
    """Delete a custom presence that nobody is in."""
    return c.RemovePresence(presence, by)


class Undo(Struct, forbid_unknown_fields=True, kw_only=True):
    """Take the change of configuration that made ``version`` back."""

    version: Version
    reason: Reason = ""

    def command(self, by: str) -> c.UndoConfig:
        """As a command."""
        return c.UndoConfig(self.version, by, self.reason)


def revoke_key(key: str, by: str) -> c.RevokeKey:
    """Close a key for good."""
    return c.RevokeKey(key, by)


class KeyLimits(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a key is limited to, as a whole: what is left out is no limit.

    ``queues``: a key for ingest enters conversations there only, a supervisor's or a wallboard's
    sees those queues and their members only. ``expires_at``: it opens nothing from then on.
    ``hides_customers``: a supervisor's key is not told who the customers are.
    """

    queues: KeyQueues | None = None
    expires_at: Annotated[int, Meta(ge=1, le=INT_MAX)] | None = None
    hides_customers: bool = False

    def limits(self) -> tuple[list[str] | None, int, bool]:
        """As the domain has them; of queues that are named twice one is kept."""
        queues = None if self.queues is None else [*dict.fromkeys(self.queues)]
        return queues, self.expires_at or 0, self.hides_customers

    def limit(self, key: str, by: str) -> c.LimitKey:
        """As a command on a key that exists."""
        return c.LimitKey(key, *self.limits(), by)


class KeyBody(KeyLimits, kw_only=True):
    """A new API key; ``agent`` binds a key of role ``agent`` to one agent."""

    role: Role
    name: Label = ""
    agent: Id | None = None

    def __post_init__(self) -> None:
        if self.agent is not None and self.role != "agent":
            raise wrong("agent", 'binds keys of role "agent" only: leave it out')
        if self.queues is not None and self.role not in LIMITED_TO_QUEUES:
            allowed = ", ".join(sorted(LIMITED_TO_QUEUES))
            raise wrong("queues", f"limits keys of role {allowed} only: leave it out")
        if self.hides_customers and self.role != "supervisor":
            raise wrong("hides_customers", 'goes with role "supervisor" only: leave it out')

    def command(self, key: str, sha256: str, by: str) -> c.CreateKey:
        """As a command; ``sha256`` is the hash of the key that its owner gets."""
        return c.CreateKey(key, self.name, self.role, sha256, self.agent, by, *self.limits())


class Rotation(Struct, forbid_unknown_fields=True, kw_only=True):
    """Another secret for a key; the one before is good for ``overlap_ms`` more."""

    overlap_ms: Annotated[int, Meta(ge=0, le=7 * DAY_MS, description="A week at most.")] = 0

    def command(self, key: str, sha256: str, by: str) -> c.RotateKey:
        """As a command."""
        return c.RotateKey(key, sha256, self.overlap_ms, by)


class TicketBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """What the WebSocket will be used as."""

    role: SocketRole
    agent: Id | None = None

    def __post_init__(self) -> None:
        if self.agent is not None and self.role != "agent":
            raise wrong("agent", 'goes with role "agent" only: leave it out')


class SessionBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Sign in a browser with an API key, with a ``token`` of the identity provider, or as a local
    ``user`` with the ``password``.
    """

    key: Secret | None = None
    user: Id | None = None
    password: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    token: Annotated[str, Meta(max_length=16_384, pattern=r"^[!-~]+(?!\n)$")] | None = None
    agent: Id | None = None

    def __post_init__(self) -> None:
        shown = (self.key, self.token, self.user)
        if sum(one is not None for one in shown) != 1:
            raise wrong("key", "token or user is what signs in: send exactly one of them")
        if (self.user is None) != (self.password is None):
            raise wrong("password", "goes with user, and that does not go without")


def fingerprint(body: ConversationBody) -> str:
    """What makes two requests the same: SHA-256 of the meaning, whatever the spelling and order.

    The id itself is left out: it is what the fingerprint is compared under.
    """
    meaning = msgspec.to_builtins(body)
    del meaning["id"]
    return hashlib.sha256(orjson.dumps(meaning, option=orjson.OPT_SORT_KEYS)).hexdigest()
