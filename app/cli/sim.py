"""The command ``campaign sim``: lives through many worlds and says which promise broke in which.

Computes nothing: ``app.campaign.sim`` plays and judges, this prints.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.exits import Exit, fail
from app.cli.table import columns

if TYPE_CHECKING:
    from app.campaign.sim import Outcome, Total

FAULTS_SHOWN = 3
FAULT_CHARACTERS = 300
EVERY_S = 10.0


def sim(
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="The first of the seeds.")] = 1,
    hours: Annotated[
        float, typer.Option("--hours", min=0.01, metavar="H", help="Simulated hours of each seed.")
    ] = 0.1,
    count: Annotated[int, typer.Option("--count", min=1, metavar="N", help="Seeds.")] = 100,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Processes beside one another.")] = 1,
) -> None:
    """Whole nodes in a simulated world where everything goes wrong, then heals; a seed for each.

    While things go wrong nothing may be lost, doubled, shown too early or misrouted; once they are
    healed everything has to be served. The same seed and hours are the same world, byte for byte.
    Exit code 1 for any broken promise.
    """
    from app.campaign.sim import Total, campaign
    from app.cli.sim_door import new_door

    total, began = Total(), time.monotonic()
    told = began
    for outcome in campaign(seed, count, hours, new_door, jobs):
        total.add(outcome)
        _failure(outcome, hours)
        if time.monotonic() - told >= EVERY_S or sys.stderr.isatty():
            told = time.monotonic()
            _progress(total, count, told - began)
    _summary(total, time.monotonic() - began)
    if count == 1:
        typer.echo(f"digest {outcome.digest}")
    if total.failed:
        fail(Exit.REFUSED, [f"{len(total.failed)} of {total.seeds} worlds broke a promise"])


def _failure(outcome: Outcome, hours: float) -> None:
    if not outcome.faults:
        return
    again = f"interlock campaign sim --seed {outcome.seed} --hours {hours:g} --count 1"
    typer.echo(f"seed {outcome.seed}: {len(outcome.faults)} faults; again: {again}")
    for fault in outcome.faults[:FAULTS_SHOWN]:
        typer.echo(f"  {fault[:FAULT_CHARACTERS]}")


def _progress(total: Total, count: int, seconds: float) -> None:
    hours = total.seconds / 3_600
    text = f"{total.seeds} of {count} seeds, {hours:.1f} h in {seconds:.0f} s"
    typer.echo(f"{text}, {len(total.failed)} failed", err=True)


def _summary(total: Total, seconds: float) -> None:
    from app.campaign.sim import never

    for line in columns([("WHAT HAPPENED", "TIMES"), *_rows(total)]):
        typer.echo(line)
    typer.echo("")
    for kind, names in never(total.counts).items():
        typer.echo(f"never, {kind}: {', '.join(names)}")
    hours = total.seconds / 3_600
    pace = f"{60 * hours / max(seconds, 0.1):.1f} h a minute"
    typer.echo(f"{total.seeds} seeds, {hours:.1f} simulated hours in {seconds:.0f} s ({pace})")


def _rows(total: Total) -> list[tuple[str, str]]:
    left_out = ("commands_total", "pushes_total", "incidents_total", "repairs_total")
    return [
        (name, f"{times:,}")
        for name, times in sorted(total.counts.items())
        if not name.startswith(left_out)
    ]
