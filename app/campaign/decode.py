"""A campaign against the decoder: whatever the bytes are, a record or a typed refusal.

What is read is read a second time by other means and must say the same, so that a misreading counts
as a failure too. Snapshots are tried as wholes. MUST NOT stop at a failure: its seed is kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from app.campaign.any_event import any_events
from app.campaign.history import lived_state
from app.campaign.mutations import (
    KEY,
    MUTATIONS,
    PREV,
    WORKSPACE,
    Case,
    Sound,
    kind_and_schema,
)
from app.codec.chain import seal_batch
from app.codec.envelope import HEADER_BYTES, NO_RECORD, record_hash, seal
from app.codec.errors import NotInFormat, Unreadable
from app.codec.events import TABLE, decode, encode
from app.codec.formats import WRITES
from app.codec.snapshot import PART, Snapshot, read_snapshot, write_snapshot
from app.codec.state_form import state_hash

Plain = dict[str, Any]
Meant = Callable[[int, int, Plain], Plain]
"""Record type, schema and the fields a body says -> the fields of the newest version."""
SNAPSHOT_KEY = b"{main}:snap:1-99"
SNAPSHOT_EVERY = 50
CHUNK = 20_000
IDS = ("queue", "conversation", "agent", "offer", "key", "from_queue", "workspace")


@dataclass(slots=True)
class Tried:
    """``seen`` counts "mutation: outcome"; ``failures`` tells each with its seed and bytes."""

    cases: int = 0
    seconds: float = 0.0
    seen: Counter[str] = field(default_factory=Counter)
    failures: list[Plain] = field(default_factory=list)

    def add(self, other: Tried) -> None:
        """Take in what another one tried."""
        self.cases += other.cases
        self.seconds += other.seconds
        self.seen += other.seen
        self.failures += other.failures


def try_records(seed: object, cases: int, sound: Sound, meant: Meant | None = None) -> Tried:
    """Try ``cases`` pieces of bad luck on single records."""
    chance = Random(str(seed))
    tried = Tried(cases)
    mutations = tuple(MUTATIONS.items())
    for number in range(cases):
        name, mutate = chance.choice(mutations)
        case = mutate(chance, sound)
        try:
            outcome = _outcome(case, meant)
        except Exception as error:  # any other end than a typed refusal is what is looked for
            tried.failures.append(_failure(seed, number, name, case[2], error))
            outcome = "FAILED"
        tried.seen[f"{name}: {outcome}"] += 1
    return tried


def _failure(seed: object, number: int, name: str, found: bytes, error: BaseException) -> Plain:
    why = f"{type(error).__name__}: {error}"
    return {"seed": str(seed), "case": number, "what": name, "bytes": found.hex(), "error": why}


def _outcome(case: Case, meant: Meant | None) -> str:
    workspace, key, record = case
    try:
        event, prev = decode(workspace, key, record)
    except Unreadable as refused:
        return type(refused).__name__
    # Accepted: then an independent reading of the very same bytes says the same.
    said = json.loads(record[HEADER_BYTES:])
    kind, schema = kind_and_schema(record)
    assert key == KEY, "read under a key that it is not bound to"
    assert said.pop("ws") == workspace, "read as another workspace's"
    assert prev == record[12:20], "another record before it"
    assert TABLE.by_type[type(event)].number == kind, "read as another record type"
    newest = schema == TABLE.by_number[kind].schema
    fields = asdict(event)
    if newest or meant is not None:
        said = said if meant is None else meant(kind, schema, said)
        assert said == fields, "read as something else than it says"
    for name in IDS:
        assert said.get(name) == fields.get(name), f"another {name}"
    return "read" if newest else "read as it was meant"


def _flip(chance: Random, records: list[bytes]) -> None:
    place = chance.randrange(len(records))
    record = bytearray(records[place])
    record[chance.randrange(len(record))] ^= 1 << chance.randrange(8)
    records[place] = bytes(record)


def _cut(chance: Random, records: list[bytes]) -> None:
    place = chance.randrange(len(records))
    records[place] = records[place][: chance.randrange(len(records[place]))]


def _drop(chance: Random, records: list[bytes]) -> None:
    del records[chance.randrange(len(records))]


def _double(chance: Random, records: list[bytes]) -> None:
    place = chance.randrange(len(records))
    records.insert(place, records[place])


def _swap(chance: Random, records: list[bytes]) -> None:
    one, other = chance.sample(range(len(records)), 2)
    records[one], records[other] = records[other], records[one]


def _rewrite(chance: Random, records: list[bytes]) -> None:
    """Edit one record's body and seal all anew: whole by its checksums, and a lie."""
    place = chance.randrange(len(records))
    prev = NO_RECORD
    for number, record in enumerate(records):
        body = bytearray(record[HEADER_BYTES:])
        kind, schema = kind_and_schema(record)
        if number == place:
            start = chance.randrange(len(body) + 1)
            body[start : start + chance.choice((0, 1, 3))] = chance.choice(
                (b"", b"0", b"9" * 30, b'"', b"{", b"}", b"null", b"\xff", b",")
            )
            if chance.random() < 0.2:
                schema = chance.choice((0, schema + 1, 0xFFFF))
            elif chance.random() < 0.2:
                kind = chance.choice((PART, 1, 0x8009))
        records[number] = seal(SNAPSHOT_KEY, kind, schema, prev, bytes(body))
        prev = record_hash(records[number])


