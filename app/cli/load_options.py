"""The options of ``interlock load`` as the types of its parameters. Holds no behaviour but parsing.

The rule: a word that other commands have means the same here.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3_600}


class Scenario(StrEnum):
    """What happens; ``app.load.plan.SCENARIOS`` says it in words."""

    STEADY = "steady"
    RAMP = "ramp"
    STORM = "storm"
    SLOW = "slow"
    FLAP = "flap"
    DEPLOY = "deploy"
    BOARD = "board"
    SOAK = "soak"


class Fsync(StrEnum):
    """When the store of a server of our own writes through to the disk."""

    ALWAYS = "always"
    EVERYSEC = "everysec"


def _duration(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if found is None or not float(found[1]):
        raise typer.BadParameter(f"{text!r} is no time like 90, 90s, 5m or 2h")
    return float(found[1]) * _SECONDS[found[2]]


What = Annotated[
    Scenario,
    typer.Argument(
        metavar="SCENARIO",
        help="steady; ramp: up to the knee; storm: all drop and return; slow: some stop reading; "
        "flap: all drop again and again; deploy: drain and restart (own server only); board: 100 "
        "supervisors; soak: steady and long.",
    ),
]
Agents = Annotated[
    int, typer.Option(min=1, max=100_000, metavar="N", help="Agents, a socket each.")
]
Rate = Annotated[float, typer.Option(min=0.01, metavar="R", help="Conversations a second.")]
Seconds = Annotated[
    float, typer.Option("--for", parser=_duration, metavar="T", help="As 90s, 5m or 2h.")
]
Drain = Annotated[
    float,
    typer.Option(
        "--drain", parser=_duration, metavar="T", help="Longest wait for the end of what is open."
    ),
]
Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="A running server; without: one of its own."),
]
Burst = Annotated[int, typer.Option(min=1, metavar="N", help="How many arrive at once.")]
Day = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        metavar="FILE",
        help="Arrivals of a recorded day (interlock-day/1), pressed into T; instead of --rate.",
    ),
]
Ring = Annotated[
    float, typer.Option(min=0.0, metavar="S", help="Median seconds until an agent decides.")
]
Work = Annotated[float, typer.Option(min=0.0, metavar="S", help="Median seconds of the work.")]
Decline = Annotated[
    float, typer.Option(min=0.0, max=0.9, metavar="X", help="Share of offers declined.")
]
Queues = Annotated[int, typer.Option(min=1, max=5_000, metavar="N", help="Queues.")]
Boards = Annotated[
    int | None, typer.Option("--supervisors", min=0, max=1_000, metavar="N", help="Boards open.")
]
Processes = Annotated[
    int | None, typer.Option(min=1, max=64, metavar="N", help="Client processes [by --agents].")
]
StoreFsync = Annotated[Fsync, typer.Option("--fsync", help="Of the own server's store.")]
Gateways = Annotated[
    int, typer.Option(min=0, max=64, metavar="N", help="Gateway processes of the own server.")
]
P99 = Annotated[
    float, typer.Option(min=0.0, metavar="MS", help="Fail when offers take longer; 0: never.")
]
Seed = Annotated[int, typer.Option(metavar="N", help="Of arrivals and human times.")]
JsonFile = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="The result as JSON.")
]
Report = Annotated[
    Path | None, typer.Option(metavar="FILE.html", help="The result as a page with charts.")
]
