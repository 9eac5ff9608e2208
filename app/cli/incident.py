"""The commands ``incident …``: they ask a running server, as any client would."""

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
    help="See what went wrong, say who looks after it, and get the draft of a post-mortem.",
)
IncidentId = Annotated[str, typer.Argument(metavar="ID", help="As `incident list` names it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as it came.")]


@commands.command("list")
def list_(
    state: Annotated[
        str | None, typer.Option(metavar="STATE", help="open or resolved; without it, both.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 50,
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """List incidents, the newest first."""
    only = f"&state={quote(state, safe='')}" if state else ""
    answer = connect(url, key, config).ask("GET", f"/v1/incidents?limit={limit}{only}")
    if as_json:
        _print(answer)
        return
    if not answer["incidents"]:
        typer.echo("no incidents (that nobody is on, or all are busy, is on the board)")
        return
    head = ("ID", "CAUSE", "QUEUE", "BEGAN", "OVER", "LOOKED AFTER BY", "WHAT")
    for line in columns([head, *map(_row, answer["incidents"])]):
        typer.echo(line)


@commands.command()
def show(
    id_: IncidentId, url: Url = None, key: KeyOption = None, config: ConfigFile = None
) -> None:
    """Print one incident with its evidence and steps."""
    _print(connect(url, key, config).ask("GET", _path(id_)))


@commands.command()
def ack(
    id_: IncidentId,
    reason: Annotated[str, typer.Option(help="What you do about it; kept with it.")] = "",
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
) -> None:
    """Say that you look after it."""
    answer = connect(url, key, config).ask("POST", _path(id_, "/acknowledge"), {"reason": reason})
    typer.echo(f"{id_} is looked after by {answer['acknowledged_by']}")


@commands.command()
def report(
    id_: IncidentId, url: Url = None, key: KeyOption = None, config: ConfigFile = None
) -> None:
    """Print the draft of its post-mortem, in Markdown."""
    typer.echo(connect(url, key, config).text(_path(id_, "/report")), nl=False)


def _path(id_: str, rest: str = "") -> str:
    return f"/v1/incidents/{quote(id_, safe='')}{rest}"


def _print(answer: Any) -> None:
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def _row(incident: dict[str, Any]) -> tuple[str, ...]:
    about = ("id", "cause", "queue")
    return (
        *(str(incident.get(name) or "") for name in about),
        moment(incident.get("since")),
        moment(incident.get("resolved_at")),
        str(incident.get("acknowledged_by") or ""),
        " ".join(str(incident.get("text") or "").split()),
    )
