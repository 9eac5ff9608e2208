"""What every store's register of nodes must do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.ports import Store
from tests.contract.places import Place
from tests.waiting import poll_until

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG_MS = 60_000


async def test_at_first_nobody_is_there(store: Store) -> None:
    assert await store.nodes.all() == {}
    await store.nodes.withdraw("nobody")


async def test_every_node_sees_what_each_says_of_itself(node: Callable[[], Store]) -> None:
    first, second = node(), node()
    await first.nodes.announce("a", {"version": "0.2.0", "read_max": 1}, LONG_MS)
    await second.nodes.announce("b", {"version": "0.3.0", "read_max": 2, "later": "x"}, LONG_MS)
    assert (
        await first.nodes.all()
        == await second.nodes.all()
        == {
            "a": {"version": "0.2.0", "read_max": 1},
            "b": {"version": "0.3.0", "read_max": 2, "later": "x"},
        }
    )


async def test_the_last_word_counts(store: Store) -> None:
    await store.nodes.announce("a", {"owner": 0, "old": 1}, LONG_MS)
    await store.nodes.announce("a", {"owner": 1}, LONG_MS)
    assert await store.nodes.all() == {"a": {"owner": 1}}


async def test_who_is_silent_is_gone_and_can_come_back(store: Store) -> None:
    await store.nodes.announce("a", {}, 30)
    await store.nodes.announce("b", {}, LONG_MS)

    async def alone() -> bool:
        return list(await store.nodes.all()) == ["b"]

    await poll_until(alone)
    await store.nodes.announce("a", {"again": 1}, LONG_MS)
    assert (await store.nodes.all())["a"] == {"again": 1}


async def test_a_renewal_keeps_it_there(store: Store) -> None:
    await store.nodes.announce("a", {}, 1)
    await store.nodes.announce("a", {}, LONG_MS)
    assert list(await store.nodes.all()) == ["a"]


async def test_who_withdraws_is_gone_at_once(store: Store) -> None:
    await store.nodes.announce("a", {}, LONG_MS)
    await store.nodes.withdraw("a")
    assert await store.nodes.all() == {}


async def test_workspaces_do_not_see_each_other(place: Place, store: Store, workspace: str) -> None:
    other = place.open(workspace + "x")
    await store.nodes.announce("a", {}, LONG_MS)
    assert await other.nodes.all() == {}
    await other.aclose()
