"""The options of ``simulate``, one name each, so that the command's own signature can be read.

Declares only. The rule: an option says which of the three kinds it is: what is simulated, what is
assumed on both sides, and what if.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

SEEDS = 10


def _option(name: str, metavar: str, text: str, **more: Any) -> Any:
    return typer.Option(name, metavar=metavar, help=text, **more)


Text = str | None
Texts = list[str] | None
Number = float | None
File = Path | None
DayNamed = Annotated[
    Text,
    typer.Argument(
        metavar="DAY", help="A date or month of the data set (1999-02-03, 1999-02), or a file."
    ),
]
Generate = Annotated[File, _option("--generate", "SPEC.toml", "Draw days by lot instead.")]
DataSet = Annotated[
    File, _option("--data-set", "DIR", "The recorded days.", exists=True, file_okay=False)
]
ConfigFile = Annotated[
    File,
    typer.Option(
        "--config", "--queues", metavar="FILE", help="Settings file whose queues and agents to use."
    ),
]
Agents = Annotated[
    Texts, _option("--agents", "+N[:NAME]", "What if: N more (or -N) all-rounders, or like NAME.")
]
StrategyNamed = Annotated[
    Text, _option("--strategy", "NAME", "What if: another way of choosing the agent.")
]
Rings = Annotated[
    Text, _option("--rings", "S:LEVEL,…", "What if: other rings: 0:1,30:2,120:2-french, or none.")
]
Capacity = Annotated[Texts, _option("--capacity", "CHANNEL=N", "What if: another capacity.")]
WrapUp = Annotated[Number, _option("--wrap-up", "S", "What if: another wrap-up, seconds.", min=0)]
WhatIf = Annotated[File, _option("--what-if", "FILE", "What if: queues and agents of this file.")]
AcceptDelay = Annotated[
    Number, _option("--accept-delay", "S", "Both sides: seconds from offer to accept.", min=0)
]
Declines = Annotated[
    Number, _option("--declines", "SHARE", "Both sides: offers declined, 0 to 1.", min=0, max=1)
]
Misses = Annotated[
    Number, _option("--misses", "SHARE", "Both sides: offers let pass, 0 to 1.", min=0, max=1)
]
HeadStart = Annotated[
    int | None,
    _option("--head-start", "S", "Both sides: a recorded priority is S seconds waited.", min=0),
]
Target = Annotated[
    Number, _option("--target", "S", "Judge by this target, seconds [the queue's].", min=0.001)
]
Seeds = Annotated[
    int | None, _option("--seeds", "N", f"Days to run [{SEEDS} drawn, 1 recorded].", min=1)
]
Seed = Annotated[int, _option("--seed", "N", "The first of the seeds.")]
Interval = Annotated[
    float, _option("--interval", "MIN", "Minutes per point of the chart.", min=1, max=1_440)
]
Compare = Annotated[
    bool, typer.Option("--compare/--no-compare", help="Print the day as it is beside what if.")
]
Chart = Annotated[File, _option("--chart", "FILE", "Draw the day: .png, .svg or .pdf.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