SPOILERS: dict[str, Callable[[Random, list[bytes]], None]] = {
    "flipped": _flip,
    "cut": _cut,
    "dropped": _drop,
    "doubled": _double,
    "swapped": _swap,
    "rewritten": _rewrite,
}


def try_snapshots(seed: object, cases: int, sound: Sequence[bytes]) -> Tried:
    """Try whole snapshots: what is read is the state that was written."""
    chance = Random(str(seed))
    tried = Tried(cases)
    right = state_hash(read_snapshot(SNAPSHOT_KEY, WORKSPACE, sound).state)
    for number in range(cases):
        name, spoil = chance.choice(tuple(SPOILERS.items()))
        records = list(sound)
        spoil(chance, records)
        try:
            found = read_snapshot(SNAPSHOT_KEY, WORKSPACE, records)
            assert state_hash(found.state) == right, "another state was believed"
            outcome = "read"
        except Unreadable as refused:
            outcome = type(refused).__name__
        except Exception as error:  # any other end than a typed refusal is what is looked for
            tried.failures.append(_failure(seed, number, f"snapshot {name}", b"", error))
            outcome = "FAILED"
        tried.seen[f"snapshot {name}: {outcome}"] += 1
    return tried


@cache
def sound_records() -> tuple[bytes, ...]:
    """Three records of every type, in every stored format that this build writes and can say it."""
    chance = Random("sound records")
    records: list[bytes] = []
    for event in any_events(chance, 3):
        for in_format in WRITES:
            with contextlib.suppress(NotInFormat):
                records.append(encode(WORKSPACE, KEY, PREV, event, in_format=in_format))
    return tuple(dict.fromkeys(records))


@cache
def sound_snapshot() -> tuple[bytes, ...]:
    """A small lived-in state."""
    state, events = lived_state(WORKSPACE, rounds=2)
    _, prev = seal_batch(WORKSPACE, KEY, NO_RECORD, events)
    snapshot = Snapshot(WORKSPACE, "1-99", prev, len(events), state, {"c-1": [1, 2]})
    return tuple(write_snapshot(SNAPSHOT_KEY, snapshot)[0])


def _chunk(seed: str, cases: int) -> Tried:
    started = time.process_time()
    wholes = max(1, cases // SNAPSHOT_EVERY)
    tried = try_records(seed, cases - wholes, sound_records())
    tried.add(try_snapshots(seed, wholes, sound_snapshot()))
    tried.seconds = time.process_time() - started
    return tried


def _chunks(seed: int, count: int) -> Iterator[tuple[str, int]]:
    for number in range(0, count, CHUNK):
        yield f"{seed}/{number}", min(CHUNK, count - number)


def campaign(
    seed: int,
    count: int,
    *,
    keep: Path | None = None,
    workers: int | None = None,
    say: Callable[[Tried], None] = lambda _: None,
) -> Tried:
    """Try ``count`` inputs on as many cores as there are; failures are appended to ``keep``."""
    total = Tried()
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        for tried in pool.map(_chunk, *zip(*_chunks(seed, count), strict=True)):
            total.add(tried)
            if tried.failures and keep is not None:
                with keep.open("a") as file:
                    file.writelines(json.dumps(one) + "\n" for one in tried.failures)
            say(total)
    return total
