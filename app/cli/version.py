"""The command ``version``."""

import typer

DISTRIBUTION = "interlock-offers"


def version() -> None:
    """Print the version."""
    typer.echo(f"interlock {installed(DISTRIBUTION)}")


def installed(distribution: str) -> str:
    """The version of a distribution; ``0+source`` when it is used without being installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as of

    try:
        return of(distribution)
    except PackageNotFoundError:
        return "0+source"
