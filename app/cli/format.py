"""The commands ``format …``: what is stored, looked at with this build."""

from __future__ import annotations

import typer

from app.cli.exits import settings_or_exit
from app.cli.options import ConfigFile, Data

commands = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Look at what is stored with this build."
)


@commands.callback()
def group() -> None:
    """Look at what is stored with this build."""


@commands.command()
def check(config: ConfigFile = None, data: Data = None) -> None:
    """Read every record of the log, also beside a running server. Writes and owns nothing."""
    settings = settings_or_exit(config, {"embedded.data": data}).settings
    from app.main import check_format

    raise typer.Exit(check_format(settings))
