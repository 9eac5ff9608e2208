"""The commands ``format …``: what is stored, read with this build, and the format it is in.

``check`` and ``export`` read the store itself; the others ask a running server, which alone may
write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from app.cli.api import connect
from app.cli.exits import settings_or_exit
from app.cli.options import ConfigFile, Data, KeyOption, Url
from app.cli.table import columns, moment

commands = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Look after the stored format."
)


@commands.callback()
def group() -> None:
    """Look after the stored format."""


@commands.command()
def status(
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as it came.")] = False,
) -> None:
    """Say which format is in force, what each live node reads, and what the next one lacks."""
    found = connect(url, key, config).ask("GET", "/v1/format")
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for line in _lines(found):
        typer.echo(line)


@commands.command()
def finalize(
    format_: Annotated[
        int | None,
        typer.Option("--format", min=1, metavar="N", help="Which [the newest]."),
    ] = None,
    now: Annotated[
        bool, typer.Option("--now", help="Do without the waiting; every check stays.")
    ] = False,
    allow_downgrade: Annotated[
        bool, typer.Option("--allow-downgrade", help="N may be the one before.")
    ] = False,
    url: Url = None,
    key: KeyOption = None,
    config: ConfigFile = None,
) -> None:
    """Write a newer format from now on. Builds that cannot read it refuse to start after this."""
    body: dict[str, Any] = {"now": now, "allow_downgrade": allow_downgrade}
    body |= {} if format_ is None else {"format": format_}
    found = connect(url, key, config).ask("POST", "/v1/format/finalize", body)
    typer.echo(f"stored format {found['finalized']} is in force")
    if found["target"] is not None:
        typer.echo("the former build can start once the next snapshot is there: seconds", err=True)


def _lines(found: dict[str, Any]) -> Iterator[str]:
    reads, writes = found["reads"], found["writes"]
    yield f"finalized      {found['finalized']}"
    yield f"this build     reads {reads[0]} to {reads[1]}, writes {writes[0]} to {writes[1]}"
    records, wrong = found["shadow_records"], found["shadow_mismatches"]
    since = f" since {moment(found['shadow_since'])}" if found["shadow_since"] else ""
    yield f"shadow writes  {records}{since}, {wrong} of them wrong"
    yield ""
    yield from columns([("NODE", "VERSION", "READS", "WRITES", ""), *map(_row, found["nodes"])])
    yield ""
    if found["target"] is None:
        yield "nothing newer to finalize"
    elif not found["missing"]:
        yield f"format {found['target']} can be finalized: interlock format finalize"
    else:
        yield f"missing for format {found['target']}:"
        yield from (f"  {text}" for text in found["missing"])


def _row(node: dict[str, Any]) -> tuple[str, ...]:
    reads = f"{node['read_min']} to {node['read_max']}"
    owner = "owner" if node["owner"] else "waits"
    return node["node"], node["version"], reads, f"to {node['write_max']}", owner


@commands.command()
def export(
    config: ConfigFile = None,
    data: Data = None,
    after: Annotated[
        str, typer.Option("--after", metavar="POSITION", help="Only what comes after, as 3-141.")
    ] = "0-0",
) -> None:
    """Print every record of the log as a line of JSON: where it is, its kind, its fields."""
    settings = settings_or_exit(config, {"embedded.data": data}).settings
    from app.main.exporting import export_log

    raise typer.Exit(export_log(settings, after))


@commands.command()
def check(config: ConfigFile = None, data: Data = None) -> None:
    """Read every record of the log, also beside a running server. Writes and owns nothing."""
    settings = settings_or_exit(config, {"embedded.data": data}).settings
    from app.main import check_format

    raise typer.Exit(check_format(settings))
