"""The command ``doctor``: prints the findings."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.exits import Exit, settings_or_exit
from app.cli.options import ConfigFile, Data, Host, Port


def doctor(
    config: ConfigFile = None,
    host: Host = None,
    port: Port = None,
    data: Data = None,
    sockets: Annotated[
        int | None,
        typer.Option("--sockets", min=1, metavar="N", help="Check for so many [limits]."),
    ] = None,
) -> None:
    """Check this machine before a start."""
    flags = {"server.host": host, "server.port": port, "embedded.data": data}
    settings = settings_or_exit(config, flags, Exit.REFUSED).settings
    from app.cli import machine, storage
    from app.cli.finding import Level

    server = settings.server
    findings = [
        machine.versions(),
        *storage.store(settings),
        machine.open_files(sockets or settings.limits.sockets_max),
        machine.backlog(settings.server.backlog),
        *([machine.client_ports(sockets)] if sockets else []),
        machine.clock(),
        machine.transport(server),
        *([machine.certificate(server.tls_cert, server.tls_key)] if server.tls_cert else []),
        machine.port(server.host, server.port, "https" if server.tls_cert else "http"),
    ]
    for finding in findings:
        for line in finding.lines():
            typer.echo(line)
    if any(finding.level is Level.PROBLEM for finding in findings):
        raise typer.Exit(Exit.REFUSED)
