"""The command ``version``, and ``--version`` for those who look there first."""

from typing import Annotated

import typer

DISTRIBUTION = "interlock-offers"


def version() -> None:
    """Print the version."""
    typer.echo(f"interlock {installed(DISTRIBUTION)}")


def _told(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_told, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Offers waiting conversations to agents, and never stays blocked."""


def installed(distribution: str) -> str:
    """The version of a distribution; ``0+source`` when it is used without being installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as of

    try:
        return of(distribution)
    except PackageNotFoundError:
        return "0+source"
