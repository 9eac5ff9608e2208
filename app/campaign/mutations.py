"""Bad luck for stored records: what a decoder may be handed instead of what was written.

Each function takes a source of chance and sound records, and returns where a reader looks and the
bytes that it finds there. MUST NOT know what is right: that is the campaign's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from random import Random
from typing import Final
from zlib import crc32

from app.codec.envelope import HEADER_BYTES, seal

WORKSPACE: Final = "main"
KEY: Final = b"{main}:log"
PREV: Final = bytes.fromhex("0123456789abcdef")

Case = tuple[str, bytes, bytes]
"""Workspace and key under which it is looked for, and the bytes found there."""
Sound = Sequence[bytes]

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


def kind_and_schema(record: bytes) -> tuple[int, int]:
    """What the header says that it is."""
    return int.from_bytes(record[4:6], "big"), int.from_bytes(record[6:8], "big")


def random_bytes(chance: Random, sound: Sound) -> Case:
    """Noise, some of it behind a good beginning."""
    start = chance.choice((b"", b"IL", b"IL\x01", b"IL\x01\x00\x00\x13\x00\x01"))
    return WORKSPACE, KEY, start + chance.randbytes(chance.randrange(200))


def flipped_bits(chance: Random, sound: Sound) -> Case:
    """One to three bits are the other way round."""
    record = bytearray(chance.choice(sound))
    for bit in chance.sample(range(len(record) * 8), chance.randint(1, 3)):
        record[bit // 8] ^= 1 << bit % 8
    return WORKSPACE, KEY, bytes(record)


def cut(chance: Random, sound: Sound) -> Case:
    """The end is missing."""
    record = chance.choice(sound)
    return WORKSPACE, KEY, record[: chance.randrange(len(record))]


def joined(chance: Random, sound: Sound) -> Case:
    """Two in one."""
    return WORKSPACE, KEY, chance.choice(sound) + chance.choice(sound)


def other_key(chance: Random, sound: Sound) -> Case:
    """A whole record, found under another name."""
    key = chance.choice((b"{other}:log", b"{main}:snapshot:1", b"", chance.randbytes(10)))
    return WORKSPACE, key, chance.choice(sound)


def other_workspace(chance: Random, sound: Sound) -> Case:
    """A whole record of somebody else."""
    return chance.choice(("other", "", "Main", "main ")), KEY, chance.choice(sound)


def _resealed(
    record: bytes, body: bytes, kind: int | None = None, schema: int | None = None
) -> Case:
    own_kind, own_schema = kind_and_schema(record)
    kind = own_kind if kind is None else kind
    schema = own_schema if schema is None else schema
    return WORKSPACE, KEY, seal(KEY, kind, schema, PREV, body)


def other_schema(chance: Random, sound: Sound) -> Case:
    """A version that it is not."""
    record = chance.choice(sound)
    own = kind_and_schema(record)[1]
    schema = chance.choice([other for other in (0, 1, 2, 3, 4, 0xFFFF) if other != own])
    return _resealed(record, record[HEADER_BYTES:], schema=schema)


def other_kind(chance: Random, sound: Sound) -> Case:
    """A record type that it is not."""
    record = chance.choice(sound)
    return _resealed(record, record[HEADER_BYTES:], kind=chance.randrange(48))


def other_envelope(chance: Random, sound: Sound) -> Case:
    """An envelope of the future, whole by its own lights."""
    record = bytearray(chance.choice(sound))
    record[chance.choice((2, 3))] = chance.randrange(2, 256)
    record[20:24] = crc32(KEY + record[:20] + record[24:]).to_bytes(4, "big")
    return WORKSPACE, KEY, bytes(record)


def edited_text(chance: Random, sound: Sound) -> Case:
    """A body that somebody edited by hand, sealed again."""
    record = chance.choice(sound)
    body = bytearray(record[HEADER_BYTES:])
    for _ in range(chance.randint(1, 2)):
        start = chance.randrange(len(body) + 1)
        end = start + chance.choice((0, 0, 1, 1, 3, 20))
        body[start:end] = chance.choice((b"", *_TOKENS, bytes(body[start - 5 : start + 5])))
    return _resealed(record, bytes(body))


def edited_fields(chance: Random, sound: Sound) -> Case:
    """Fields gone, added, exchanged or of another kind, sealed again."""
    record = chance.choice(sound)
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


MUTATIONS: Mapping[str, Callable[[Random, Sound], Case]] = {
    "random bytes": random_bytes,
    "flipped bits": flipped_bits,
    "cut": cut,
    "joined": joined,
    "other key": other_key,
    "other workspace": other_workspace,
    "other schema": other_schema,
    "other kind": other_kind,
    "other envelope": other_envelope,
    "edited text": edited_text,
    "edited fields": edited_fields,
}
