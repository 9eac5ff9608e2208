"""A loop that stands still is seen by a thread, and a process that hangs ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

from app.main.loop_watch import EXIT_CODE, LoopWatch, blocked

HANGS = """
import asyncio
from app.config.sections import Watchdog
from app.main.loop_watch import watch_loop_thread

def hang_here():
    while True:
        pass

async def main():
    settings = Watchdog(loop_blocked_ms=200, loop_exit_ms=1_000)
    task = asyncio.create_task(watch_loop_thread(settings, print))
    await asyncio.sleep(0.3)
    hang_here()

asyncio.run(main())
"""


def test_a_process_whose_loop_hangs_says_where_and_ends() -> None:
    found = subprocess.run(
        [sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=60
    )
    assert found.returncode == EXIT_CODE
    assert "hang_here" in found.stderr
    assert "does not come back" in found.stderr


FROZEN = """
import asyncio
from app.config.sections import Watchdog
from app.main.loop_watch import watch_loop_thread

async def main():
    settings = Watchdog(loop_blocked_ms=1_000, loop_exit_ms=1_500)
    told = asyncio.Event()
    def report(finding):
        print("told", finding.cause, flush=True)
        told.set()
    task = asyncio.create_task(watch_loop_thread(settings, report))
    await asyncio.sleep(0.3)
    print("beats", flush=True)
    await told.wait()

asyncio.run(main())
"""


def test_a_frozen_process_goes_on_and_says_so() -> None:
    words = [sys.executable, "-c", FROZEN]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdout.readline() == "beats\n"
        child.send_signal(signal.SIGSTOP)
        threading.Event().wait(3)
        child.send_signal(signal.SIGCONT)
        assert child.stdout.readline() == "told clock_jump\n"
        assert child.wait(timeout=30) == 0


def test_a_beat_says_how_long_ago_the_last_was() -> None:
    watch = LoopWatch(1_000, 10_000)
    watch._beat_at -= 5
    assert watch.beat() >= 5
    assert watch.beat() < 5


def test_it_writes_down_where_the_loop_is() -> None:
    watch = LoopWatch(1_000, 10_000)
    watch._loop_thread = threading.get_ident()
    assert "test_it_writes_down" in watch._where()


def test_what_is_told_names_the_time_and_the_place() -> None:
    finding = blocked(3.25, "spin (engine.py:7)")
    assert "3.2 s" in finding.text or "3.3 s" in finding.text
    assert finding.evidence == {"at": "spin (engine.py:7)"}
