"""Runs the pure modules of the pages in Node.

Their unit tests live in ``js/`` beside this file and need no package; the board's fold is held to
the server's. Without Node all is skipped; in CI it must run.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app.wire.board import diff

HERE = Path(__file__).parent
DEADLINE_S = 120
BOARDS = 300


def run_node(*arguments: str, said: str = "") -> str:
    """Run Node to its end and return what it printed; no Node is the end of the test."""
    found = shutil.which("node")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("node is not on PATH, and CI must run the tests of the browser's modules")
    if found is None:
        pytest.skip("node is not on PATH")
    done = subprocess.run(
        [found, *arguments],
        input=said,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_pure_modules_of_the_pages() -> None:
    files = sorted(str(path) for path in (HERE / "js").glob("*.test.mjs"))
    printed = run_node("--test", "--test-reporter=tap", *files)
    passed = re.search(r"^# pass (\d+)$", printed, re.MULTILINE)
    assert passed and int(passed[1]) > len(files) > 0, printed


def some_board(chance: random.Random) -> dict[str, Any]:
    """A small board with rows that come, go and change."""

    def rows(names: str) -> list[dict[str, Any]]:
        chosen = sorted(chance.sample(names, chance.randint(0, len(names))))
        return [
            {"id": name, "n": chance.randint(0, 2), "in": {"x": chance.randint(0, 1)}}
            for name in chosen
        ]

    return {
        "as_of": chance.randint(1, 10**12),
        "totals": {"waiting": chance.randint(0, 3)},
        "queues": rows("abcd"),
        "agents": rows("wxyz"),
    }


def test_the_page_folds_a_board_as_the_server_does() -> None:
    chance = random.Random(20241001)
    boards = [some_board(chance) for _ in range(BOARDS)]
    pairs = list(pairwise(boards))
    lines = [json.dumps({"old": old, "changes": diff(old, new)}) for old, new in pairs]
    printed = run_node(str(HERE / "js" / "fold_boards.mjs"), said="\n".join(lines))
    folded = [json.loads(line) for line in printed.splitlines()]
    assert folded == [new for _, new in pairs]
