"""A state that was set apart from the collector and then given up is freed all the same."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from app.shell.collecting import MANY, no_collection


class Knot:
    """Refers to itself, as a state does: only the collector frees it."""

    def __init__(self) -> None:
        self.parts = [[self] for _ in range(MANY + 1)]


@pytest.fixture(autouse=True)
def nothing_stays_apart() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def made() -> weakref.ref[Knot]:
    with no_collection():
        return weakref.ref(Knot())


def test_what_was_given_up_is_freed_when_the_next_is_made() -> None:
    first = made()
    assert gc.get_freeze_count() > MANY
    gc.collect()
    assert first() is not None, "set apart"
    second = made()
    assert first() is None
    assert second() is not None


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
