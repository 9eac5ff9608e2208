"""The commands ``audit …``: they ask a running server, as any client would."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from app.cli.api import connect
from app.cli.exits import Exit, fail
from app.cli.options import ConfigFile, KeyOption, Url

commands = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Who did what, when, from where and why.",
)
PRIVATE = 0o600


class Form(StrEnum):
    """How it is written."""

    CSV = "csv"
    NDJSON = "ndjson"


@commands.command()
def export(
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="As 2026-03-01T08:00, UTC [a day ago]."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Before this instant [now].")
    ] = None,
    actor: Annotated[
        str | None, typer.Option(metavar="WHO", help="By supervisor:KEY, agent:ID or config.")
    ] = None,
    subject: Annotated[
        str | None, typer.Option(metavar="ID", help="To the queue, agent or key of this id.")
    ] = None,
    work: Annotated[
        bool, typer.Option("--work", help="Also what agents and programs do all day.")
    ] = False,
    form: Annotated[Form, typer.Option("--format", help="How it is written.")] = Form.NDJSON,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="A new file, for its owner alone [stdout]."),
    ] = None,
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
) -> None:
    """Write all that was done, the oldest first."""
    asked: dict[str, Any] = {
        "from": _instant("--from", since),
        "until": _instant("--until", until),
        "actor": actor,
        "subject": subject,
        "work": "true" if work else None,
    }
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    server = connect(url, key, config)
    with ExitStack() as stack:
        sink = sys.stdout.buffer if out is None else stack.enter_context(_new(out))
        for chunk in server.stream(f"/v1/audit.{form}" + (f"?{query}" if query else "")):
            sink.write(chunk)
        sink.flush()


def _new(path: Path) -> Any:
    """The file, which must not be there yet: an export is not written over by mistake."""
    try:
        path.touch(PRIVATE, exist_ok=False)
        return path.open("wb")
    except OSError as error:
        fail(Exit.USAGE, [f"--out: {path}: {error.strerror}"])


def _instant(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        fail(Exit.USAGE, [f"{option}: {text!r} is no time: write it as 2026-03-01T08:00"])
    at = told if told.tzinfo is not None else told.replace(tzinfo=UTC)
    return int(at.timestamp() * 1000)
