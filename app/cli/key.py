"""The commands ``key …``: they ask a running server, as any client would.

MUST print a secret to standard output alone, so that a pipe gets it and a log of messages does not.
"""

from __future__ import annotations

import json
import re
import time
from typing import Annotated, Any, Final

import typer

from app.cli.api import connect
from app.cli.options import ConfigFile, KeyOption, Url
from app.cli.table import columns, moment

commands = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Make, list, limit and end API keys."
)
_UNITS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def _span_ms(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if found is None:
        raise typer.BadParameter("write a number and s, m, h or d, as 12h or 30d")
    return int(found[1]) * _UNITS[found[2]]


Queues = Annotated[
    list[str] | None,
    typer.Option("--queue", metavar="ID", help="Only in this queue; give it again for more."),
]
For = Annotated[
    int | None,
    typer.Option(
        "--for",
        parser=_span_ms,
        metavar="SPAN",
        help="It ends by itself after this, as 12h or 30d.",
    ),
]
HideCustomers = Annotated[
    bool, typer.Option("--hide-customers", help="A supervisor is not told who the customers are.")
]
KeyId = Annotated[str, typer.Argument(metavar="ID", help="As `key list` names it.")]


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
    queue: Queues = None,
    lasts_ms: For = None,
    hide_customers: HideCustomers = False,
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
) -> None:
    """Make a key. Standard output gets the key alone; it is never shown again."""
    body = {"name": name, "role": role} | ({"agent": agent} if agent else {})
    body |= limits_of(queue, lasts_ms, hide_customers)
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
    head = ("ID", "NAME", "ROLE", "AGENT", "QUEUES", "CREATED", "ENDS", "REVOKED")
    for line in columns([head, *map(_row, answer["keys"])]):
        typer.echo(line)


@commands.command()
def limit(
    id_: KeyId,
    queue: Queues = None,
    lasts_ms: For = None,
    hide_customers: HideCustomers = False,
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
) -> None:
    """Say anew what a key is limited to, as a whole: what is left out is no limit."""
    body = limits_of(queue, lasts_ms, hide_customers)
    connect(url, key, config).ask("POST", f"{_path(id_)}/limits", body)
    typer.echo(f"limited {id_}" if body else f"{id_} has no limits")


@commands.command()
def rotate(
    id_: KeyId,
    overlap_ms: Annotated[
        int | None,
        typer.Option(
            "--overlap",
            parser=_span_ms,
            metavar="SPAN",
            help="How long the secret until now stays good beside the new one [0].",
        ),
    ] = None,
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
) -> None:
    """Give a key another secret. Standard output gets it alone; it is never shown again."""
    body = {"overlap_ms": overlap_ms or 0}
    made = connect(url, key, config).ask("POST", f"{_path(id_)}/rotate", body)
    typer.echo(f"the new secret of {id_}, shown only this once:", err=True)
    typer.echo(made["key"])


@commands.command()
def revoke(
    id_: KeyId,
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
) -> None:
    """Close a key for good, and the sockets that used it."""
    connect(url, key, config).ask("DELETE", _path(id_))
    typer.echo(f"revoked {id_}")


def _path(id_: str) -> str:
    from urllib.parse import quote

    return f"/v1/keys/{quote(id_, safe='')}"


def limits_of(
    queues: list[str] | None, lasts_ms: int | None, hide_customers: bool
) -> dict[str, Any]:
    """What the three options ask for, as a body has it; what is left out is no limit."""
    limits: dict[str, Any] = {}
    if queues:
        limits["queues"] = queues
    if lasts_ms is not None:
        limits["expires_at"] = int(time.time() * 1_000) + lasts_ms
    return limits | ({"hides_customers": True} if hide_customers else {})


def _row(key: dict[str, Any]) -> tuple[str, ...]:
    words = (str(key.get(name) or "") for name in ("id", "name", "role", "agent"))
    queues = ",".join(key.get("queues") or ())
    moments = (moment(key.get(name)) for name in ("created_at", "expires_at", "revoked_at"))
    return (*words, queues, *moments)
