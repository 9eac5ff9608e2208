"""The commands ``user …``: people with a name and a password, at a running server.

MUST take a password from the terminal or from standard input, never from an argument: other users
of the machine see those, and shells remember them.
"""

from __future__ import annotations

import getpass
import json
import sys
from typing import Annotated, Any
from urllib.parse import quote

import typer

from app.cli.api import connect
from app.cli.exits import Exit, fail
from app.cli.key import For, HideCustomers, Queues, limits_of
from app.cli.options import ConfigFile, KeyOption, Url
from app.cli.table import columns, moment

commands = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="People with a name and a password (auth.local_users).",
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="What the person signs in as.")]


@commands.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(metavar="ROLE", help="agent, supervisor or admin.")],
    agent: Annotated[
        str | None, typer.Option(metavar="ID", help="Whose desk a user of role agent has.")
    ] = None,
    queue: Queues = None,
    lasts_ms: For = None,
    hide_customers: HideCustomers = False,
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
) -> None:
    """Make a user, or make one anew. The password is asked for, or is a line of standard input."""
    server = connect(url, key, config)
    body = {"role": role, "password": _password(), **limits_of(queue, lasts_ms, hide_customers)}
    server.ask("PUT", _path(name), body | ({"agent": agent} if agent else {}))
    typer.echo(f"user {name} with role {role}")


@commands.command("list")
def list_(
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as it came.")] = False,
) -> None:
    """List the users."""
    answer = connect(url, key, config).ask("GET", "/v1/users")
    if as_json:
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    head = ("NAME", "ROLE", "AGENT", "QUEUES", "CREATED", "ENDS", "PASSWORD SET")
    for line in columns([head, *map(_row, answer["users"])]):
        typer.echo(line)


@commands.command()
def password(
    name: Name,
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
) -> None:
    """Give a user another password; what is signed in with the one before ends."""
    server = connect(url, key, config)
    server.ask("POST", f"{_path(name)}/password", {"password": _password()})
    typer.echo(f"another password for {name}")


@commands.command()
def remove(
    name: Name,
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
) -> None:
    """Remove a user, with all sign-ins and sockets."""
    connect(url, key, config).ask("DELETE", _path(name))
    typer.echo(f"removed {name}")


def _password() -> str:
    """Twice from a terminal, so that a slip is noticed; else the first line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        fail(Exit.REFUSED, ["the two are not the same; nothing was changed"])
    return first


def _path(name: str) -> str:
    return f"/v1/users/{quote(name, safe='')}"


def _row(user: dict[str, Any]) -> tuple[str, ...]:
    words = (str(user.get(name) or "") for name in ("id", "role", "agent"))
    moments = (moment(user.get(name)) for name in ("created_at", "expires_at", "password_set_at"))
    return (*words, ",".join(user.get("queues") or ()), *moments)
