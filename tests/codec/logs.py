"""The golden logs: whole committed logs, and the state that each one made.

``tests/golden/logs/NNN.log`` holds one record a line: its header in hexadecimal, a space, its body
as it is. ``NNN.json`` holds the state that the program had that wrote the log, and the state hash.
Each log begins with all of the one before, as a log does that lives through an upgrade. The first
was written by the program of the first record versions, which had no state hash yet.

Nothing here is ever changed. When a record version or the state's schema is in no log yet, run::

    INTERLOCK_WRITE_GOLDEN=1 pytest tests/codec

which lets today's program take over the newest log, live ``tests.codec.day`` and write the next
one; look at it and commit it. Before the first release that holds it, a log that is no prefix of
another may be deleted and written anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from app.codec.chain import LogReader, seal_batch
from app.codec.envelope import HEADER_BYTES
from app.codec.events import TABLE
from app.codec.state_form import STATE_SCHEMA, schema_of, state_hash
from app.domain.engine import Engine
from app.domain.events import Event
from app.domain.fold import fold
from app.domain.state import State
from tests.codec.day import Day

LOGS = Path(__file__).parents[1] / "golden" / "logs"
RETENTION_MS = 120_000
PAUSE_MS = 2_000
"""Between the end of the newest log and the owner who continues it."""
LEVELS = 3


class Log(NamedTuple):
    """One golden log; ``told`` is its ``NNN.json``."""

    name: str
    records: list[bytes]
    told: dict[str, Any]

    @property
    def key(self) -> bytes:
        """The key that its records are sealed to."""
        return str(self.told["key"]).encode()

    @property
    def versions(self) -> set[tuple[int, int]]:
        """(record type, schema) of all that is in it."""
        return {
            (int.from_bytes(record[4:6], "big"), int.from_bytes(record[6:8], "big"))
            for record in self.records
        }


def read_logs(directory: Path = LOGS) -> list[Log]:
    """All golden logs, oldest first."""
    return [_read(path) for path in sorted(directory.glob("*.log"))]


def _read(path: Path) -> Log:
    lines = path.read_bytes().splitlines()
    records = [bytes.fromhex(head.decode()) + body for head, _, body in map(_cut, lines)]
    return Log(path.stem, records, json.loads(path.with_suffix(".json").read_text("utf-8")))


def _cut(line: bytes) -> tuple[bytes, bytes, bytes]:
    return line.partition(b" ")


def replay(log: Log) -> tuple[State, list[Event], bytes]:
    """The state that a log makes today, its events, and the hash of its last record."""
    reader, state = LogReader(log.told["workspace"], log.key), State()
    events = [reader.decode(record) for record in log.records]
    for event in events:
        fold(state, event)
    assert reader.prev is not None
    return state, events, reader.prev


def what_is_due(logs: list[Log]) -> list[str]:
    """Why a further log has to be written; empty: all that is written today is in one."""
    held = {version for log in logs for version in log.versions}
    due = [
        f"{kind.event_type.__name__}.v{kind.schema}"
        for kind in TABLE.kinds
        if (kind.number, kind.schema) not in held
    ]
    if logs[-1].told["state_schema"] != STATE_SCHEMA:
        due.append(f"state schema {STATE_SCHEMA}")
    return due


def write_due(directory: Path = LOGS) -> list[str]:
    """Write the next log if one is due; return its name. Writes none that would not hold it all."""
    logs = read_logs(directory)
    if not what_is_due(logs):
        return []
    newest = logs[-1]
    state, _, prev = replay(newest)
    in_force = state.format
    day = Day(Engine(state, retention_ms=RETENTION_MS), state.last_at + PAUSE_MS)
    events = day.live()
    records, _ = seal_batch(state.workspace, newest.key, prev, events, in_format=in_force)
    log = Log(f"{int(newest.name) + 1:03}", newest.records + records, _tell(newest, state))
    if what_is_due([*logs, log]):
        return []
    _write(directory, log)
    return [f"{log.name}.log"]


def _tell(newest: Log, state: State) -> dict[str, Any]:
    return {
        "workspace": newest.told["workspace"],
        "key": newest.told["key"],
        "state_schema": schema_of(state),
        "state_hash": state_hash(state),
        "state": msgspec.to_builtins(state, str_keys=True),
    }


def _write(directory: Path, log: Log) -> None:
    with (directory / f"{log.name}.log").open("xb") as file:
        for record in log.records:
            file.write(record[:HEADER_BYTES].hex().encode() + b" " + record[HEADER_BYTES:] + b"\n")
    with (directory / f"{log.name}.json").open("x", encoding="utf-8") as file:
        file.write(_text(log.told, LEVELS) + "\n")


def _text(value: Any, levels: int) -> str:
    """JSON with a line for each entry of the outer levels: for a queue, an agent, an offer …"""
    if not levels or not isinstance(value, dict):
        return json.dumps(value)
    entries = (f"{json.dumps(name)}: {_text(one, levels - 1)}" for name, one in value.items())
    return "{\n" + ",\n".join(entries) + "\n}"


def untold(told: Any, now: Any, path: str = "state") -> Iterator[str]:
    """Where a state says something else today than its program told then.

    What classes have got since is not looked at, and neither is what they have lost: the schema of
    the state and its upcasters answer for that.
    """
    if is_dataclass(now):
        names = [field.name for field in fields(now) if field.name in told]
        for name in names:
            yield from untold(told[name], getattr(now, name), f"{path}.{name}")
    elif isinstance(now, Mapping):
        entries = {str(key): value for key, value in now.items()}
        if list(told) != list(entries):
            yield f"{path}: has other keys"
            return
        for key, value in entries.items():
            yield from untold(told[key], value, f"{path}.{key}")
    elif isinstance(now, list):
        if len(told) != len(now):
            yield f"{path}: has another length"
            return
        for number, (one, other) in enumerate(zip(told, now, strict=True)):
            yield from untold(one, other, f"{path}.{number}")
    elif told != now:
        yield f"{path}: was {told!r}, is {now!r}"
