"""Signing an agent out, freezing repairs, telling agents something: bodies, answers, views.

MUST NOT decide who may ask, nor hold behaviour: a body becomes a command, a record becomes a dict.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from app.domain import commands as c
from app.domain.engine import Engine
from app.domain.refusals import Refusal as R
from app.domain.state import Broadcast, State
from app.domain.supervision import agent_sign_out, freeze_at, shown_to
from app.wire import config_shapes as k
from app.wire.fields import DAY_MS, PLAIN_PATTERN, Id, Reason, wrong
from app.wire.route import LIST_MAX, SUPERVISE, Route, at_most
from app.wire.shapes import At, LogPosition

View = dict[str, Any]
TEXT_MAX: Final = 300
HOUR_MS: Final = 3_600_000
Text = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=TEXT_MAX,
        pattern=PLAIN_PATTERN,
        description="For people; shown as it is, never as markup.",
    ),
]
_FOR: Final = Meta(ge=1_000, le=DAY_MS, description="Milliseconds, a day at most.")
ForMs = Annotated[int, _FOR]


class SignOut(Struct, forbid_unknown_fields=True, kw_only=True):
    """End all browser sessions and sockets of an agent; what is held follows the usual grace."""

    reason: Reason = ""

    def command(self, agent: str, by: str) -> c.SignOutAgent:
        """As a command."""
        return c.SignOutAgent(agent, self.reason, by)


class Freeze(Struct, forbid_unknown_fields=True, kw_only=True):
    """Let the watchdog only tell, and repair nothing, for a while; it ends by itself."""

    for_ms: ForMs
    reason: Annotated[Reason, Meta(min_length=1)]

    def command(self, by: str) -> c.FreezeRepairs:
        """As a command."""
        return c.FreezeRepairs(self.for_ms, self.reason, by)


class Thaw(Struct, forbid_unknown_fields=True, kw_only=True):
    """Let the watchdog repair again."""

    reason: Reason = ""

    def command(self, by: str) -> c.ThawRepairs:
        """As a command."""
        return c.ThawRepairs(self.reason, by)


class SendBroadcast(Struct, forbid_unknown_fields=True, kw_only=True):
    """A message to all agents, to the members of ``queue``, or to ``agent``.

    Shown until ``for_ms`` from now to whoever comes. The same ``id`` and message again is not sent
    twice.
    """

    text: Text
    queue: Id | None = None
    agent: Id | None = None
    for_ms: ForMs = HOUR_MS
    id: Id | None = None

    def __post_init__(self) -> None:
        if self.queue is not None and self.agent is not None:
            raise wrong("agent", "goes without queue: name one of them, or neither for everybody")
        if not self.text.strip():
            raise wrong("text", "says nothing: write some words")

    def command(self, by: str, id_: str | None = None) -> c.SendBroadcast:
        """As a command; ``id_`` for one that brings none."""
        return c.SendBroadcast(self.text, self.queue, self.agent, self.for_ms, by, self.id or id_)


def withdraw(broadcast: str, by: str) -> c.WithdrawBroadcast:
    """Take a message back."""
    return c.WithdrawBroadcast(broadcast, by)


class FreezeShape(Struct, kw_only=True):
    """Until when, since when, by whom and why nothing is repaired by itself."""

    since: At
    until: At
    by: str
    reason: str


class RepairsShape(Struct, kw_only=True):
    """Whether the watchdog repairs: ``frozen`` null, or who has frozen its repairs."""

    frozen: FreezeShape | None
    position: LogPosition


class BroadcastBrief(Struct, kw_only=True):
    """A message on an agent's screen. ``queue`` and ``agent`` null: it is for everybody."""

    id: str
    sent_at: At
    expires_at: At
    text: str
    queue: str | None
    agent: str | None
    by: str


class BroadcastShape(BroadcastBrief, kw_only=True):
    """A message, and who took it back when."""

    withdrawn_at: At | None
    withdrawn_by: str | None


class BroadcastList(Struct, kw_only=True):
    """The messages of the last day, the newest first."""

    broadcasts: list[BroadcastShape]
    position: LogPosition


