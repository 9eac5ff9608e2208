"""A task that swallowed its cancellation is ended all the same."""

from __future__ import annotations

import asyncio

import pytest

from app.shell import ending
from app.shell.ending import end


async def swallow(times: int) -> None:
    """What a write to the store may do: it is done in the instant in which it is cancelled."""
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            times -= 1
            if times < 0:
                raise


async def test_they_are_cancelled_until_they_have_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "AGAIN_S", 0.01)
    tasks = [asyncio.create_task(swallow(times)) for times in (0, 1, 3)]
    await asyncio.sleep(0)
    await end(tasks)
    assert all(task.cancelled() for task in tasks)


async def test_what_ended_by_itself_keeps_its_end() -> None:
    async def fail() -> None:
        raise ValueError("its own")

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    await end([task])
    assert isinstance(task.exception(), ValueError)
