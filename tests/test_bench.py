"""The benchmarks run in their short form and print; no time is asserted anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("script", "says"),
    [("engine", "largest/smallest"), ("recovery", "from cold to the first offer")],
)
def test_a_benchmark_runs(script: str, says: str) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "bench" / f"{script}.py"), "--quick"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert says in done.stdout
