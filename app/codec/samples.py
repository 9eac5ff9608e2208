"""Samples of the day as they are stored: sealed to the series and instant they are of.

Figures are stored with their names, so that a build that counts more, or in another order, reads
what it knows. MUST be read back as written or not at all: one that cannot be read is a gap, never
a guess.
"""

from __future__ import annotations

import zlib
from typing import Final

import msgspec

from app.codec.envelope import NO_RECORD, open_, seal
from app.codec.errors import BadBody, UnknownKind, UnknownSchema, WrongIdentity
from app.domain.samples import AGENT_STATES, FIGURES, Sample

SAMPLE: Final = 0x8004
SCHEMA: Final = 1
BODY_BYTES_MAX: Final = 64_000_000


class _Body(msgspec.Struct):
    ws: str
    at: int
    figures: list[str]
    rows: dict[str, list[int]]
    states: list[str]
    agents: list[int]


def write_sample(workspace: str, series: str, sample: Sample) -> bytes:
    """The record of a sample."""
    states = [*AGENT_STATES] if sample.agents else []
    body = _Body(workspace, sample.at, [*FIGURES], sample.rows, states, sample.agents)
    packed = zlib.compress(msgspec.json.encode(body), 1)
    return seal(_key(workspace, series, sample.at), SAMPLE, SCHEMA, NO_RECORD, packed)


def read_sample(workspace: str, series: str, at: int, record: bytes) -> Sample:
    """The sample in a record that was found at ``at``. Raises Unreadable."""
    opened = open_(_key(workspace, series, at), record)
    if opened.kind != SAMPLE:
        raise UnknownKind(opened.kind)
    if opened.schema != SCHEMA:
        raise UnknownSchema(opened.kind, opened.schema, SCHEMA)
    try:
        unpacking = zlib.decompressobj()
        plain = unpacking.decompress(opened.body, BODY_BYTES_MAX)
        body = msgspec.json.decode(plain, type=_Body)
        if body.ws != workspace:
            raise WrongIdentity(body.ws, workspace)
        rows = {id_: _picked(row, body.figures, FIGURES) for id_, row in body.rows.items()}
        agents = _picked(body.agents, body.states, AGENT_STATES) if body.agents else []
    except (zlib.error, ValueError, RecursionError, LookupError) as error:
        raise BadBody(f"not a sample: {error!r}") from None
    if body.at != at:
        raise BadBody(f"of {body.at}, stored at {at}")
    return Sample(at, rows, agents)


def _picked(values: list[int], names: list[str], wanted: tuple[str, ...]) -> list[int]:
    """The wanted ones, in our order. Raises LookupError, ValueError."""
    if names == [*wanted] and len(values) == len(names):
        return values
    known = dict(zip(names, values, strict=True))
    return [known[name] for name in wanted]


def _key(workspace: str, series: str, at: int) -> bytes:
    return f"{{{workspace}}}:chronicle:{series}:{at}".encode()
