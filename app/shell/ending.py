"""Ending tasks for certain: cancelled until they have ended, however often that takes.

On Python 3.11 ``asyncio.wait_for`` swallows a cancellation that comes in the instant in which its
work is done, and the client library of the store waits so for every write: a task that was
cancelled once may go on for ever. MUST be what ends every task that talks to the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_S = 3.0
"""Longer than what a task needs to tidy up after itself."""


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel these until each has ended; what they raise is theirs."""
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_S)
