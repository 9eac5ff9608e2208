"""The commands ``campaign …``: against ourselves, to see that nothing gives. Exit code 1: it did.

Everything runs on stores and servers of its own; no server of yours is touched.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from app.cli.attacks import frames, requests
from app.cli.exits import Exit
from app.cli.sim import sim
from app.cli.stalls import stalls
from app.cli.table import columns

if TYPE_CHECKING:
    from app.campaign.damage import Outcome

commands = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Attack ourselves, and judge from outside."
)
Seed = Annotated[int, typer.Option("--seed", metavar="S", help="The same one does the same again.")]
Count = Annotated[int, typer.Option("--count", min=1, metavar="N", help="How often.")]
SHOWN = 20


commands.command()(stalls)
commands.command()(sim)
commands.command()(frames)
commands.command()(requests)


@commands.callback()
def group() -> None:
    """Attack ourselves, and judge from outside."""


def _progress(text: str) -> None:
    """A line that the next one overwrites; nothing where nobody watches."""
    if sys.stderr.isatty():
        typer.echo(f"\r\x1b[2K{text}", err=True, nl=False)


def _end(faults: Iterable[str], what: str) -> NoReturn:
    """Print what is wrong and end with 1, or say that nothing is."""
    _progress("")
    found = list(faults)
    for line in found[:SHOWN]:
        typer.echo(f"interlock: {line}", err=True)
    typer.echo(f"{what}: {len(found)}")
    raise typer.Exit(Exit.REFUSED if found else Exit.OK)


@commands.command()
def damage(
    seed: Seed = 1,
    count: Count = 10_000,
    real: Annotated[
        int, typer.Option("--real", min=0, metavar="N", help="So many more on a real store.")
    ] = 300,
) -> None:
    """Damage stored bytes, and see what a node makes of them."""
    from app.campaign.damage import MemoryGround, campaign
    from app.campaign.machine import Store
    from app.campaign.real_ground import RealGround

    async def run() -> list[Outcome]:
        def say(outcome: Outcome) -> None:
            _progress(f"{outcome.cases} cases, {len(outcome.violations)} violations")

        outcomes = [await campaign(MemoryGround(), seed, count, say)]
        if real:
            async with Store() as store:
                outcomes.append(
                    await campaign(RealGround(store.url, store.admin()), seed + 1, real, say)
                )
        return outcomes

    outcomes = asyncio.run(run())
    for name, outcome in zip(("in memory", "on a real store"), outcomes, strict=False):
        served = f"the neighbour served {outcome.neighbour_served} times"
        typer.echo(f"\n{outcome.cases} damages {name}; {served}")
        rows = [
            (place, kind, outcome_, str(times))
            for (place, kind, outcome_), times in sorted(outcome.table.items())
        ]
        for line in columns([("PLACE", "DAMAGE", "OUTCOME", "TIMES"), *rows]):
            typer.echo(line)
    _end((fault for outcome in outcomes for fault in outcome.violations), "violations")


@commands.command()
def decode(
    seed: Seed = 1,
    count: Count = 5_000_000,
    keep: Annotated[
        Path, typer.Option("--keep", metavar="FILE", help="Failures are appended here, with seed.")
    ] = Path("decode-failures.jsonl"),
) -> None:
    """Hand the decoder bytes of every kind: a record or a typed refusal must come of them."""
    from app.campaign.decode import Tried, campaign

    began = time.perf_counter()

    def say(tried: Tried) -> None:
        rate = tried.cases / (time.perf_counter() - began)
        _progress(f"{tried.cases:,} inputs, {rate:,.0f} a second, {len(tried.failures)} failures")

    tried = campaign(seed, count, keep=keep, say=say)
    _progress("")
    rows = [(*line.split(": "), f"{times:,}") for line, times in sorted(tried.seen.items())]
    for line in columns([("INPUT", "OUTCOME", "TIMES"), *rows]):
        typer.echo(line)
    seconds = time.perf_counter() - began
    typer.echo(f"{tried.cases:,} inputs in {seconds:.0f} s, seed {seed}")
    _end((f"{one['seed']}: {one['what']}: {one['error']}" for one in tried.failures), "failures")


@commands.command()
def kill(seed: Seed = 1, count: Count = 200) -> None:
    """Kill and freeze server, store and follower under load; judge by log and journals alone."""
    from app.campaign.kill import campaign
    from app.campaign.machine import Late

    try:
        result = asyncio.run(campaign(seed, count, _progress))
    except Late as late:
        _end([str(late)], "faults")
    _progress("")
    rows = [
        *(("fault", name, str(times)) for name, times in result.faults.most_common()),
        *(("seen", name, str(times)) for name, times in sorted(result.seen.items())),
        *(("judged", name, str(times)) for name, times in sorted(result.verdict.counts.items())),
    ]
    for line in columns([("", "WHAT", "TIMES"), *rows]):
        typer.echo(line)
    typer.echo(f"checked as well: {result.checked}; seed {seed}")
    _end(result.verdict.faults, "faults")


@commands.command()
def judge(
    log: Annotated[Path, typer.Argument(metavar="LOG", exists=True, help="From `format export`.")],
    journals: Annotated[
        list[Path], typer.Argument(metavar="JOURNAL...", exists=True, help="Of bots and writers.")
    ],
) -> None:
    """Judge an exported log by the journals of those who were served."""
    from app.campaign.outside import judge_files

    verdict = judge_files(log, journals)
    for line in columns([(name, str(times)) for name, times in sorted(verdict.counts.items())]):
        typer.echo(line)
    _end(verdict.faults, "faults")
