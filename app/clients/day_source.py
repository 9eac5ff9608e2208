"""Finds the day that a user names: a file of the project's own format, or a date of the bank month.

MUST NOT guess: a name that is neither a file nor a date with data is refused with what would help.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from app.clients.bank import DATA_VARIABLE, bank_figures, find_data, read_bank_day
from app.clients.day import Day, DayInvalid, read_day
from app.clients.figures import Figures

Chosen = tuple[Day, dict[str, Figures]]


def choose_day(
    source: str,
    data: Path | None,
    environ: Mapping[str, str],
    *,
    from_s: float | None = None,
    until_s: float | None = None,
) -> Chosen:
    """The day named by ``source`` and the figures published for it, by name.

    ``from_s`` and ``until_s`` cut a part out of it; figures of the whole day are then no measure
    and left out. Raises DayInvalid.
    """
    try:
        day, published = _whole(source, data, environ)
    except OSError as error:
        raise DayInvalid(0, f"cannot read {error.filename}: {error.strerror}") from error
    if from_s is None and until_s is None:
        return day, published
    part = day.between(from_s or 0.0, float("inf") if until_s is None else until_s)
    if not part.conversations:
        raise DayInvalid(0, "nobody arrives in that part of the day")
    return part, {}


def _whole(source: str, data: Path | None, environ: Mapping[str, str]) -> Chosen:
    if not _is_date(source):
        return read_day(Path(source)), {}
    directory = find_data(data, environ)
    if directory is None:
        raise DayInvalid(0, f"no bank data here: give --data-set DIR or set {DATA_VARIABLE}")
    return read_bank_day(directory, source), bank_figures(directory, source)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
