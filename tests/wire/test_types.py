"""The types themselves: no open ends for strangers, and nothing that the library cannot bear."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from msgspec import inspect as m

from app.wire import board_shapes, config_shapes, frames, server_frames, supervision
from app.wire.bodies import (
    Acknowledge,
    Activity,
    Assign,
    Cancel,
    Close,
    ConversationBody,
    KeyBody,
    KeyLimits,
    Membership,
    Move,
    Prioritize,
    QueueSwitch,
    Release,
    Requeue,
    Rotation,
    SessionBody,
    SetPresence,
    TicketBody,
    Undo,
)
from app.wire.format import Finalize
from app.wire.routes import ROUTES
from app.wire.settings import AgentBody, PresenceBody, QueueBody
from app.wire.users import PasswordBody, UserBody

BODIES = (
    Acknowledge,
    Activity,
    Assign,
    Cancel,
    Close,
    ConversationBody,
    Finalize,
    KeyBody,
    KeyLimits,
    Membership,
    Move,
    Prioritize,
    QueueSwitch,
    Release,
    Requeue,
    Rotation,
    SessionBody,
    SetPresence,
    TicketBody,
    Undo,
    PasswordBody,
    UserBody,
    supervision.Freeze,
    supervision.SendBroadcast,
    supervision.SignOut,
    supervision.Thaw,
    QueueBody,
    AgentBody,
    PresenceBody,
)
FRAMES = (frames.Hello, *get_args(frames.AgentFrame), *get_args(frames.SupervisorFrame))
SHAPES = (
    config_shapes.QueuePut,
    config_shapes.AgentPut,
    config_shapes.PresencePut,
    board_shapes.Board,
    *server_frames.AGENT_PUSHES,
    *server_frames.SUPERVISOR_PUSHES,
)


def parts(kind: m.Type) -> Iterator[m.Type]:
    """Yield a type and all that it is made of."""
    yield kind
    if isinstance(kind, m.Metadata):
        yield from parts(kind.type)
    elif isinstance(kind, m.UnionType):
        for one in kind.types:
            yield from parts(one)
    elif isinstance(kind, m.StructType):
        for field in kind.fields:
            yield from parts(field.type)
    elif isinstance(kind, m.DictType):
        yield from parts(kind.key_type)
        yield from parts(kind.value_type)
    elif isinstance(kind, m.ListType):
        yield from parts(kind.item_type)


def bare(kind: m.Type) -> m.Type:
    return bare(kind.type) if isinstance(kind, m.Metadata) else kind


@pytest.mark.parametrize("cls", (*BODIES, *FRAMES, *SHAPES), ids=lambda cls: cls.__name__)
def test_no_pattern_shares_a_union_with_a_container(cls: Any) -> None:
    """msgspec 0.22 frees the pattern twice, and the process dies at some later time."""
    for union in parts(m.type_info(cls)):
        if isinstance(union, m.UnionType):
            members = [bare(one) for one in union.types]
            patterned = [one for one in members if isinstance(one, m.StrType) and one.pattern]
            containers = [one for one in members if isinstance(one, m.DictType | m.ListType)]
            assert not (patterned and containers), union


def test_every_body_is_in_the_table() -> None:
    served = {route.body for route in ROUTES if route.body is not None}
    assert served == set(BODIES)


@pytest.mark.parametrize("cls", (*BODIES, *FRAMES), ids=lambda cls: cls.__name__)
def test_what_strangers_send_is_closed_and_bounded(cls: Any) -> None:
    for part in parts(m.type_info(cls)):
        if isinstance(part, m.StructType):
            assert part.forbid_unknown_fields, part.cls
        elif isinstance(part, m.IntType | m.FloatType):
            assert part.ge is not None and part.le is not None, cls
