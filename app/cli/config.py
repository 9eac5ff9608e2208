"""The commands ``config …``: they print what ``app.config`` says about the settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.exits import Exit, settings_or_exit
from app.cli.options import ConfigFile

if TYPE_CHECKING:
    from app.config import Settings

commands = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Check and explain the settings."
)


@commands.command()
def check(config: ConfigFile = None) -> None:
    """Say everything that is wrong with the settings; exit 1 if anything is."""
    loaded = settings_or_exit(config, {}, Exit.REFUSED)
    for line in (*map(str, loaded.advice), *_warnings(loaded.settings)):
        typer.echo(f"interlock: advice: {line}", err=True)
    tables = ("queues", "agents", "presences")
    counts = ", ".join(f"{len(getattr(loaded.settings, name))} {name}" for name in tables)
    typer.echo(f"ok: {len(loaded.origins)} values set, {counts}")


def _warnings(settings: Settings) -> Iterator[str]:
    """What a PUT of these queues, agents and presences would warn of, as far as the file tells."""
    from app.wire.lint import Configured, all_warnings

    ground = Configured(settings.queues, settings.agents, settings.presences, whole=False)
    for kind, id_, warning in all_warnings(ground):
        path = f"{kind}.{id_}{warning['path'].removeprefix('$')}"
        yield f"{path}: {warning['message']} ({warning['code']})"


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
