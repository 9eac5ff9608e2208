"""A campaign against the decoder: whatever the bytes are, a record or a typed refusal.

``campaign(seed, cases)`` is the whole of it; the test runs a slice, a release runs hundreds of
millions::

    python -c "from tests.codec.fuzz import campaign; print(campaign(seed=1, cases=10_000_000))"
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict
from zlib import crc32

from app.codec.envelope import HEADER_BYTES, seal
from app.codec.errors import Unreadable
from app.codec.events import TABLE, decode, encode
from tests.codec.examples import EXAMPLES, KEY, PREV, WORKSPACE
from tests.codec.older import as_meant, older_records

Case = tuple[str, bytes, bytes]
"""Workspace and key under which it is looked for, and the bytes found there."""

_SOUND = (*(encode(WORKSPACE, KEY, PREV, event) for event in EXAMPLES), *older_records())
_TOKENS = (
    *(b'"', b"{", b"}", b"[", b"]", b",", b":", b"null", b"true", b"1e999", b"NaN", b"-", b"0"),
    *(b" ", b"\\", b"\\ud800", b"\x00", b"\xff", b'"ws":"main",', b'"at":1,', b"9" * 25, b".0"),
)
_VALUES: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    2**70,
    0.5,
    "",
    "main",
    "anna",
    [],
    {},
    ["a"],
    {"a": {"a": [1]}},
)


def campaign(seed: int, cases: int) -> Counter[str]:
    """Try ``cases`` pieces of bad luck; counts of "mutation: outcome". Raises AssertionError."""
    chance = random.Random(seed)
    seen: Counter[str] = Counter()
    mutations = tuple(_MUTATIONS.items())
    for number in range(cases):
        name, mutate = chance.choice(mutations)
        case = mutate(chance)
        try:
            outcome = _outcome(*case)
        except BaseException as error:
            raise AssertionError(f"seed {seed}, case {number}, {name}: {case!r}") from error
        seen[f"{name}: {outcome}"] += 1
    return seen


def _outcome(workspace: str, key: bytes, record: bytes) -> str:
    try:
        event, prev = decode(workspace, key, record)
    except Unreadable as refused:
        return type(refused).__name__
    # Accepted: then an independent reading of the very same bytes says the same.
    said = json.loads(record[HEADER_BYTES:])
    kind, schema = int.from_bytes(record[4:6], "big"), int.from_bytes(record[6:8], "big")
    assert key == KEY and said.pop("ws") == workspace
    assert as_meant(kind, schema, said) == asdict(event) and prev == record[12:20]
    assert TABLE.by_type[type(event)].number == kind
    return "read" if schema == TABLE.by_number[kind].schema else "read as it was meant"


def _random_bytes(chance: random.Random) -> Case:
    start = chance.choice((b"", b"IL", b"IL\x01", b"IL\x01\x00\x00\x13\x00\x01"))
    return WORKSPACE, KEY, start + chance.randbytes(chance.randrange(200))


def _flipped_bits(chance: random.Random) -> Case:
    record = bytearray(chance.choice(_SOUND))
    for bit in chance.sample(range(len(record) * 8), chance.randint(1, 3)):
        record[bit // 8] ^= 1 << bit % 8
    return WORKSPACE, KEY, bytes(record)


def _cut(chance: random.Random) -> Case:
    record = chance.choice(_SOUND)
    return WORKSPACE, KEY, record[: chance.randrange(len(record))]


def _joined(chance: random.Random) -> Case:
    return WORKSPACE, KEY, chance.choice(_SOUND) + chance.choice(_SOUND)


def _other_key(chance: random.Random) -> Case:
    key = chance.choice((b"{other}:log", b"{main}:snapshot:1", b"", chance.randbytes(10)))
    return WORKSPACE, key, chance.choice(_SOUND)


def _other_workspace(chance: random.Random) -> Case:
    return chance.choice(("other", "", "Main", "main ")), KEY, chance.choice(_SOUND)


def _resealed(
    record: bytes, body: bytes, kind: int | None = None, schema: int | None = None
) -> Case:
    kind = int.from_bytes(record[4:6], "big") if kind is None else kind
    schema = int.from_bytes(record[6:8], "big") if schema is None else schema
    return WORKSPACE, KEY, seal(KEY, kind, schema, PREV, body)


def _other_schema(chance: random.Random) -> Case:
    record = chance.choice(_SOUND)
    own = int.from_bytes(record[6:8], "big")
    schema = chance.choice([other for other in (0, 1, 2, 3, 4, 0xFFFF) if other != own])
    return _resealed(record, record[HEADER_BYTES:], schema=schema)


def _other_kind(chance: random.Random) -> Case:
    record = chance.choice(_SOUND)
    return _resealed(record, record[HEADER_BYTES:], kind=chance.randrange(48))


def _other_envelope(chance: random.Random) -> Case:
    record = bytearray(chance.choice(_SOUND))
    record[chance.choice((2, 3))] = chance.randrange(2, 256)
    record[20:24] = crc32(KEY + record[:20] + record[24:]).to_bytes(4, "big")
    return WORKSPACE, KEY, bytes(record)


def _edited_text(chance: random.Random) -> Case:
    record = chance.choice(_SOUND)
    body = bytearray(record[HEADER_BYTES:])
    for _ in range(chance.randint(1, 2)):
        start = chance.randrange(len(body) + 1)
        end = start + chance.choice((0, 0, 1, 1, 3, 20))
        body[start:end] = chance.choice((b"", *_TOKENS, bytes(body[start - 5 : start + 5])))
    return _resealed(record, bytes(body))


def _edited_fields(chance: random.Random) -> Case:
    record = chance.choice(_SOUND)
    said = json.loads(record[HEADER_BYTES:])
    inside = chance.choice([said, *(value for value in said.values() if isinstance(value, dict))])
    name = chance.choice(list(inside) or ["new"])
    match chance.randrange(4):
        case 0:
            inside.pop(name, None)
        case 1:
            inside[name + chance.choice(("", "2"))] = chance.choice(_VALUES)
        case 2:
            inside[name] = deepcopy(chance.choice(list(said.values())))
        case _:
            said = dict(chance.sample(list(said.items()), len(said)))
    return _resealed(record, json.dumps(said).encode())


_MUTATIONS: dict[str, Callable[[random.Random], Case]] = {
    "random bytes": _random_bytes,
    "flipped bits": _flipped_bits,
    "cut": _cut,
    "joined": _joined,
    "other key": _other_key,
    "other workspace": _other_workspace,
    "other schema": _other_schema,
    "other kind": _other_kind,
    "other envelope": _other_envelope,
    "edited text": _edited_text,
    "edited fields": _edited_fields,
}
