"""A sample of the day comes back as it was written, in its own place, or not at all."""

from __future__ import annotations

import zlib

import msgspec
import pytest

from app.codec.envelope import NO_RECORD, seal
from app.codec.errors import BadBody, Unreadable
from app.codec.samples import SAMPLE, read_sample, write_sample
from app.domain.samples import AGENT_STATES, FIGURES, Sample

AT = 1_800_000_000_000
SEEN = Sample(AT, {"": [1, 2, 3, 4, 5, 6, 7]}, [1, 0, 2, 0, 9])


def test_it_comes_back() -> None:
    quarter = Sample(AT, {f"q{number}": [number] * len(FIGURES) for number in range(300)})
    for sample in (SEEN, quarter, Sample(AT, {})):
        assert read_sample("w", "minutes", AT, write_sample("w", "minutes", sample)) == sample


def test_another_place_and_every_changed_byte_are_refused() -> None:
    record = write_sample("w", "minutes", SEEN)
    for place in (("v", "minutes", AT), ("w", "quarters", AT), ("w", "minutes", AT + 60_000)):
        with pytest.raises(Unreadable):
            read_sample(*place, record)
    for index in range(len(record)):
        changed = bytearray(record)
        changed[index] ^= 0x41
        with pytest.raises(Unreadable):
            read_sample("w", "minutes", AT, bytes(changed))
    for length in range(len(record)):
        with pytest.raises(Unreadable):
            read_sample("w", "minutes", AT, record[:length])


def sealed(body: object) -> bytes:
    packed = zlib.compress(msgspec.json.encode(body))
    return seal(f"{{w}}:chronicle:minutes:{AT}".encode(), SAMPLE, 1, NO_RECORD, packed)


def test_figures_are_known_by_their_names() -> None:
    """A build that counts more, in another order, is read as far as it is known."""
    names = ["later", *reversed(FIGURES)]
    body = {
        "ws": "w",
        "at": AT,
        "figures": names,
        "rows": {"": [9, 7, 6, 5, 4, 3, 2, 1]},
        "states": [*AGENT_STATES, "dreaming"],
        "agents": [1, 0, 2, 0, 9, 4],
    }
    assert read_sample("w", "minutes", AT, sealed(body)) == SEEN
    for wrong in ({"figures": names[:3]}, {"rows": {"": [1]}}, {"at": 5}, {"rows": 3}, {"ws": "v"}):
        with pytest.raises(Unreadable):
            read_sample("w", "minutes", AT, sealed({**body, **wrong}))


def test_what_is_no_sample_is_a_bad_body() -> None:
    key = f"{{w}}:chronicle:minutes:{AT}".encode()
    for body in (b"", b"not packed", zlib.compress(b"{"), zlib.compress(b"[" * 100_000)):
        with pytest.raises(BadBody):
            read_sample("w", "minutes", AT, seal(key, SAMPLE, 1, NO_RECORD, body))
