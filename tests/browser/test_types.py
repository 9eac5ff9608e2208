"""Holds the pages' modules to their types: `// @ts-check` in each, and a compiler that looks.

The compiler is named in ``types/`` beside this file and fetched by npm on the first run. Without
Node or a way to fetch it all is skipped; in CI it must run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TOOLS = HERE / "types"
COMPILER = TOOLS / "node_modules" / "typescript" / "bin" / "tsc"
DEADLINE_S = 240


def missing(what: str) -> None:
    """End the test: as a failure in CI, as a skip with its reason anywhere else."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and CI must check the types of the browser's modules")
    pytest.skip(what)


def run(*command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )


@pytest.fixture(scope="module")
def compiler() -> list[str]:
    """The command of the compiler, fetched if it is not there yet."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None:
        missing("node is not on PATH")
    if not (ROOT / "static" / "vendor" / "complete").is_file():
        missing("the browser libraries are not here (python3 scripts/dev.py setup)")
    if not COMPILER.is_file():
        if npm is None:
            missing("npm is not on PATH")
        done = run(str(npm), "ci", folder=TOOLS)
        if done.returncode:
            missing(f"npm could not fetch the compiler: {done.stderr.strip()[-300:]}")
    return [str(node), str(COMPILER)]


def test_the_modules_of_the_pages_hold_their_types(compiler: list[str]) -> None:
    done = run(*compiler, "--project", "static/jsconfig.json", "--pretty", "false")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_asks_to_be_checked() -> None:
    modules = sorted((ROOT / "static" / "js").rglob("*.js"))
    unchecked = [path.name for path in modules if not path.read_text().startswith("// @ts-check\n")]
    assert modules and not unchecked
