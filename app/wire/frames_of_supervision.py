"""The supervisors' frames that are about people and the watchdog: the HTTP actions by name.

MUST NOT differ from the bodies of the same actions (``supervision``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from app.domain import commands as c
from app.wire import supervision
from app.wire.fields import Id, Ref


class SignOutAgent(supervision.SignOut, tag="sign_out_agent", kw_only=True):
    """See the HTTP action."""

    ref: Ref
    agent: Id


class FreezeRepairs(supervision.Freeze, tag="freeze_repairs", kw_only=True):
    """See the HTTP action."""

    ref: Ref


class ThawRepairs(supervision.Thaw, tag="thaw_repairs", kw_only=True):
    """See the HTTP action."""

    ref: Ref


class SendBroadcast(supervision.SendBroadcast, tag="broadcast", kw_only=True):
    """See the HTTP action."""

    ref: Ref


class WithdrawBroadcast(Struct, tag="withdraw_broadcast", kw_only=True, forbid_unknown_fields=True):
    """See the HTTP action."""

    ref: Ref
    broadcast: Id


COMMANDS: Final[dict[type, Callable[[Any, Any, str], c.Command]]] = {
    SignOutAgent: lambda f, _, by: f.command(f.agent, by),
    FreezeRepairs: lambda f, _, by: f.command(by),
    ThawRepairs: lambda f, _, by: f.command(by),
    SendBroadcast: lambda f, _, by: f.command(by),
    WithdrawBroadcast: lambda f, _, by: supervision.withdraw(f.broadcast, by),
}
"""Frame -> its command, given (frame, agent, actor)."""
