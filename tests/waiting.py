"""Waiting in tests: poll a condition until a deadline, never sleep and hope.

The deadline is only there to end a broken run. A test MUST NOT use it to measure time.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

DEADLINE_S = 20.0
"""Longer than any condition needs on a busy machine; only a failing test waits this long."""


async def poll_until(
    condition: Callable[[], Any],
    what: str = "",
    *,
    within_s: float = DEADLINE_S,
    every_s: float = 0.005,
) -> Any:
    """Return the condition's first true answer; it may be a plain function or a coroutine function.

    Asks at least once, and once more at the deadline. Raises AssertionError naming ``what`` and the
    last answer. Errors of the condition pass through: it says itself which of them mean "not yet".
    """
    ends_at = time.monotonic() + within_s
    while True:
        late = time.monotonic() >= ends_at
        asked = condition()
        answer = await asked if inspect.isawaitable(asked) else asked
        if answer:
            return answer
        if late:
            raise AssertionError(_missed(what, condition, within_s, answer))
        await asyncio.sleep(every_s)


def poll_until_blocking(
    condition: Callable[[], Any], what: str = "", *, within_s: float = DEADLINE_S
) -> Any:
    """Do as ``poll_until`` does, for tests that have no event loop."""
    ends_at = time.monotonic() + within_s
    while True:
        late = time.monotonic() >= ends_at
        if answer := condition():
            return answer
        if late:
            raise AssertionError(_missed(what, condition, within_s, answer))
        time.sleep(0.005)


def _missed(what: str, condition: object, within_s: float, answer: object) -> str:
    name = what or getattr(condition, "__qualname__", repr(condition))
    return f"not within {within_s:g} s: {name}; the last answer was {answer!r}"
