"""The record types of the log, and one event to and from one record.

Numbers are never reused. A field that is added, removed, renamed or given another meaning, in an
event or in anything it contains, is a new schema version here plus an upcaster from the one before;
the committed ``tests/golden/records`` hold every released version to that. MUST NOT hold rules of
offering.

``encode`` reads every record back before it returns it: what cannot be read is not written.
"""

from __future__ import annotations

from typing import cast

from app.codec.body import beyond_limits, difference, read_exact, write_body
from app.codec.envelope import Opened, open_, seal
from app.codec.errors import Unreadable, WriteVerifyFailed
from app.codec.table import EventTable, Kind
from app.codec.upcasters import UPCASTERS
from app.domain import events
from app.domain.events import Event

TABLE = EventTable(
    (
        Kind(1, 1, events.WorkspaceOpened),
        Kind(2, 1, events.EpochOpened),
        Kind(3, 1, events.DeadlinesExtended),
        Kind(4, 2, events.QueueConfigured),
        Kind(5, 1, events.QueueRemoved),
        Kind(6, 1, events.QueueStatusChanged),
        Kind(7, 2, events.AgentConfigured),
        Kind(8, 1, events.AgentRemoved),
        Kind(9, 2, events.PresenceChanged),
        Kind(10, 1, events.ConnectionChanged),
        Kind(11, 1, events.ConversationEntered),
        Kind(12, 2, events.ConversationMoved),
        Kind(13, 1, events.ConversationRequeued),
        Kind(14, 1, events.ConversationPrioritized),
        Kind(15, 1, events.ConversationAssigned),
        Kind(16, 1, events.ConversationWrapping),
        Kind(17, 2, events.ConversationEnded),
        Kind(18, 1, events.ConversationsForgotten),
        Kind(19, 1, events.OfferMade),
        Kind(20, 1, events.OfferDelivered),
        Kind(21, 1, events.OfferSeen),
        Kind(22, 2, events.OfferEnded),
        Kind(23, 1, events.KeyCreated),
        Kind(24, 1, events.KeyRevoked),
        Kind(25, 1, events.PresenceConfigured),
        Kind(26, 1, events.PresenceRemoved),
        Kind(27, 1, events.PresencePlanned),
        Kind(28, 1, events.QueueHoursChanged),
        Kind(29, 1, events.ConversationActive),
        Kind(30, 1, events.ConversationIdled),
        Kind(31, 1, events.ConversationWoke),
        Kind(32, 1, events.ConversationNotified),
        Kind(33, 1, events.ConversationQuarantined),
        Kind(34, 1, events.StateWitnessed),
        Kind(35, 1, events.FormatFinalized),
        Kind(36, 1, events.IncidentOpened),
        Kind(37, 1, events.IncidentNoted),
        Kind(38, 1, events.IncidentResolved),
        Kind(39, 1, events.CapacityCorrected),
    ),
    UPCASTERS,
)


def encode(
    workspace: str, key: bytes, prev: bytes, event: Event, table: EventTable = TABLE
) -> bytes:
    """The record of ``event`` for the log under ``key``, after the record whose hash is ``prev``.

    Raises WriteVerifyFailed when the event would not come back exactly as it is.
    """
    name = type(event).__name__
    kind = table.by_type.get(type(event))
    if kind is None:
        raise WriteVerifyFailed(name, "it has no record type")
    try:
        body = write_body(workspace, event)
        reason = beyond_limits(body)
        record = seal(key, kind.number, kind.schema, prev, body)
        again = open_(key, record)
    except (ValueError, TypeError, RecursionError, Unreadable) as error:
        raise WriteVerifyFailed(name, str(error)) from None
    if reason:
        raise WriteVerifyFailed(name, reason)
    if again != (kind.number, kind.schema, prev, body):
        raise WriteVerifyFailed(name, "its envelope came back different")
    if read_exact(workspace, again.body, kind.event_type) != event:
        raise WriteVerifyFailed(name, _what_changed(workspace, again, event, table))
    return record


def decode(
    workspace: str, key: bytes, record: bytes, table: EventTable = TABLE
) -> tuple[Event, bytes]:
    """The event in a record found under ``key``, and the hash of the record before it.

    Raises Unreadable, whatever the bytes are.
    """
    opened = open_(key, record)
    return cast(Event, table.read(workspace, opened)), opened.prev


def _what_changed(workspace: str, again: Opened, event: Event, table: EventTable) -> str:
    try:
        back = table.read(workspace, again)
    except Unreadable as error:
        return str(error)
    return difference(event, back)
