"""Taking turns, medians and tables: what makes figures of a noisy machine comparable.

Things that are compared run in turns within one run, in reverse order every other round, and each
figure is the median over the rounds. Only rows of one table may be compared. MUST NOT know what is
measured.
"""

from __future__ import annotations

import platform
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

Row = dict[str, float]


def in_turns(names: Sequence[str], rounds: int) -> Iterator[str]:
    """Each name once a round, there and back again."""
    for number in range(rounds):
        yield from names if number % 2 == 0 else reversed(names)


def medians(names: Sequence[str], rounds: int, measure: Callable[[str], Row]) -> dict[str, Row]:
    """Measure each by turns; per name and figure the median over the rounds."""
    taken: dict[str, list[Row]] = {name: [] for name in names}
    for name in in_turns(names, rounds):
        taken[name].append(measure(name))
    return {name: middle(rows) for name, rows in taken.items()}


def middle(rows: Sequence[Row]) -> Row:
    """The median of each figure; one that a round did not have counts as 0 there."""
    figures = dict.fromkeys(figure for row in rows for figure in row)
    return {figure: median(row.get(figure, 0.0) for row in rows) for figure in figures}


def table(title: str, rows: dict[str, Row], digits: int = 1) -> None:
    """Print rows under their title."""
    figures = list(dict.fromkeys(figure for row in rows.values() for figure in row))
    first = max(len(title), *map(len, rows))
    widths = [max(10, len(figure)) for figure in figures]
    print()
    print(title.ljust(first), *map(str.rjust, figures, widths), sep="  ")
    for name, row in rows.items():
        cells = [f"{row[figure]:,.{digits}f}" if figure in row else "-" for figure in figures]
        print(name.ljust(first), *map(str.rjust, cells, widths), sep="  ")
    sys.stdout.flush()


def machine() -> str:
    """What a figure must not be quoted without."""
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"


def resident_bytes() -> int:
    """Memory of this process that is in RAM; 0 where the system does not tell."""
    path = Path("/proc/self/statm")
    if not path.exists():
        return 0
    return int(path.read_text().split()[1]) * resource.getpagesize()
