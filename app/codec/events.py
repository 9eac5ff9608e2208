"""The record types of the log, and one event to and from one record.

Numbers are never reused. A field that is added, removed, renamed or given another meaning, in an
event or in anything it contains, is a new schema version here plus an upcaster from the one before;
the committed ``tests/golden/records`` hold every released version to that. MUST NOT hold rules of
offering.

``encode`` reads every record back before it returns it: what cannot be read is not written, and
neither is what the format in force has no words for.
"""

from __future__ import annotations

from typing import cast

from app.codec.body import beyond_limits, difference, read_exact, write_body
from app.codec.downcasters import DOWNCASTERS
from app.codec.envelope import Opened, open_, seal
from app.codec.errors import NotInFormat, Unreadable, WriteVerifyFailed
from app.codec.formats import FORMATS, WRITES
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
        Kind(16, 2, events.ConversationWrapping),
        Kind(17, 3, events.ConversationEnded),
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
        Kind(40, 1, events.LoginEnded),
        Kind(41, 1, events.AgentSignedOut),
        Kind(42, 1, events.RepairsFrozen),
        Kind(43, 1, events.RepairsThawed),
        Kind(44, 1, events.BroadcastSent),
        Kind(45, 1, events.BroadcastWithdrawn),
        Kind(46, 1, events.ConfigExplained),
        Kind(47, 1, events.KeyLimited),
        Kind(48, 1, events.KeyRotated),
        Kind(49, 1, events.OriginNoted),
    ),
    UPCASTERS,
    DOWNCASTERS,
)


def encode(
    workspace: str,
    key: bytes,
    prev: bytes,
    event: Event,
    table: EventTable = TABLE,
    in_format: int | None = None,
) -> bytes:
    """The record of ``event`` for the log under ``key``, after the record whose hash is ``prev``.

    It is written as the stored format ``in_format`` has it (None: in its newest version). Raises
    WriteVerifyFailed when the event would not come back exactly as it is, NotInFormat when that
    format cannot say it.
    """
    name = type(event).__name__
    kind = table.by_type.get(type(event))
    if kind is None:
        raise WriteVerifyFailed(name, "it has no record type")
    schema = kind.schema if in_format is None else _schema_in(in_format, kind)
    try:
        said = event if schema == kind.schema else table.say(event, schema)
        body = write_body(workspace, said)
        reason = beyond_limits(body)
        record = seal(key, kind.number, schema, prev, body)
        again = open_(key, record)
    except (ValueError, TypeError, RecursionError, Unreadable) as error:
        raise WriteVerifyFailed(name, str(error)) from None
    if reason:
        raise WriteVerifyFailed(name, reason)
    if again != (kind.number, schema, prev, body):
        raise WriteVerifyFailed(name, "its envelope came back different")
    if not _comes_back(workspace, again, event, table):
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


def _schema_in(in_format: int, kind: Kind) -> int:
    """The version of a record type that a format has. Raises NotInFormat."""
    name = kind.event_type.__name__
    if in_format not in WRITES:
        raise NotInFormat(name, f"this build does not write stored format {in_format}")
    schema = FORMATS[in_format].records.get(kind.number)
    if schema is None:
        raise NotInFormat(name, f"stored format {in_format} has no such record type")
    return schema


def _comes_back(workspace: str, again: Opened, event: Event, table: EventTable) -> bool:
    """Whether a record says the event, to the last digit, to whoever reads it."""
    kind = table.by_number[again.kind]
    if again.schema == kind.schema:
        return bool(read_exact(workspace, again.body, kind.event_type) == event)
    try:
        back = table.read(workspace, again)
    except Unreadable:
        return False
    # 80 equals 80.0, and is not the same bytes.
    return bool(back == event and write_body(workspace, back) == write_body(workspace, event))


def _what_changed(workspace: str, again: Opened, event: Event, table: EventTable) -> str:
    try:
        back = table.read(workspace, again)
    except Unreadable as error:
        return str(error)
    return difference(event, back)
