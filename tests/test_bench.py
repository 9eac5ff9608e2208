"""The benchmarks run: each in its short form, as a person would start it.

They print figures for a person to compare. A test MUST NOT judge a time: it would fail on a busy
machine and pass on a fast one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.adapters.embedded.binary import NoServerBinary, find_server
from scripts.bench.rounds import in_turns, middle
from scripts.bench.world import Shape, World

ROOT = Path(__file__).resolve().parent.parent


def bench(name: str, *options: str) -> str:
    """What the script prints; it must end well."""
    done = subprocess.run(
        [sys.executable, f"scripts/bench/{name}.py", "--quick", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def _server() -> None:
    try:
        find_server()
    except NoServerBinary as none:
        pytest.skip(f"no Valkey or Redis: {none}")


def test_the_engine_is_measured_small_and_large() -> None:
    printed = bench("engine")
    assert re.search(r"^agents x waiting x queues .* µs/cycle .* µs/decision ", printed, re.M)
    assert "all of it by live conversation:" in printed
    assert printed.count("largest/smallest") == 2


def test_the_engine_can_be_profiled() -> None:
    assert "function calls" in bench("engine", "--profile")


@pytest.mark.usefixtures("_server")
def test_a_recovery_is_taken_apart() -> None:
    printed = bench("recovery")
    for part in ("store start", "take-over", "first offer", "read", "decode", "fold", "settle"):
        assert re.search(rf"^{part} +[\d.,]+ ", printed, re.M), part


@pytest.mark.usefixtures("_server")
def test_offers_are_counted_at_both_levels() -> None:
    printed = bench("offers")
    for level in ("everysec", "always"):
        assert re.search(rf"^{level} +[\d.,]+ ", printed, re.M), level


@pytest.mark.browser
def test_frames_of_the_board_are_timed() -> None:
    if not shutil.which("chromium") and not os.environ.get("INTERLOCK_TEST_CHROMIUM"):
        pytest.skip("no Chromium found")
    if not (ROOT / "static" / "vendor" / "complete").exists():
        pytest.skip("the browser libraries are not in static/vendor")
    printed = bench("board")
    assert "uncaught" not in printed
    for table in ("queues", "agents"):
        assert re.search(rf"^{table} +\d+ +[\d.]+ ", printed, re.M), table


def test_a_world_at_work_stays_as_large_as_it_was_made() -> None:
    world = World(Shape(agents=10, waiting=50, queues=10))
    before = len(world.engine.matcher.waiting.places), len(world.held)
    for _ in range(200):
        world.cycle()
    assert (len(world.engine.matcher.waiting.places), len(world.held)) == before == (50, 20)
    assert world.offers == 200


def test_turns_go_there_and_back() -> None:
    assert list(in_turns(["a", "b"], 3)) == ["a", "b", "b", "a", "a", "b"]


def test_a_figure_that_a_round_did_not_have_counts_as_nothing() -> None:
    assert middle([{"x": 3.0, "y": 9.0}, {"x": 1.0}, {"x": 2.0}]) == {"x": 2.0, "y": 0.0}
