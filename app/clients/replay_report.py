"""A replay on the screen: a bar while it runs, a table when it is done.

MUST NOT compute a figure: it prints those it is given. Recorded time is shown as the clock on the
wall was.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.clients.figures import SOON_S, Figures
from app.clients.replay import Moment, Result

FAULTS_SHOWN = 20


class ProgressBar:
    """Shows the moments of a replay; pass the object itself as ``progress``."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            TextColumn("{task.fields[clock]}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} came"),
            TextColumn("{task.fields[waiting]} in line"),
            TextColumn("{task.fields[answered]} answered, {task.fields[left]} left"),
            TimeElapsedColumn(),
            console=console,
        )
        self._task = self._bar.add_task(
            "replay", total=None, clock="--:--", waiting=0, answered=0, left=0
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def __call__(self, moment: Moment) -> None:
        """Show one moment."""
        self._bar.update(
            self._task,
            completed=moment.came,
            total=moment.total,
            clock=clock(moment.at_s),
            waiting=max(0, moment.came - moment.answered - moment.left),
            answered=moment.answered,
            left=moment.left,
        )


def print_result(console: Console, result: Result) -> None:
    """The table of figures, then every fault."""
    table = Table(title=f"{result.day} at {result.speed:g} times its speed, {result.real_s:.0f} s")
    for heading in ("", "offered", "served", "left", "mean wait s", f"within {SOON_S:g} s"):
        table.add_column(heading, justify="right" if heading else "left")
    table.add_row("[bold]this replay", *_cells(result.figures))
    for name, figures in result.compared.items():
        table.add_row(name, *_cells(figures))
    console.print(table)
    for fault in result.faults[:FAULTS_SHOWN]:
        console.print(f"[red]{fault}", highlight=False)
    if result.ok:
        console.print("every conversation ended in exactly one way, served by one agent at most")
    else:
        console.print(f"[red]{len(result.faults)} conversations are not as they must be")


def clock(at_s: float) -> str:
    """Seconds after midnight as HH:MM."""
    minutes = int(at_s // 60)
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _cells(figures: Figures) -> tuple[str, ...]:
    return (
        str(figures.offered),
        str(figures.served),
        str(figures.left),
        f"{figures.mean_wait_s:.1f}",
        f"{figures.soon_share:.1%}",
    )
