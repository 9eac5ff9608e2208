"""What the shell measures with the machine's clock, measured with a loop's whose time jumps.

Otherwise a machine that is busy with something else would be found to be slow in a world that is
not. MUST be undone when the world ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

from app.shell import board_feed, committer


@contextmanager
def measured_in_the_world() -> Iterator[None]:
    """Within the block the running loop's time is the one that is measured."""
    clock = SimpleNamespace(perf_counter=lambda: asyncio.get_running_loop().time())
    before = [(module, vars(module)["time"]) for module in (board_feed, committer)]
    for module, _ in before:
        vars(module)["time"] = clock
    try:
        yield
    finally:
        for module, time in before:
            vars(module)["time"] = time
