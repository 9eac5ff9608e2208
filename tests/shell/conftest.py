"""Tests of the shell run the real router on the memory store, on a loop whose clock jumps.

The webhook's receiver is on a real socket, so its loop waits for the network.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

from tests.virtual_time import JumpingLoop


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if item.path.name == "test_webhook.py":
        return {"real": asyncio.new_event_loop}
    return {"jumping": JumpingLoop}
