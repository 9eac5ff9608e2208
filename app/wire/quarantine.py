"""What was set aside, as answered: the items, and the two things a person may do with one.

MUST NOT hold behaviour.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from app.domain.engine import Engine
from app.domain.state import Conversation
from app.wire import bodies as b
from app.wire.codes import Problem as P
from app.wire.reserved import is_reserved
from app.wire.route import SUPERVISE, Route
from app.wire.shapes import At


class QuarantineItem(Struct, kw_only=True):
    """One conversation that waits and is not offered. ``id`` is that of the conversation."""

    id: str
    queue: str
    channel: str
    enqueued_at: At
    at: At
    reason: str
    evidence: str
    by: str


class QuarantineList(Struct, kw_only=True):
    """All of them, the oldest first."""

    items: list[QuarantineItem]
    position: str


def quarantine_view(engine: Engine) -> dict[str, Any]:
    """What is set aside now."""
    aside = [one for one in engine.state.conversations.values() if one.quarantine is not None]
    aside = [one for one in aside if not is_reserved(one.queue)]
    return {"items": [_item(conversation) for conversation in aside]}


def _item(conversation: Conversation) -> dict[str, Any]:
    why = conversation.quarantine
    assert why is not None
    return {
        "id": conversation.id,
        "queue": conversation.queue,
        "channel": conversation.channel,
        "enqueued_at": conversation.enqueued_at,
        "at": why.at,
        "reason": why.reason,
        "evidence": why.evidence,
        "by": why.by,
    }


QUARANTINE: Final = (
    Route(
        "GET",
        "/v1/quarantine",
        "list_quarantine",
        "Conversations that were set aside, each with its reason.",
        SUPERVISE,
        {200: (QuarantineList, "Found.")},
    ),
    Route(
        "POST",
        "/v1/quarantine/{id}/requeue",
        "requeue_quarantined",
        "Put one back into its place in line.",
        SUPERVISE,
        {204: (None, "It waits to be offered.")},
        b.Requeue,
        (P.NOT_FOUND,),
    ),
    Route(
        "POST",
        "/v1/quarantine/{id}/discard",
        "discard_quarantined",
        "End one as canceled.",
        SUPERVISE,
        {204: (None, "It is over.")},
        b.Requeue,
        (P.NOT_FOUND,),
    ),
)
