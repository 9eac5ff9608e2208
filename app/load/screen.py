"""What a person sees while a run goes on, and at its end.

A live table on a terminal, a line every few seconds elsewhere. MUST NOT decide anything. The rule:
what is wrong stands above what is fast.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from app.load.run import Run

Json = dict[str, Any]

PLAIN_EVERY_S = 5.0
SPARK = " ▁▂▃▄▅▆▇█"
SPARK_POINTS = 40
NAMES = {
    "offer": "arrival to offer",
    "enter": "arrival to 201",
    "accept": "accept to answer",
    "complete": "complete to answer",
    "connect": "connect to hello",
    "board age": "age of a board",
}
"""Name in the result -> what it measures."""


@contextmanager
def screen(console: Console) -> Iterator[Callable[[Run], None]]:
    """Give a function that shows a run as it is now."""
    if not console.is_terminal:
        yield _plain(console)
        return
    progress = Progress(
        TextColumn("{task.description}"), BarColumn(bar_width=None), TimeRemainingColumn()
    )
    task = progress.add_task("begins", total=1.0)
    with Live(console=console, refresh_per_second=4, transient=True) as live:

        def show(run: Run) -> None:
            played = min(run.played_s, run.plan.seconds)
            progress.update(task, description=run.stage, completed=played, total=run.plan.seconds)
            live.update(Group(progress, _table(run), *_wrong(run)))

        yield show


def _plain(console: Console) -> Callable[[Run], None]:
    said_at = -PLAIN_EVERY_S

    def show(run: Run) -> None:
        nonlocal said_at
        now = time.monotonic()
        if now - said_at < PLAIN_EVERY_S:
            return
        said_at = now
        point = run.figures.points[-1]
        console.print(
            f"{point['t']:7.1f} s  {run.stage}: {point['firm']:,} sockets, "
            f"{point['arrivals']:.0f} arrivals/s, {point['completed']:.0f} served/s, "
            f"{point['unfinished']:,} under way, offer p50 {_ms(point, 'offer_p50')} "
            f"p99 {_ms(point, 'offer_p99')}, {run.ledger.broken} broken promises",
            highlight=False,
            soft_wrap=True,
        )

    return show


def _table(run: Run) -> Table:
    points = run.figures.points
    point = points[-1]
    table = Table.grid(padding=(0, 2))
    rows = [
        ("sockets", f"{point['firm']:,} of {run.plan.sockets:,}", "firm"),
        ("arrivals a second", f"{point['arrivals']:,.1f}", "arrivals"),
        ("offers a second", f"{point['offers']:,.1f}", "offers"),
        ("served a second", f"{point['completed']:,.1f}", "completed"),
        ("under way", f"{point['unfinished']:,}", "unfinished"),
        ("offer p50", _ms(point, "offer_p50"), "offer_p50"),
        ("offer p99", _ms(point, "offer_p99"), "offer_p99"),
        ("accept p99", _ms(point, "accept_p99"), "accept_p99"),
        ("client late p99", _ms(point, "client_lag_p99"), "client_lag_p99"),
    ]
    for name, value, key in rows:
        spark = _spark([one.get(key) or 0.0 for one in points[-SPARK_POINTS:]])
        table.add_row(name, Text(value, justify="right"), Text(spark, style="cyan"))
    if "server" in point["rss"]:
        memory = [one["rss"].get("server", 0.0) for one in points[-SPARK_POINTS:]]
        table.add_row("server memory", f"{memory[-1]:.0f} MiB", Text(_spark(memory), style="cyan"))
    if "server" in point["cpu"]:
        used = [one["cpu"].get("server", 0.0) for one in points[-SPARK_POINTS:]]
        table.add_row("server CPU", f"{used[-1]:.0%} of a core", Text(_spark(used), style="cyan"))
    return table


def _wrong(run: Run) -> list[RenderableType]:
    lines: list[RenderableType] = [
        Text(f"BROKEN  {text}", style="bold red") for text in run.ledger.faults[-5:]
    ]
    return lines + [Text(f"client  {text}", style="yellow") for text in run.trouble]


def _ms(point: Json, key: str) -> str:
    return f"{point[key]:.1f} ms" if key in point else "-"


def _spark(values: list[float]) -> str:
    most = max(values, default=0.0)
    if most <= 0:
        return ""
    return "".join(SPARK[min(8, round(8 * value / most))] for value in values)


def conclude(console: Console, result: Json) -> None:
    """The result as a page of text."""
    table = Table(box=None, padding=(0, 1))
    for head in ("ms", "count", "p50", "p90", "p99", "p99.9", "max"):
        table.add_column(head, justify="left" if head == "ms" else "right", no_wrap=True)
    rows = dict(result["latency_ms"])
    for phase, by in result["phases"].items():
        rows |= {f"{name}, {phase}": summary for name, summary in by.items() if name == "offer"}
    for name, summary in rows.items():
        known = NAMES.get(name, name)
        cells = (summary[key] for key in ("p50", "p90", "p99", "p999", "max"))
        table.add_row(known, f"{summary['count']:,}", *(f"{cell:,.1f}" for cell in cells))
    console.print(table)
    for text in result["facts"]:
        console.print(f"  {text}", highlight=False, soft_wrap=True)
    for text in result["client"]["bottleneck"]:
        console.print(f"  THE CLIENT WAS THE BOTTLENECK: {text}", style="yellow", soft_wrap=True)
    for text in result["faults"]:
        console.print(f"  BROKEN: {text}", style="bold red", highlight=False, soft_wrap=True)
    told = "every promise held" if result["ok"] else f"{len(result['faults'])} faults"
    console.print(f"{result['plan']['scenario']}: {told}", style="bold", highlight=False)
