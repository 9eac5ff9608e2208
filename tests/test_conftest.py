"""The rule about skips, tried on a small suite in a process of its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import poll_until, poll_until_blocking

ROOT = Path(__file__).resolve().parent.parent

SKIPPING = {
    "test_page.py": "import pytest\ndef test():\n    pytest.skip('no Chromium found')\n",
    "test_store.py": "import pytest\npytest.skip('no redis-server', allow_module_level=True)\n",
    "test_data.py": "import pytest\ndef test():\n    pytest.skip('no data beside this clone')\n",
}


def run_skipping_suite(folder: Path, **environment: str) -> str:
    """Run the three skips under our conftest in a fresh process; return what pytest printed."""
    (folder / "pytest.ini").touch()
    for name, source in SKIPPING.items():
        (folder / name).write_text(source)
    bare = {key: value for key, value in os.environ.items() if not key.startswith("INTERLOCK_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", folder],
        env={**bare, "PYTHONPATH": str(ROOT), **environment},
        cwd=folder,
        text=True,
        capture_output=True,
    ).stdout


def test_a_missing_tool_is_a_skip_at_home(tmp_path: Path) -> None:
    assert "3 skipped" in run_skipping_suite(tmp_path)


def test_a_missing_tool_is_a_failure_where_it_is_required(tmp_path: Path) -> None:
    printed = run_skipping_suite(tmp_path, INTERLOCK_REQUIRE_BROWSER="1")
    assert "no Chromium found (INTERLOCK_REQUIRE_BROWSER is set" in printed
    assert "1 failed, 2 skipped" in printed


def test_a_module_that_skips_for_a_required_tool_is_an_error(tmp_path: Path) -> None:
    printed = run_skipping_suite(tmp_path, INTERLOCK_REQUIRE_REDIS="1")
    assert "no redis-server (INTERLOCK_REQUIRE_REDIS is set" in printed
    assert "1 error" in printed


async def test_polling_returns_the_first_true_answer() -> None:
    answers = iter([0, None, "ready", "later"])
    assert await poll_until(lambda: next(answers)) == "ready"
    assert poll_until_blocking(lambda: next(answers)) == "later"


async def test_polling_waits_for_coroutines_too() -> None:
    answers = iter([False, True])

    async def is_ready() -> bool:
        return next(answers)

    assert await poll_until(is_ready)


async def test_polling_names_what_did_not_come() -> None:
    with pytest.raises(AssertionError, match="the store answers; the last answer was 0"):
        await poll_until(lambda: 0, "the store answers", within_s=0)
    with pytest.raises(AssertionError, match="the store answers"):
        poll_until_blocking(lambda: 0, "the store answers", within_s=0)


async def test_tests_run_on_the_loop_the_server_runs_on() -> None:
    uvloop = pytest.importorskip("uvloop")
    assert isinstance(asyncio.get_running_loop(), uvloop.Loop)
