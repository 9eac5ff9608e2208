"""The envelope around everything stored: what the bytes are, and that they are whole and in place.

Knows no body and no event. A released layout MUST NOT change: a new one gets a new
``ENVELOPE_VERSION``, and every older one stays readable.

24 bytes, big-endian, then the body::

    magic 2 | envelope version 1 | flags 1 | record type 2 | schema version 2 | body length 4
    hash of the record before 8 | checksum 4

The checksum covers key name, header and body. CRC-32 is linear, so a record found under another key
is refused for certain unless the two *names* have the same CRC-32, and so is any damage within 32
bits. It guards against accidents, not against forgers.
"""

from __future__ import annotations

import hashlib
import struct
from typing import NamedTuple
from zlib import crc32

from app.codec.errors import DamagedRecord, NotARecord, UnknownEnvelope

MAGIC = b"IL"
ENVELOPE_VERSION = 1
FIRST_DERIVED_KIND = 0x8000
"""Types below are log events, from here on derived data (snapshots): never read for each other."""

HASH_BYTES = 8
NO_RECORD = bytes(HASH_BYTES)
"""``prev`` of the first record of a log, and of every record that is in no log."""

_FLAGS = 0
_COVERED = struct.Struct(">2sBBHHI8s")
_HEADER = struct.Struct(_COVERED.format + "I")
HEADER_BYTES = _HEADER.size


class Opened(NamedTuple):
    """A whole record in its right place. Its body is still unread."""

    kind: int
    schema: int
    prev: bytes
    body: bytes


def seal(key: bytes, kind: int, schema: int, prev: bytes, body: bytes) -> bytes:
    """Put ``body`` into an envelope that opens under ``key`` only.

    Raises ValueError for numbers and lengths that do not fit into the header.
    """
    if len(prev) != HASH_BYTES:
        raise ValueError(f"prev must have {HASH_BYTES} bytes, not {len(prev)}")
    try:
        covered = _COVERED.pack(MAGIC, ENVELOPE_VERSION, _FLAGS, kind, schema, len(body), prev)
    except struct.error as error:
        raise ValueError(f"does not fit into the header: {error}") from None
    return covered + crc32(body, crc32(key + covered)).to_bytes(4, "big") + body


def open_(key: bytes, record: bytes) -> Opened:
    """Take a record that was found under ``key`` out of its envelope.

    Raises NotARecord, UnknownEnvelope, DamagedRecord.
    """
    if len(record) < HEADER_BYTES:
        problem = DamagedRecord if record.startswith(MAGIC) else NotARecord
        raise problem(f"{len(record)} bytes; the header alone has {HEADER_BYTES}")
    magic, version, flags, kind, schema, length, prev, checksum = _HEADER.unpack_from(record)
    if magic != MAGIC:
        raise NotARecord(f"does not begin with {MAGIC!r}")
    if version != ENVELOPE_VERSION:
        raise UnknownEnvelope(f"envelope version {version}; this build reads {ENVELOPE_VERSION}")
    body = record[HEADER_BYTES:]
    if length != len(body):
        raise DamagedRecord(f"body has {len(body)} bytes, the header says {length}")
    if checksum != crc32(body, crc32(key + record[: _COVERED.size])):
        raise DamagedRecord("checksum is wrong: changed, or stored under another key")
    if flags != _FLAGS:
        raise UnknownEnvelope(f"flags {flags:#04x} are unknown to this build")
    return Opened(kind, schema, prev, body)


def record_hash(record: bytes) -> bytes:
    """What the next record of the log carries as ``prev``."""
    return hashlib.blake2b(record, digest_size=HASH_BYTES).digest()


def previous_hash(record: bytes) -> bytes:
    """``prev`` of a record that was opened, or made here, before."""
    return record[_COVERED.size - HASH_BYTES : _COVERED.size]
