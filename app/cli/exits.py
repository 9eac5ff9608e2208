"""How a command ends: the exit codes, and an error as lines on standard error.

The rule: what a person must read goes to standard error, what a program may read to standard
output.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from app.config import Loaded


class Exit(IntEnum):
    """What the exit code says to the caller."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    START_UP_FAILED = 3


def fail(code: Exit, lines: Iterable[str]) -> NoReturn:
    """Print the lines as errors and end with ``code``."""
    for line in lines:
        typer.echo(f"interlock: {line}", err=True)
    raise typer.Exit(code)


def settings_or_exit(
    path: Path | None, flags: Mapping[str, Any], code: Exit = Exit.START_UP_FAILED
) -> Loaded:
    """Read the settings, or print all that is wrong with them and end with ``code``."""
    from app.config import ConfigError, read

    try:
        return read(path, flags=flags)
    except ConfigError as error:
        fail(code, map(str, error.problems))
