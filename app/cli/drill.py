"""``interlock drill dixa``: the incident re-enacted, told as it happens, beside the original.

Exit code 1 when a figure is not as it must be.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.exits import Exit, fail

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from app.campaign.drill import Figures

commands = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Re-enact incidents on a server of our own."
)
ORIGINAL = (
    "1 October 2024, 13:07: a change of the encoding in the cache of the queues sends\n"
    "conversations to wrong queues for 83 minutes. From 15:00 queues are blocked, until\n"
    "hot-fixes 27 hours later; what was held back is restored by hand after 55 hours."
)
STYLES = {"act": "bold", "seen": "dim", "fault": "bold red"}


@commands.callback()
def group() -> None:
    """Re-enact incidents on a server of our own."""


@commands.command()
def dixa(
    short: Annotated[bool, typer.Option("--short", help="Each act once, under 40 s.")] = False,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Of all that is drawn.")] = 1,
) -> None:
    """A change of the encoding goes wrong, is rolled back, and nobody is sent to a wrong queue."""
    from rich.console import Console

    from app.campaign.drill import drill
    from app.campaign.machine import Late

    console = Console(highlight=False)
    console.print(ORIGINAL, style="italic", markup=False, soft_wrap=True)
    console.print()

    try:
        figures = asyncio.run(drill(_teller(console), short=short, seed=seed))
    except Late as late:
        fail(Exit.START_UP_FAILED, [str(late)])
    _report(console, figures)
    raise typer.Exit(Exit.OK if figures.passed else Exit.REFUSED)


@commands.command()
def trouble(
    short: Annotated[bool, typer.Option("--short", help="Nothing for long: under 60 s.")] = False,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Of all that is drawn.")] = 1,
) -> None:
    """Server, loop, store, disk and an agent's client stop, one after the other, for real."""
    from rich.console import Console
    from rich.table import Table

    from app.campaign.machine import Late
    from app.campaign.trouble import trouble as make_trouble

    console = Console(highlight=False)
    try:
        report = asyncio.run(make_trouble(_teller(console), short=short, seed=seed))
    except Late as late:
        fail(Exit.START_UP_FAILED, [str(late)])
    table = Table(title=f"\n{report.conversations} conversations, {report.offers} offers")
    for name in ("trouble", "what was told of it"):
        table.add_column(name)
    table.add_column("moves again after", justify="right")
    for outcome in report.outcomes:
        table.add_row(outcome.name, outcome.told, f"{outcome.moved_s:.1f} s")
    console.print(table)
    for line in (*(w for one in report.outcomes for w in one.wrong), *report.faults[:20]):
        console.print(line, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(Exit.OK if report.passed else Exit.REFUSED)


def _teller(console: Console) -> Callable[[float, str, str], None]:
    def say(at_s: float, text: str, kind: str) -> None:
        indent = "" if kind == "act" else "         "
        line = f"{at_s:6.1f} s  {indent}{text}"
        console.print(line, style=STYLES[kind], markup=False, soft_wrap=True)

    return say


def _report(console: Console, figures: Figures) -> None:
    from rich.table import Table

    from app.campaign.drill import WAIT_MAX_S

    table = Table(
        title=f"\n{figures.conversations} conversations, {figures.offers} offers, "
        f"{figures.seconds:.0f} s"
    )
    for name, justify in (("", "left"), ("1 October 2024", "right"), ("here", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    table.add_column("required", justify="right")
    table.add_row("sent to a wrong queue", "for 83 min", str(len(figures.wrong)), "0")
    waited = f"{figures.longest_s:.1f} s"
    table.add_row("longest wait beside an able agent", "27 h", waited, f"under {WAIT_MAX_S:g} s")
    table.add_row("conversations lost", "held back for 55 h", str(len(figures.lost)), "0")
    table.add_row("steps by hand", "many", str(len(figures.by_hand)), "0")
    table.add_row("other faults, judged from outside", "", str(len(figures.faults)), "0")
    console.print(table)
    longest = f"the longest wait: {figures.longest}"
    console.print(longest, style="dim", markup=False, soft_wrap=True)
    for what in (figures.wrong, figures.lost, figures.by_hand, figures.faults):
        for line in what[:10]:
            console.print(line, style="red", markup=False, soft_wrap=True)
