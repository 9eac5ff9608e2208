"""Options that several commands share. The rule: the same word means the same thing everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="INTERLOCK_CONFIG",
        metavar="FILE",
        help="Settings file (TOML). Without it: defaults and environment.",
    ),
]
Host = Annotated[
    str | None, typer.Option("--host", metavar="HOST", help="Address to listen on [127.0.0.1].")
]
Port = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65535, metavar="PORT", help="Port [8080]; 0: any free one."),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Directory of the embedded store, or of a note about an external one [data].",
    ),
]
Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="A running server [from the settings]."),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        envvar="INTERLOCK_AUTH__ADMIN_KEY",
        metavar="KEY",
        show_envvar=True,
        help="Key of an admin. Other users of the machine can see it here: prefer the variable.",
    ),
]
