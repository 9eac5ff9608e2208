"""The commands ``config …``: they print what ``app.config`` says about the settings."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.exits import Exit, settings_or_exit
from app.cli.options import ConfigFile

commands = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Check and explain the settings."
)


@commands.command()
def check(config: ConfigFile = None) -> None:
    """Say everything that is wrong with the settings; exit 1 if anything is."""
    loaded = settings_or_exit(config, {}, Exit.REFUSED)
    for problem in loaded.advice:
        typer.echo(f"interlock: advice: {problem}", err=True)
    queues, agents = len(loaded.settings.queues), len(loaded.settings.agents)
    typer.echo(f"ok: {len(loaded.origins)} values set, {queues} queues, {agents} agents")


@commands.command()
def show(
    config: ConfigFile = None,
    changed: Annotated[bool, typer.Option("--changed", help="Leave out the defaults.")] = False,
) -> None:
    """Print each value with its source (default, file, env, flag); secrets are masked."""
    loaded = settings_or_exit(config, {}, Exit.REFUSED)
    from app.config.render import show as rows

    for path, value, source in rows(loaded, changed=changed):
        typer.echo(f"{path} = {value}  # {source}")


@commands.command()
def schema() -> None:
    """Print the JSON Schema of the settings file."""
    from app.config.render import schema as document

    typer.echo(document())


@commands.command()
def env() -> None:
    """Print the environment variables that are read."""
    from app.config.render import variables

    for name in variables():
        typer.echo(name)


@commands.command()
def default() -> None:
    """Print a settings file with every key, its default and its reason."""
    from app.config.render import default_file

    typer.echo(default_file(), nl=False)
