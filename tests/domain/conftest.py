"""The desk of each example, and the last look at what it left behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.domain.workbench import Workbench


@pytest.fixture
def bench() -> Iterator[Workbench]:
    """A workspace without queues and agents; at the end its log must give the same state again."""
    bench = Workbench()
    yield bench
    assert bench.replayed() == bench.state
