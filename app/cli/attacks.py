"""The commands ``campaign frames`` and ``campaign requests``: the front door under attack.

Computes nothing: ``app.campaign`` attacks a server of its own, this prints what came of it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from app.cli.exits import Exit, fail
from app.cli.table import columns

if TYPE_CHECKING:
    from app.campaign.frames import Fuzzed

SHOWN = 20
Seed = Annotated[int, typer.Option("--seed", metavar="S", help="The same one does the same again.")]


def frames(
    count: Annotated[
        int, typer.Option("--count", min=1, metavar="N", help="So many frames.")
    ] = 1_000_000,
    seed: Seed = 1,
) -> None:
    """Send right, spoilt and broken frames to /ws; each is answered or ends its own socket.

    Exit code 1 when an answer is missing or a fault of the server, when a socket ends without
    saying why, or when sockets, files or tasks are left.
    """
    from app.campaign.frames import campaign
    from app.campaign.machine import Late

    def say(fuzzed: Fuzzed) -> None:
        if sys.stderr.isatty():
            typer.echo(f"\r\x1b[2K{fuzzed.sent:,} frames", err=True, nl=False)

    try:
        fuzzed = asyncio.run(campaign(seed, count, say))
    except Late as late:
        fail(Exit.REFUSED, [str(late)])
    answers = {("answer", code): times for code, times in fuzzed.answers.most_common()}
    ends = {("close", str(int(code))): times for code, times in sorted(fuzzed.ends.items())}
    _table({**answers, **ends})
    typer.echo(f"{fuzzed.sent:,} frames, seed {seed}")
    _end(fuzzed.faults)


def requests(
    count: Annotated[
        int, typer.Option("--count", min=1, metavar="N", help="About so many requests.")
    ] = 100_000,
    seed: Seed = 1,
) -> None:
    """Send requests made out of /openapi.json; needs schemathesis, of the extra test.

    Exit code 1 when schemathesis finds a fault, when an answer is a fault of the server, or when
    sockets, files or tasks are left.
    """
    from app.campaign.machine import Late
    from app.campaign.requests import NotInstalled, campaign

    def say(requests: int) -> None:
        if sys.stderr.isatty():
            typer.echo(f"\r\x1b[2K{requests:,} requests", err=True, nl=False)

    try:
        asked = asyncio.run(campaign(seed, count, say))
    except (Late, NotInstalled) as error:
        fail(Exit.REFUSED, [str(error)])
    typer.echo(asked.report)
    typer.echo(f"{asked.requests:,} requests, seed {seed}")
    _end(asked.faults)


def _table(rows: Mapping[tuple[str, str], int]) -> None:
    told = [(*what, f"{times:,}") for what, times in rows.items()]
    for line in columns([("", "CODE", "TIMES"), *told]):
        typer.echo(line)


def _end(faults: list[str]) -> NoReturn:
    for line in faults[:SHOWN]:
        typer.echo(f"interlock: {line}", err=True)
    typer.echo(f"faults: {len(faults)}")
    raise typer.Exit(Exit.REFUSED if faults else Exit.OK)
