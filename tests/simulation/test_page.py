"""The page for users says what the command and its file can do, and the measurement runs."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from app.cli import cli
from app.simulation import scenario
from app.simulation.spec import parse_spec
from app.simulation.summary import FIGURES

ROOM = Path(scenario.__file__).parent
ROOT = ROOM.parent.parent
PAGE = (ROOM / "SIMULATE.md").read_text()
EXAMPLE = (ROOM / "example_day.toml").read_text()


def test_the_example_is_the_one_of_the_page() -> None:
    assert EXAMPLE.strip() in PAGE
    spec = parse_spec(tomllib.loads(EXAMPLE), "example")
    assert [*spec.traffic] == ["billing", "support"]
    assert [*spec.staff] == ["generalist", "expert"]


def test_the_page_names_every_option_and_no_other() -> None:
    command = typer.main.get_command(cli).commands["simulate"]  # type: ignore[attr-defined]
    known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    asked = set(re.findall(r"--[a-z][a-z-]*", PAGE))
    assert {name for name in known if name.startswith("--")} - asked <= {"--queues", "--compare"}
    assert not asked - known


@pytest.mark.parametrize("label", [figure.label for figure in FIGURES if not figure.optional])
def test_the_page_shows_every_figure(label: str) -> None:
    assert f"\n{label}  " in PAGE


def test_the_speed_is_measured() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/bench/simulate.py", "--quick"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^simulated .* conv/s .* engine % ", done.stdout, re.M)
    assert re.search(r"^1,000 agents, 50 queues +2,\d", done.stdout, re.M)
