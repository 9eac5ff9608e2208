"""A state that was set apart from the collector and then given up is freed all the same."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from app.adapters.memory import MemoryDisk
from app.domain.engine import Engine
from app.shell.collecting import MANY, free_given_up, no_collection
from tests.shell.node import running
from tests.virtual_time import elapse


class Knot:
    """Refers to itself, as a state does: only the collector frees it."""

    def __init__(self) -> None:
        self.parts = [[self] for _ in range(2 * MANY)]


@pytest.fixture(autouse=True)
def nothing_stays_apart() -> Iterator[None]:
    # A takeover that another test gave up in the middle may have left it off.
    gc.enable()
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.enable()


def made() -> weakref.ref[Knot]:
    with no_collection():
        return weakref.ref(Knot())


def test_what_was_set_apart_is_freed_when_it_is_given_up() -> None:
    ref = made()
    assert gc.get_freeze_count() > MANY
    gc.collect()
    assert ref() is not None, "set apart"
    free_given_up()
    assert ref() is None


async def test_a_node_that_takes_over_again_frees_what_it_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.shell.collecting.MANY", 0)
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        async with running(disk, name="n2", force=True):
            await elapse(5)
            assert node.forgotten == 1
        await elapse(30)
        assert node.router.owns
        gc.collect()
        gc.unfreeze()
        found = [one for one in gc.get_objects() if isinstance(one, Engine)]
        assert len(found) == 2, "this one's and the other node's, and none from before"


def test_little_is_not_set_apart() -> None:
    with no_collection():
        assert not gc.isenabled()
    assert gc.isenabled() and not gc.get_freeze_count()


def test_a_collector_that_somebody_paused_stays_as_it_is() -> None:
    gc.disable()
    ref = made()
    assert not gc.isenabled() and not gc.get_freeze_count()
    gc.collect()
    assert ref() is None
