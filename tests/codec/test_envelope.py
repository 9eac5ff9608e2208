"""The envelope: opens under its own key, whole, or not at all."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.codec.envelope import (
    FIRST_DERIVED_KIND,
    HEADER_BYTES,
    NO_RECORD,
    Opened,
    open_,
    record_hash,
    seal,
)
from app.codec.errors import DamagedRecord, NotARecord, UnknownEnvelope
from tests.codec.examples import KEY, PREV

RECORD = seal(KEY, 19, 1, PREV, b'{"body":1}')
U16 = st.integers(0, 0xFFFF)


def resealed(record: bytes, at: int, value: int) -> bytes:
    """The record with one header byte changed and the checksum made to agree."""
    covered = bytearray(record[:20])
    covered[at] = value
    checksum = zlib.crc32(KEY + bytes(covered) + record[HEADER_BYTES:])
    return bytes(covered) + checksum.to_bytes(4, "big") + record[HEADER_BYTES:]


@given(
    key=st.binary(max_size=40),
    kind=U16,
    schema=U16,
    prev=st.binary(min_size=8, max_size=8),
    body=st.binary(max_size=400),
)
def test_what_is_sealed_is_opened(
    key: bytes, kind: int, schema: int, prev: bytes, body: bytes
) -> None:
    assert open_(key, seal(key, kind, schema, prev, body)) == (kind, schema, prev, body)


def test_the_layout_is_the_documented_one() -> None:
    assert HEADER_BYTES == 24
    assert RECORD[:20] == b"IL" + bytes([1, 0, 0, 19, 0, 1, 0, 0, 0, 10]) + PREV
    assert RECORD[20:24] == zlib.crc32(KEY + RECORD[:20] + b'{"body":1}').to_bytes(4, "big")
    assert open_(KEY, RECORD) == Opened(19, 1, PREV, b'{"body":1}')


def test_derived_data_uses_the_same_envelope() -> None:
    snapshot = seal(b"{main}:snapshot:1", FIRST_DERIVED_KIND, 1, NO_RECORD, bytes(100_000))
    assert open_(b"{main}:snapshot:1", snapshot).kind == FIRST_DERIVED_KIND


@pytest.mark.parametrize("key", [b"{mai}:log", b"{main}:lo", b"{nain}:log", b"", b"{main}:log2"])
def test_another_key_does_not_open_it(key: bytes) -> None:
    with pytest.raises(DamagedRecord):
        open_(key, RECORD)


def test_no_single_flipped_bit_goes_unnoticed() -> None:
    for bit in range(len(RECORD) * 8):
        flipped = bytearray(RECORD)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises((NotARecord, UnknownEnvelope, DamagedRecord)):
            open_(KEY, bytes(flipped))


@pytest.mark.parametrize("length", range(len(RECORD)))
def test_a_cut_record_is_refused(length: int) -> None:
    with pytest.raises(DamagedRecord if length >= 2 else NotARecord):
        open_(KEY, RECORD[:length])


def test_a_longer_record_is_refused() -> None:
    with pytest.raises(DamagedRecord, match="11 bytes, the header says 10"):
        open_(KEY, RECORD + b"\0")


def test_other_bytes_are_no_record() -> None:
    with pytest.raises(NotARecord):
        open_(KEY, b"\x80\x04\x95" + bytes(50))


@pytest.mark.parametrize("version", [0, 2, 255])
def test_another_envelope_version_is_named_so(version: int) -> None:
    with pytest.raises(UnknownEnvelope):
        open_(KEY, resealed(RECORD, 2, version))


def test_a_flag_of_the_future_is_not_ignored() -> None:
    with pytest.raises(UnknownEnvelope):
        open_(KEY, resealed(RECORD, 3, 1))


@pytest.mark.parametrize(
    ("kind", "schema", "prev"),
    [(-1, 1, PREV), (0x10000, 1, PREV), (1, 0x10000, PREV), (1, 1, PREV[:7]), (1, 1, PREV + b"0")],
)
def test_what_does_not_fit_is_refused(kind: int, schema: int, prev: bytes) -> None:
    with pytest.raises(ValueError, match=r"header|bytes"):
        seal(KEY, kind, schema, prev, b"{}")


def test_the_hash_covers_every_byte() -> None:
    assert len(record_hash(RECORD)) == 8
    flipped = {bytes([*RECORD[:i], RECORD[i] ^ 1, *RECORD[i + 1 :]]) for i in range(len(RECORD))}
    assert len({record_hash(record) for record in flipped | {RECORD}}) == len(RECORD) + 1
