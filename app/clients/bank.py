"""The bank month as days to replay: reads the CSV files of the public call-centre data.

Duty: files of one month in, one ``Day`` or the figures published with it out. MUST NOT carry rows
of the data itself: they belong to others. The rule: the same call keeps its service time and
patience whoever serves it.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path

from app.clients.day import Agent, Conversation, Day, DayInvalid, Shift
from app.clients.figures import Figures

DATA_VARIABLE = "INTERLOCK_TEST_DATA"
NEIGHBOUR = Path("..") / "shared" / "data"
PRIORITY_CUSTOMER = "2"
LEVEL = 1
SECONDS_PER_DAY = 86_400.0
REFERENCES = {
    "what happened": "actual",
    "reference fifo": "ref_fifo_skills",
    "reference prio90": "ref_prio90_skills",
}


def find_data(option: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The directory of the files: the option, the environment, or a neighbour of this directory."""
    if option is not None:
        return option
    if environ.get(DATA_VARIABLE):
        return Path(environ[DATA_VARIABLE])
    return NEIGHBOUR if NEIGHBOUR.is_dir() else None


def read_bank_day(data: Path, date: str) -> Day:
    """The day ``date`` (YYYY-MM-DD). Raises DayInvalid for a day without calls, OSError."""
    return _read(data, date, 0.0)


def read_bank_month(data: Path, month: str) -> Day:
    """All days of ``month`` (YYYY-MM) as one, in seconds after the midnight of its first day.

    Raises DayInvalid for a month without calls, OSError.
    """
    return _read(data, month, SECONDS_PER_DAY)


def _read(data: Path, period: str, day_s: float) -> Day:
    """What began in ``period``, a date or a month; its n-th day begins at (n - 1) * ``day_s``."""

    def begins_s(row: Mapping[str, str]) -> float:
        return (int(row["date"][8:]) - 1) * day_s

    skills = {row["agent"]: row["skills"].split() for row in _rows(data, period, "agents.csv")}
    shifts = [
        Shift(row["agent"], begins_s(row) + float(row["on_s"]), begins_s(row) + float(row["off_s"]))
        for row in _rows(data, period, "shifts.csv")
        if row["date"].startswith(period)
    ]
    conversations = [
        _conversation(row, begins_s(row))
        for row in _rows(data, period, "conversations.csv.gz")
        if row["date"].startswith(period)
    ]
    if not conversations:
        raise DayInvalid(0, f"the data hold no calls of {period}")
    present = sorted({one.agent for one in shifts})
    return Day(
        period,
        {id: Agent(id, dict.fromkeys(skills[id], LEVEL)) for id in present},
        tuple(sorted(shifts, key=lambda one: (one.agent, one.on_s))),
        tuple(sorted(conversations, key=lambda one: (one.arrived_s, one.id))),
    )


def bank_figures(data: Path, date: str) -> dict[str, Figures]:
    """What happened on the day, and what the references made of it, by the names in REFERENCES."""
    for row in _rows(data, date, "reference_replay.csv"):
        if row["date"] == date:
            return {name: _figures(row, prefix) for name, prefix in REFERENCES.items()}
    return {}


def _figures(row: Mapping[str, str], prefix: str) -> Figures:
    return Figures(
        int(row["offered"]),
        int(row[f"{prefix}_served"]),
        int(row[f"{prefix}_within20"]),
        float(row[f"{prefix}_wait_sum"]),
    )


def _conversation(row: Mapping[str, str], begins_s: float) -> Conversation:
    return Conversation(
        id=row["conversation_id"],
        arrived_s=begins_s + float(row["arrived_s"]),
        queue=row["queue"],
        service_s=float(row["service_s"]),
        patience_s=float(row["patience_s"]),
        priority=1 if row["priority"] == PRIORITY_CUSTOMER else 0,
    )


def _rows(data: Path, period: str, table: str) -> Iterator[dict[str, str]]:
    path = data / f"bank_{period[:7]}_{table}"
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    yield from csv.DictReader(raw.decode().splitlines())
