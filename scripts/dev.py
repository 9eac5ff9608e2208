"""The two commands: ``python3 scripts/dev.py run`` and ``python3 scripts/dev.py test``.

Needs Python 3.11 with pip, or uv, and nothing else. Keeps ``.venv`` in step with the project, then
becomes ``interlock demo`` or pytest; what follows the verb is passed on. ``setup`` only prepares.
MUST stay on the standard library, and MUST NOT hide a failed install.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = str(VENV / "bin" / "python")
STAMP = VENV / "interlock-stamp"
PAGES = ROOT / "static" / "vendor" / "complete"
SOURCES = ("pyproject.toml", "static/package-lock.json", "scripts/build_static.py")
VERBS = {
    "run": [str(VENV / "bin" / "interlock"), "demo"],
    "test": [PYTHON, "-m", "pytest"],
    "setup": [],
}
USAGE = "usage: python3 scripts/dev.py run|test|setup [options of `interlock demo` or pytest]"
NO_PIP = "This Python has no pip. On Debian: apt-get install python3-venv. Anywhere: install uv."
NO_PAGES = "WITHOUT PAGES, for want of npm's libraries. To fetch them: python3 scripts/dev.py setup"


def wanted() -> str:
    """Name what ``.venv`` has to be made from: this Python, this folder, this project."""
    sources = b"\0".join((ROOT / name).read_bytes() for name in SOURCES)
    return f"{sys.version}\n{hashlib.sha256(bytes(ROOT) + sources).hexdigest()}"


def found() -> str:
    """Tell what ``.venv`` was made from; empty if it is missing or was never finished."""
    return STAMP.read_text() if STAMP.is_file() and os.path.exists(PYTHON) else ""


def make_venv() -> list[str]:
    """Make ``.venv``, or keep the one this Python made; return the command to install with."""
    if uv := shutil.which("uv"):
        make = [uv, "venv", "--quiet", "--python", sys.executable, str(VENV)]
        install = [uv, "pip", "install", "--quiet", "--python", PYTHON]
    elif find_spec("pip"):  # It installs from outside: Debian leaves out the ensurepip of a venv.
        make = [sys.executable, "-m", "venv", "--without-pip", str(VENV)]
        install = [sys.executable, "-m", "pip", "--python", PYTHON, "install", "-qq"]
    elif find_spec("ensurepip"):
        make = [sys.executable, "-m", "venv", str(VENV)]
        install = [PYTHON, "-m", "pip", "install", "-qq"]
    else:
        sys.exit(f"interlock: {NO_PIP}")
    if not found().startswith(sys.version):
        shutil.rmtree(VENV, ignore_errors=True)
        if subprocess.run(make).returncode:
            sys.exit("interlock: .venv could not be made; the lines above say why")
    return install


def prepare(may_skip_pages: bool) -> None:
    """Install the project, editable, with its test tools; end the program if that fails."""
    print("interlock: setting up .venv, about a minute, once", file=sys.stderr, flush=True)
    install = [*make_venv(), "--editable", f"{ROOT}[test]"]
    failed = subprocess.run(install).returncode
    if failed and may_skip_pages:
        failed = subprocess.run(install, env={**os.environ, "INTERLOCK_UI": "skip"}).returncode
    if failed:
        sys.exit("interlock: .venv could not be filled; the lines above say why")
    STAMP.write_text(wanted())


def main(verb: str, options: list[str]) -> None:
    """Prepare, then become the tool that the verb names."""
    by_hand = os.environ.get("INTERLOCK_UI") == "skip"
    may_skip_pages = by_hand or (verb == "run" and not os.environ.get("CI"))
    if found() != wanted() or not (PAGES.is_file() or may_skip_pages):
        prepare(may_skip_pages)
    if not PAGES.is_file():
        print(f"interlock: {NO_PAGES}", file=sys.stderr, flush=True)
    if verb == "test":
        os.chdir(ROOT)
    if command := VERBS[verb]:
        os.execv(command[0], command + options[options[:1] == ["--"] :])


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - says so where pip would only fail
        sys.exit(f"interlock: needs Python 3.11 or newer, and this is {sys.version.split()[0]}")
    if len(sys.argv) < 2 or sys.argv[1] not in VERBS:
        print(USAGE, file=sys.stderr)
        sys.exit(2)
    main(sys.argv[1], sys.argv[2:])
