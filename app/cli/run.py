"""The commands that run something: serve, demo, replay. Options go in, an exit code comes out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from app.cli.exits import Exit, fail, settings_or_exit
from app.cli.options import ConfigFile, Data, Host, KeyOption, Port


def serve(
    config: ConfigFile = None,
    host: Host = None,
    port: Port = None,
    data: Data = None,
    gateways: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Processes that hold the sockets; 0: this one does."),
    ] = None,
) -> None:
    """Run the server alone."""
    flags = {
        "server.host": host,
        "server.port": port,
        "server.gateways": gateways,
        "embedded.data": data,
    }
    settings = settings_or_exit(config, flags).settings
    from app.main import serve as run

    raise typer.Exit(run(settings))


def demo(
    config: ConfigFile = None,
    host: Host = None,
    port: Port = None,
    data: Data = None,
    bots: Annotated[
        bool, typer.Option("--bots/--no-bots", help="Simulated agents and customers.")
    ] = True,
) -> None:
    """Run the server with a simulated call centre."""
    flags = {"server.host": host, "server.port": port, "embedded.data": data}
    settings = settings_or_exit(config, flags).settings
    from app.main import demo as run

    raise typer.Exit(run(settings, bots=bots))


def follow() -> None:
    """Be the follower process that a server starts: its order comes on the standard input."""
    from app.main import follow as run

    raise typer.Exit(run())


def gateway() -> None:
    """Be a gateway process that a server starts: its order comes on the standard input."""
    from app.main import gateway as run

    raise typer.Exit(run())


def _day(text: str) -> str:
    """A date of the data set, or the path of a day's own file."""
    if Path(text).is_file():
        return text
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no file and no date like 1999-02-03") from None


def replay(
    day: Annotated[
        str,
        typer.Argument(
            metavar="DAY", parser=_day, help="A date of the data set, as 1999-02-03, or a file."
        ),
    ],
    speed: Annotated[
        float, typer.Option(min=0.1, metavar="N", help="Seconds of the day per second.")
    ] = 60.0,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="A running server; without: one of its own."),
    ] = None,
    key: KeyOption = None,
    data_set: Annotated[
        Path | None,
        typer.Option(
            "--data-set", exists=True, file_okay=False, metavar="DIR", help="The recorded days."
        ),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Play a recorded day and compare."""
    settings = settings_or_exit(config, {}).settings
    key = key or settings.auth.admin_key.get_secret_value() or None
    if url and not key:
        fail(Exit.USAGE, ["a running server wants a key: give --key"])
    from app.clients.replay import ReplayOptions
    from app.main import replay as run

    options = ReplayOptions(speed=speed)
    raise typer.Exit(run(settings, options, day=day, url=url, key=key, data_set=data_set))
