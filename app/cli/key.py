"""The commands ``key …``: they ask a running server, as any client would."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from app.cli.api import connect
from app.cli.options import ConfigFile, KeyOption, Url
from app.cli.table import columns, moment

commands = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Make, list and revoke API keys."
)


@commands.command()
def create(
    name: Annotated[str, typer.Option(help="What it is for; shown in lists and audits.")],
    role: Annotated[
        str, typer.Option(metavar="ROLE", help="ingest, viewer, agent, supervisor or admin.")
    ],
    agent: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Bind a key of role agent to this one; else it speaks for any."
        ),
    ] = None,
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
) -> None:
    """Make a key. Standard output gets the key alone; it is never shown again."""
    body = {"name": name, "role": role} | ({"agent": agent} if agent else {})
    server = connect(url, key, config)
    made = server.ask("POST", "/v1/keys", body)
    typer.echo(f"key {made['id']} with role {role}, shown only this once:", err=True)
    if role == "viewer":
        typer.echo(f"its wallboard: {server.url.rstrip('/')}/board#wall=KEY", err=True)
    typer.echo(made["key"])


@commands.command("list")
def list_(
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as it came.")] = False,
) -> None:
    """List the keys, without their secrets."""
    answer = connect(url, key, config).ask("GET", "/v1/keys")
    if as_json:
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    head = ("ID", "NAME", "ROLE", "AGENT", "CREATED", "REVOKED")
    for line in columns([head, *map(_row, answer["keys"])]):
        typer.echo(line)


@commands.command()
def revoke(
    id_: Annotated[str, typer.Argument(metavar="ID", help="As `key list` names it.")],
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
) -> None:
    """Close a key for good, and the sockets that used it."""
    from urllib.parse import quote

    connect(url, key, config).ask("DELETE", f"/v1/keys/{quote(id_, safe='')}")
    typer.echo(f"revoked {id_}")


def _row(key: dict[str, Any]) -> tuple[str, ...]:
    words = (str(key.get(name) or "") for name in ("id", "name", "role", "agent"))
    return (*words, moment(key.get("created_at")), moment(key.get("revoked_at")))
