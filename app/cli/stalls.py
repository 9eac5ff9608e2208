"""The command ``campaign stalls``: plants every cause of a stall and holds the node to its bound.

Computes nothing: ``app.campaign.stalls`` runs the trials, this prints them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.exits import Exit, fail
from app.cli.table import columns

if TYPE_CHECKING:
    from app.campaign.stalls import Result

HEAD = ("", "planted", "detected", "worst ms", "bound ms", "acted", "moving ms", "wrong")
HEAD_MUTANTS = ("mutant", "dropped", "stops", "repaired", "moving ms", "wrong")
MISSES_SHOWN = 5


def stalls(
    count: Annotated[int, typer.Option("--count", min=1, help="Plants of each cause.")] = 50,
    seed: Annotated[int, typer.Option("--seed", help="The first of the seeds.")] = 1,
    cause: Annotated[
        str | None, typer.Option("--cause", metavar="X", help="Only this one, as lost_wake_up.")
    ] = None,
    hours: Annotated[
        float, typer.Option("--hours", min=0, help="Hours of the soak without any plant.")
    ] = 4.0,
) -> None:
    """Plant each cause of a stall in a running node, on a virtual clock, and measure.

    Every plant has to be found in its bound, repaired or told as the rules say, and the queue has
    to move again within 5 s; nothing that was sound may be repaired. Then mutants of the engine,
    and a soak in which nothing is wrong. Exit code 1 for any miss.
    """
    from app.campaign.stalls import CAUSES, healthy, mutants, planted
    from app.cli.standstill import standstill

    if cause is not None and cause not in CAUSES:
        fail(Exit.USAGE, [f"there is no cause {cause}; there are {', '.join(CAUSES)}"])
    logging.disable(logging.CRITICAL)
    causes = (cause,) if cause else CAUSES
    results = list(_told(planted(count, seed, causes, standstill)))
    _print([HEAD, *map(_row, results)], results)
    if cause is None:
        found = list(_told(mutants(count, seed)))
        _print([HEAD_MUTANTS, *map(_mutant_row, found)], found)
        soak = healthy(hours, seed)
        typer.echo(f"{soak.name}: {soak.detected:,} served, {len(soak.misses)} alarms or repairs")
        _print([], [soak])
        results += [*found, soak]
    misses = sum(len(result.misses) for result in results)
    if misses:
        fail(Exit.REFUSED, [f"{misses} misses"])


def _told(results: Iterable[Result]) -> Iterable[Result]:
    """Say on standard error how far it is: a campaign takes minutes."""
    for result in results:
        typer.echo(f"{result.name}: {len(result.misses)} misses", err=True)
        yield result


def _print(rows: list[tuple[str, ...]], results: list[Result]) -> None:
    for line in columns(rows) if rows else ():
        typer.echo(line)
    for result in results:
        for miss in result.misses[:MISSES_SHOWN]:
            typer.echo(f"  {result.name}: {miss}")
    typer.echo("")


def _row(one: Result) -> tuple[str, ...]:
    figures = (one.planted, one.detected, one.detection_ms, one.bound_ms, one.repaired)
    return (one.name, *map(str, (*figures, one.moving_ms, one.wrong)))


def _mutant_row(one: Result) -> tuple[str, ...]:
    return (
        one.name,
        *map(str, (one.planted, one.detected, one.repaired, one.moving_ms, one.wrong)),
    )
