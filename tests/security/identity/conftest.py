"""The application in memory on a loop whose clock jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

from tests.virtual_time import JumpingLoop


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if item.path.name in ("test_provider.py", "test_users.py"):
        return {"real": asyncio.new_event_loop}
    return {"jumping": JumpingLoop}