def freeze_view(state: State, now: int) -> View | None:
    """The freeze that is in force."""
    freeze = freeze_at(state, now)
    if freeze is None:
        return None
    return {
        "since": freeze.at,
        "until": freeze.until,
        "by": freeze.by,
        "reason": freeze.reason,
    }


def sign_out_view(state: State, agent: str) -> View | None:
    """When a supervisor last signed the agent out."""
    ended = agent_sign_out(state, agent)
    return None if ended is None else {"at": ended.at, "by": ended.by, "reason": ended.reason}


def broadcast_brief(one: Broadcast) -> View:
    """A message for the screens of agents."""
    return {
        "id": one.id,
        "sent_at": one.at,
        "expires_at": one.until,
        "text": one.text,
        "queue": one.queue,
        "agent": one.agent,
        "by": one.by,
    }


def broadcast_view(one: Broadcast) -> View:
    """A message for supervisors."""
    return {
        **broadcast_brief(one),
        "withdrawn_at": one.withdrawn_at or None,
        "withdrawn_by": one.withdrawn_by or None,
    }


def shown_broadcasts(state: State, agent: str, now: int) -> list[View]:
    """What stands on an agent's screen."""
    return [broadcast_brief(one) for one in shown_to(state, agent, now)]


def broadcasts_view(
    engine: Engine, limit: int, sees: Callable[[Broadcast], bool] = lambda _: True
) -> list[View]:
    """The latest messages, the newest first; without those that the asker does not see."""
    newest = [one for one in reversed(engine.state.broadcasts.values()) if sees(one)]
    return [broadcast_view(one) for one in newest[:limit]]


SUPERVISION: Final = (
    Route(
        "POST",
        "/v1/agents/{id}/sign_out",
        "sign_out_agent",
        "End an agent's browser sessions and sockets; work in hand follows the usual grace.",
        SUPERVISE,
        {200: (k.AgentShape, "Done; the agent now.")},
        SignOut,
        (R.UNKNOWN_AGENT, R.NOT_IN_FORMAT),
    ),
    Route(
        "GET",
        "/v1/repairs",
        "get_repairs",
        "Whether the watchdog repairs, or who has frozen its repairs until when.",
        SUPERVISE,
        {200: (RepairsShape, "Found.")},
    ),
    Route(
        "POST",
        "/v1/repairs/freeze",
        "freeze_repairs",
        "Freeze the watchdog's repairs for a time: it finds and tells, and repairs nothing.",
        SUPERVISE,
        {200: (RepairsShape, "Frozen.")},
        Freeze,
        (R.NOT_IN_FORMAT,),
    ),
    Route(
        "POST",
        "/v1/repairs/thaw",
        "thaw_repairs",
        "Let the watchdog repair again.",
        SUPERVISE,
        {200: (RepairsShape, "Done, or not frozen before.")},
        Thaw,
        (R.NOT_IN_FORMAT,),
    ),
    Route(
        "GET",
        "/v1/broadcasts",
        "list_broadcasts",
        "The messages that were sent to agents within the last day, the newest first.",
        SUPERVISE,
        {200: (BroadcastList, "Found.")},
        query=(at_most(LIST_MAX),),
    ),
    Route(
        "POST",
        "/v1/broadcasts",
        "send_broadcast",
        "Tell agents something: everybody, the members of a queue, or one. Ten a minute at most.",
        SUPERVISE,
        {
            201: (BroadcastShape, "Sent."),
            200: (BroadcastShape, "The same, sent before."),
        },
        SendBroadcast,
        (
            R.UNKNOWN_QUEUE,
            R.UNKNOWN_AGENT,
            R.BROADCAST_EXISTS,
            R.TOO_MANY_BROADCASTS,
            R.NOT_IN_FORMAT,
        ),
    ),
    Route(
        "POST",
        "/v1/broadcasts/{id}/withdraw",
        "withdraw_broadcast",
        "Take a message back from every screen.",
        SUPERVISE,
        {200: (BroadcastShape, "Taken back, or before.")},
        refusals=(R.UNKNOWN_BROADCAST, R.NOT_IN_FORMAT),
    ),
)
