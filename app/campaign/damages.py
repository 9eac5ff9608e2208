"""Every way in which stored bytes go bad, done to an image: each says what it did, or None.

None: there was nothing of that kind to damage. MUST NOT make a record that lies and is sealed as a
writer would seal it at the log's end: that is forgery, and a checksum is no signature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from app.campaign.image import Image
from app.codec.envelope import HEADER_BYTES, open_, seal
from app.codec.errors import Unreadable
from app.ports import START, Position, Record
from app.shell.rebuilding import log_key, snapshot_key

HUGE_BYTES = (100_000, 3_000_000)
Damage = Callable[[Random, Image, Image], str | None]
"""Chance, the image to damage, and one of another workspace."""


def _spoilt(chance: Random, record: Record, how: str, key: bytes, other: Record) -> Record:
    """One record after one kind of damage; as it is when too little is left of it for that."""
    if len(record) <= HEADER_BYTES:
        return record
    if how == "flip bits":
        spoilt = bytearray(record)
        for bit in chance.sample(range(8 * len(spoilt)), chance.randint(1, 3)):
            spoilt[bit // 8] ^= 1 << bit % 8
        return bytes(spoilt)
    if how == "truncate":
        return record[: chance.randrange(len(record))]
    if how == "empty":
        return b""
    if how == "huge":
        return record + chance.randbytes(chance.randint(*HUGE_BYTES))
    if how == "shifted fields":
        place = chance.randrange(HEADER_BYTES, len(record))
        return record[:place] + chance.randbytes(chance.randint(1, 4)) + record[place:]
    if how == "other workspace":
        return other
    if how == "future envelope":
        return record[:2] + bytes([chance.randint(2, 255)]) + record[3:]
    try:
        opened = open_(key, record)
    except Unreadable:
        return record
    schema = chance.choice((opened.schema + 1, 99, 0xFFFF)) if how == "future version" else 0
    return seal(key, opened.kind, schema, opened.prev, opened.body)


ONE_RECORD = (
    "flip bits",
    "truncate",
    "empty",
    "huge",
    "shifted fields",
    "other workspace",
    "future envelope",
    "future version",
    "old version",
)


def _log_record(how: str) -> Damage:
    def damage(chance: Random, image: Image, other: Image) -> str | None:
        if not image.entries:
            return None
        number = _place(chance, len(image.entries))
        place, record = image.entries[number]
        foreign = other.entries[number % len(other.entries)][1]
        spoilt = _spoilt(chance, record, how, log_key(image.workspace), foreign)
        if spoilt == record:
            return None
        image.entries[number] = (place, spoilt)
        return f"log {place}"

    return damage


def _place(chance: Random, count: int) -> int:
    """Anywhere, and more often than by chance at the beginning and the end."""
    return chance.choice((chance.randrange(count), chance.randrange(count), 0, count - 1))


def _snapshot_record(how: str) -> Damage:
    def damage(chance: Random, image: Image, other: Image) -> str | None:
        if not image.snapshots:
            return None
        at = chance.choice(sorted(image.snapshots))
        chunks = image.snapshots[at]
        if not chunks:
            return None
        number = chance.randrange(len(chunks))
        foreign = chance.choice(other.snapshots[max(other.snapshots)])
        key = snapshot_key(image.workspace, at)
        before, chunks[number] = chunks[number], _spoilt(chance, chunks[number], how, key, foreign)
        if chunks[number] == before:
            return None
        return f"snapshot {at}, part {number}"

    return damage


def _swap_records(chance: Random, image: Image, other: Image) -> str | None:
    if len(image.entries) < 2:
        return None
    one, two = chance.sample(range(len(image.entries)), 2)
    (at, first), (to, second) = image.entries[one], image.entries[two]
    image.entries[one], image.entries[two] = (at, second), (to, first)
    return f"log {at} and {to}"


def _swap_keys(chance: Random, image: Image, other: Image) -> str | None:
    """A record of the log and one of a snapshot change places."""
    if not image.snapshots or not image.entries:
        return None
    at = chance.choice(sorted(image.snapshots))
    chunks, number = image.snapshots[at], chance.randrange(len(image.entries))
    if not chunks:
        return None
    part = chance.randrange(len(chunks))
    place, record = image.entries[number]
    image.entries[number], chunks[part] = (place, chunks[part]), record
    return f"log {place} and snapshot {at}"


def _duplicate(chance: Random, image: Image, other: Image) -> str | None:
    """A record stands there again, at the next place or after the end."""
    if len(image.entries) < 2:
        return None
    number = chance.randrange(len(image.entries))
    record = image.entries[number][1]
    if chance.random() < 0.5:
        image.last = Position(image.last.epoch, image.last.n + 1)
        image.entries.append((image.last, record))
        return f"log {image.last}"
    to = (number + 1) % len(image.entries)
    image.entries[to] = (image.entries[to][0], record)
    return f"log {image.entries[to][0]}"


def _drop(chance: Random, image: Image, other: Image) -> str | None:
    if len(image.entries) < 2:
        return None
    number = _place(chance, len(image.entries))
    place, _ = image.entries.pop(number)
    return f"log {place}"


def _drop_beginning(chance: Random, image: Image, other: Image) -> str | None:
    if len(image.entries) < 2:
        return None
    count = chance.randrange(1, len(image.entries))
    del image.entries[:count]
    return f"log before {image.entries[0][0]}"


def _drop_all(chance: Random, image: Image, other: Image) -> str | None:
    image.entries.clear()
    if chance.random() < 0.5:
        image.last = START
    return "log"


def _reorder(chance: Random, image: Image, other: Image) -> str | None:
    if len(image.entries) < 4:
        return None
    first = chance.randrange(len(image.entries) - 3)
    few = image.entries[first : first + chance.randint(3, 8)]
    records = [record for _, record in few]
    chance.shuffle(records)
    for number, (place, _) in enumerate(few):
        image.entries[first + number] = (place, records[number])
    return f"log from {few[0][0]}"


def _stale_record(chance: Random, image: Image, other: Image) -> str | None:
    """An earlier record stands where a later one stood."""
    if len(image.entries) < 2:
        return None
    old, new = sorted(chance.sample(range(len(image.entries)), 2))
    image.entries[new] = (image.entries[new][0], image.entries[old][1])
    return f"log {image.entries[new][0]}"


def _stale_log(chance: Random, image: Image, other: Image) -> str | None:
    """An older copy of the log: its end is rolled back, nothing else."""
    if len(image.entries) < 2:
        return None
    del image.entries[chance.randrange(1, len(image.entries)) :]
    image.last = image.entries[-1][0]
    return f"log after {image.last}"


def _end_moved(chance: Random, image: Image, other: Image) -> str | None:
    epoch, n = image.last.epoch + chance.randrange(2), image.last.n + chance.randint(1, 9)
    image.last = Position(epoch, n)
    return "log's end"


def _stale_snapshot(chance: Random, image: Image, other: Image) -> str | None:
    """The older snapshot stands under the name of the newer one."""
    if len(image.snapshots) < 2:
        return None
    old, new = sorted(image.snapshots)[-2:]
    image.snapshots[new] = list(image.snapshots[old])
    return f"snapshot {new}"


def _foreign_snapshot(chance: Random, image: Image, other: Image) -> str | None:
    if not image.snapshots:
        return None
    at = chance.choice(sorted(image.snapshots))
    image.snapshots[at] = list(other.snapshots[max(other.snapshots)])
    return f"snapshot {at}"


def _mixed_snapshots(chance: Random, image: Image, other: Image) -> str | None:
    """Parts of two snapshots change places."""
    if len(image.snapshots) < 2:
        return None
    old, new = (image.snapshots[at] for at in sorted(image.snapshots)[-2:])
    if not old or not new:
        return None
    one, two = chance.randrange(len(old)), chance.randrange(len(new))
    old[one], new[two] = new[two], old[one]
    return "parts of both snapshots"


def _parts(how: str) -> Damage:
    def damage(chance: Random, image: Image, other: Image) -> str | None:
        if not image.snapshots:
            return None
        at = chance.choice(sorted(image.snapshots))
        chunks = image.snapshots[at]
        if len(chunks) < 2:
            return None
        number = chance.randrange(len(chunks))
        if how == "drop":
            del chunks[number]
        elif how == "duplicate":
            chunks.insert(number, chunks[number])
        else:
            before = list(chunks)
            while chunks == before:
                chance.shuffle(chunks)
        return f"snapshot {at}"

    return damage


def _ahead(chance: Random, image: Image, other: Image) -> str | None:
    """A snapshot under the name of a place that the log never reached."""
    at = Position(image.last.epoch + 1, chance.randrange(9))
    image.snapshots[at] = list(image.snapshots[max(image.snapshots)]) if image.snapshots else [b""]
    return f"snapshot {at}"


def _all_snapshots(chance: Random, image: Image, other: Image) -> str | None:
    image.snapshots.clear()
    return "snapshots"


def _vault(chance: Random, image: Image, other: Image) -> str | None:
    match chance.randrange(4):
        case 0:
            image.vault.clear()
        case 1:
            image.vault = {name: b"" for name in image.vault}
        case 2:
            image.vault = {name: chance.randbytes(2_000_000) for name in image.vault}
        case _:
            image.vault = {name: chance.randbytes(32) for name in image.vault}
    return "vault"


DAMAGES: Mapping[tuple[str, str], Damage] = {
    **{("log", how): _log_record(how) for how in ONE_RECORD},
    ("log", "swap two records"): _swap_records,
    ("log", "swap with a snapshot"): _swap_keys,
    ("log", "duplicate"): _duplicate,
    ("log", "drop"): _drop,
    ("log", "drop its beginning"): _drop_beginning,
    ("log", "drop all"): _drop_all,
    ("log", "reorder"): _reorder,
    ("log", "stale record"): _stale_record,
    ("log", "stale copy"): _stale_log,
    ("log", "end moved on"): _end_moved,
    **{("snapshot", how): _snapshot_record(how) for how in ONE_RECORD},
    ("snapshot", "swap between two"): _mixed_snapshots,
    ("snapshot", "stale copy"): _stale_snapshot,
    ("snapshot", "of another workspace"): _foreign_snapshot,
    ("snapshot", "drop"): _parts("drop"),
    ("snapshot", "duplicate"): _parts("duplicate"),
    ("snapshot", "reorder"): _parts("reorder"),
    ("snapshot", "ahead of the log"): _ahead,
    ("snapshot", "drop all"): _all_snapshots,
    ("vault", "any"): _vault,
}
"""(place, kind) -> what does it."""
