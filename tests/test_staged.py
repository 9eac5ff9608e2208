"""The clock that stands until it is moved, which only the pictures' server has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOOK = """
import sys
from app.adapters.clock import SystemClock
from app.main.staged import stop_clock

before = SystemClock().now_ms()
stop_clock(sys.argv[1])
clock = SystemClock()
print(before != 5_000 and clock.now_ms(), flush=True)
sys.stdin.readline()
print(clock.now_ms(), flush=True)
"""


def test_time_is_what_the_file_says(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_bytes((5_000).to_bytes(8, "big"))
    words = [sys.executable, "-c", LOOK, str(file)]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "5000\n"
        with file.open("r+b") as stage:
            stage.write((5_400).to_bytes(8, "big"))
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "5400\n"
