"""The commands ``quarantine …``: they ask a running server, as any client would."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import quote

import typer

from app.cli.api import connect
from app.cli.options import ConfigFile, KeyOption, Url
from app.cli.table import columns, moment

commands = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="See what was set aside, put it back in line or end it.",
)
Id = Annotated[str, typer.Argument(metavar="ID", help="The conversation's.")]
Reason = Annotated[str, typer.Option(help="Why; kept with the conversation.")]


@commands.command("list")
def list_(
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as it came.")] = False,
) -> None:
    """List what was set aside, the oldest first."""
    answer = connect(url, key, config).ask("GET", "/v1/quarantine")
    if as_json:
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    if not answer["items"]:
        typer.echo("nothing is set aside")
        return
    head = ("ID", "QUEUE", "SET ASIDE", "BY", "REASON", "WHAT WAS SEEN")
    for line in columns([head, *map(_row, answer["items"])]):
        typer.echo(line)


@commands.command()
def requeue(
    id_: Id,
    reason: Reason = "",
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
) -> None:
    """Put one back into its place in line."""
    connect(url, key, config).ask("POST", _path(id_, "requeue"), {"reason": reason})
    typer.echo(f"{id_} waits to be offered")


@commands.command()
def discard(
    id_: Id,
    reason: Reason = "",
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
) -> None:
    """End one as canceled."""
    connect(url, key, config).ask("POST", _path(id_, "discard"), {"reason": reason})
    typer.echo(f"{id_} is over")


def _path(id_: str, act: str) -> str:
    return f"/v1/quarantine/{quote(id_, safe='')}/{act}"


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    return (
        str(item.get("id") or ""),
        str(item.get("queue") or ""),
        moment(item.get("at")),
        str(item.get("by") or ""),
        " ".join(str(item.get("reason") or "").split()),
        " ".join(str(item.get("evidence") or "").split()),
    )
