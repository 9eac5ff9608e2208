"""What every store's log must do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from app.ports import (
    START,
    Ownership,
    Position,
    Record,
    Store,
    StoreConflict,
    StoreFenced,
    StoreGone,
)
from tests.contract.places import PAGE, Place

pytestmark = pytest.mark.asyncio(loop_scope="module")

TTL_MS = 60_000


async def own(store: Store, node: str = "a", *, force: bool = True) -> Ownership:
    return await store.lease.acquire(node, TTL_MS, force=force)


async def everything(
    store: Store, after: Position = START, until: Position | None = None
) -> list[tuple[Position, Record]]:
    return [entry async for entry in store.log.read(after, until)]


def batch(count: int, tag: str = "r") -> list[Record]:
    return [f"{tag}{i}".encode() for i in range(count)]


async def test_a_new_workspace_has_no_log(store: Store) -> None:
    assert await store.log.last() is None
    assert await everything(store) == []
    assert (await own(store)).last == START


async def test_what_was_appended_is_read_in_order(store: Store) -> None:
    owner = await own(store)
    end = await store.log.append(owner, START, [b"one", b"two", b"three"])
    assert end == Position(1, 2) == await store.log.last()
    assert await everything(store) == [
        (Position(1, 0), b"one"),
        (Position(1, 1), b"two"),
        (Position(1, 2), b"three"),
    ]


async def test_numbers_go_on_within_an_epoch_and_start_again_with_the_next(store: Store) -> None:
    owner = await own(store)
    end = await store.log.append(owner, START, batch(3))
    assert await store.log.append(owner, end, batch(2)) == Position(1, 4)
    owner = await own(store)
    assert owner.last == Position(1, 4)
    assert await store.log.append(owner, owner.last, batch(1)) == Position(2, 0)
    end = await store.log.append(owner, Position(2, 0), batch(1))
    assert end == Position(2, 1)
    places = [place for place, _ in await everything(store)]
    assert places == [Position(1, n) for n in range(5)] + [Position(2, 0), Position(2, 1)]


async def test_epochs_sort_by_number_and_not_by_letter(store: Store) -> None:
    owner = await own(store)
    end = await store.log.append(owner, START, batch(1))
    for _ in range(10):
        owner = await own(store)
        end = await store.log.append(owner, end, batch(1))
    assert end == Position(11, 0)
    assert [place.epoch for place, _ in await everything(store)] == list(range(1, 12))
    assert [place.epoch for place, _ in await everything(store, Position(9, 0))] == [10, 11]


async def test_a_wrong_expectation_is_a_conflict_and_writes_nothing(store: Store) -> None:
    owner = await own(store)
    end = await store.log.append(owner, START, batch(3))
    for wrong in (START, Position(1, 1), Position(1, 3)):
        with pytest.raises(StoreConflict) as conflict:
            await store.log.append(owner, wrong, batch(1, "wrong"))
        assert conflict.value.found == end
    assert len(await everything(store)) == 3


async def test_the_first_append_sent_again_is_a_conflict_with_our_own_end(store: Store) -> None:
    owner = await own(store)
    end = await store.log.append(owner, START, batch(4))
    with pytest.raises(StoreConflict) as conflict:
        await store.log.append(owner, START, batch(4))
    assert conflict.value.found == end
    assert len(await everything(store)) == 4


async def test_a_later_batch_sent_again_is_a_conflict_with_our_own_end(store: Store) -> None:
    owner = await own(store)
    before = await store.log.append(owner, START, batch(2))
    end = await store.log.append(owner, before, batch(3))
    with pytest.raises(StoreConflict) as conflict:
        await store.log.append(owner, before, batch(3))
    assert conflict.value.found == end


async def test_a_stale_owner_is_fenced(node: Callable[[], Store]) -> None:
    old, new = node(), node()
    stale = await own(old)
    end = await old.log.append(stale, START, batch(1))
    owner = await own(new, "b")
    with pytest.raises(StoreFenced) as fenced:
        await old.log.append(stale, end, batch(1, "stale"))
    assert not isinstance(fenced.value, StoreConflict | StoreGone)
    assert await new.log.append(owner, owner.last, [b"new"]) == Position(2, 0)
    assert [record for _, record in await everything(old)] == [b"r0", b"new"]


async def test_the_right_epoch_with_another_nonce_is_fenced(store: Store) -> None:
    owner = await own(store)
    twin = Ownership(owner.epoch, "somebody else", owner.last)
    with pytest.raises(StoreFenced):
        await store.log.append(twin, START, batch(1))
    assert await store.log.last() is None


async def test_two_writers_leave_one_line(node: Callable[[], Store]) -> None:
    left, right = node(), node()
    end = START
    for turn in range(6):
        store, loser = (left, right) if turn % 2 else (right, left)
        stale = await own(loser, "loser")
        owner = await own(store, "winner")
        end = await store.log.append(owner, end, [b"%d" % turn])
        with pytest.raises(StoreFenced):
            await loser.log.append(stale, end, [b"never"])
    assert [record for _, record in await everything(left)] == [b"%d" % n for n in range(6)]


async def test_a_deleted_log_is_gone_and_never_begun_again(
    place: Place, store: Store, workspace: str
) -> None:
    owner = await own(store)
    end = await store.log.append(owner, START, batch(2))
    await place.lose_log(workspace)
    for expected in (end, START):
        with pytest.raises(StoreGone):
            await store.log.append(owner, expected, batch(1))
    assert await store.log.last() is None
    with pytest.raises(StoreGone):
        await own(store)


async def test_a_flushed_store_is_gone(place: Place, store: Store) -> None:
    owner = await own(store)
    end = await store.log.append(owner, START, batch(2))
    await place.wipe()
    with pytest.raises(StoreGone):
        await store.log.append(owner, end, batch(1))


async def test_a_log_begun_again_by_others_does_not_take_our_records(
    place: Place, node: Callable[[], Store]
) -> None:
    old, new = node(), node()
    stale = await own(old)
    end = await old.log.append(stale, START, batch(2))
    await place.wipe()
    owner = await own(new)
    await new.log.append(owner, START, [b"another life"])
    assert owner.epoch == stale.epoch
    with pytest.raises(StoreFenced):
        await old.log.append(stale, end, batch(1))
    assert len(await everything(new)) == 1


async def test_a_lost_owner_record_fences(store: Store, place: Place) -> None:
    owner = await own(store)
    await place.wipe()
    with pytest.raises(StoreFenced):
        await store.log.append(owner, START, batch(1))
    assert await store.log.last() is None


@pytest.mark.parametrize(
    "records",
    [
        [b""],
        [bytes(range(256))],
        [b"\r\n$5\r\n+OK\r\n", b"\x00" * 10, b"\xff" * 10, "\N{SNOWMAN}".encode()],
        [bytes(range(256)) * 256] * 5,
    ],
    ids=["empty", "all bytes", "protocol", "five of 64 KiB"],
)
async def test_records_are_opaque_bytes(store: Store, records: Sequence[Record]) -> None:
    owner = await own(store)
    end = await store.log.append(owner, START, records)
    assert [record for _, record in await everything(store)] == records
    assert await store.log.get([end]) == [records[-1]]


async def test_nothing_to_append_is_an_error_of_the_caller(store: Store) -> None:
    owner = await own(store)
    with pytest.raises(ValueError, match="nothing"):
        await store.log.append(owner, START, [])


async def test_reading_begins_after_and_ends_with_the_given_places(store: Store) -> None:
    owner = await own(store)
    await store.log.append(owner, START, batch(10))
    part = await everything(store, Position(1, 2), Position(1, 5))
    assert [place.n for place, _ in part] == [3, 4, 5]
    assert await everything(store, Position(1, 9)) == []
    assert await everything(store, Position(1, 5), Position(1, 5)) == []
    assert [place.n for place, _ in await everything(store, Position(1, 7), Position(9, 0))] == [
        8,
        9,
    ]


@pytest.mark.parametrize("count", [PAGE - 1, PAGE, PAGE + 1, 10_000])
async def test_every_page_is_read(store: Store, count: int) -> None:
    owner = await own(store)
    end = await store.log.append(owner, START, batch(count))
    assert end == Position(1, count - 1)
    entries = await everything(store)
    assert [place.n for place, _ in entries] == list(range(count))
    assert [record for _, record in entries] == batch(count)


async def test_a_reader_goes_on_where_it_stopped(node: Callable[[], Store]) -> None:
    writer, follower = node(), node()
    owner = await own(writer)
    end, seen, at = START, [], START
    for turn in range(5):
        end = await writer.log.append(owner, end, batch(turn + 1, f"{turn}."))
        async for place, record in follower.log.read(at):
            seen.append(record)
            at = place
    assert at == end
    assert seen == [f"{turn}.{i}".encode() for turn in range(5) for i in range(turn + 1)]


async def test_single_records_are_found_and_missing_ones_are_none(store: Store) -> None:
    owner = await own(store)
    await store.log.append(owner, START, batch(5))
    wanted = [Position(1, 4), Position(1, 7), Position(1, 0), Position(2, 0), Position(1, 4)]
    assert await store.log.get(wanted) == [b"r4", None, b"r0", None, b"r4"]
    assert await store.log.get([]) == []


async def test_workspaces_do_not_see_each_other(place: Place, store: Store, workspace: str) -> None:
    other = place.open(workspace + "x")
    await store.log.append(await own(store), START, batch(3))
    assert await other.log.last() is None
    assert (await own(other, force=False)).epoch == 1
    await other.aclose()


async def test_a_trimmed_log_goes_on_where_it_ended(store: Store) -> None:
    owner = await own(store)
    end = await store.log.append(owner, START, batch(3_000))
    gone = await store.log.trim(Position(1, 2_500))
    kept = await everything(store)
    assert 2_000 <= gone <= 2_500, "whole nodes of the stream may stay"
    assert len(kept) == 3_000 - gone
    assert kept[-500:] == [(Position(1, n), b"r%d" % n) for n in range(2_500, 3_000)]
    assert await store.log.get([Position(1, 0)]) == [None]
    assert await store.log.append(owner, end, [b"next"]) == Position(1, 3_000)


async def test_the_last_record_is_never_trimmed_away(store: Store) -> None:
    owner = await own(store)
    end = await store.log.append(owner, START, batch(1_000))
    await store.log.trim(Position(9, 0))
    assert (await everything(store))[-1] == (end, b"r999")
    assert await store.log.last() == end
    with pytest.raises(StoreConflict):
        await store.log.append(owner, START, [b"x"])


async def test_there_is_nothing_to_trim_without_a_log(store: Store) -> None:
    assert await store.log.trim(Position(1, 0)) == 0


async def test_a_log_knows_its_size(store: Store) -> None:
    assert (await store.log.size())[0] == 0
    await store.log.append(await own(store), START, [b"x" * 10_000] * 20)
    records, used = await store.log.size()
    assert records == 20
    assert used >= 200_000


async def test_what_a_stranger_wrote_is_put_aside_and_the_log_goes_on(
    store: Store, place: Place, workspace: str
) -> None:
    owner = await store.lease.acquire("n", TTL_MS)
    end = await store.log.append(owner, START, [b"a", b"b", b"c"])
    await place.intrude(workspace, Position(1 << 41, 7), b"x")
    with pytest.raises(StoreConflict):
        await store.log.append(owner, end, [b"d"])
    assert await store.log.put_aside(owner, end) == 1
    assert await store.log.last() == end
    assert await store.log.append(owner, end, [b"d"]) == Position(end.epoch, end.n + 1)
    assert [record async for _, record in store.log.read(START)] == [b"a", b"b", b"c", b"d"]


async def test_who_comes_after_one_who_put_aside_its_own_does_not_miss_it(
    node: Callable[[], Store],
) -> None:
    """Seed 501580: written, the reply was lost, strangers wrote, all was put aside; then a kill.

    No later owner would begin: the tail seemed lost.
    """
    store = node()
    owner = await store.lease.acquire("n", TTL_MS)
    end = await store.log.append(owner, START, [b"a"])
    await store.log.append(owner, end, [b"never acknowledged"])
    assert await store.log.put_aside(owner, end) == 1
    assert await store.log.written() == end
    assert (await node().lease.acquire("m", TTL_MS, force=True)).last == end


async def test_only_the_owner_puts_aside_and_only_after_a_record(
    node: Callable[[], Store], place: Place, workspace: str
) -> None:
    old, new = node(), node()
    owner = await old.lease.acquire("old", TTL_MS)
    end = await old.log.append(owner, START, [b"a"])
    with pytest.raises(StoreConflict):
        await old.log.put_aside(owner, Position(end.epoch, 5))
    await new.lease.acquire("new", TTL_MS, force=True)
    await place.intrude(workspace, Position(9, 9), b"x")
    with pytest.raises(StoreFenced):
        await old.log.put_aside(owner, end)
    assert await new.log.last() == Position(9, 9)


async def test_a_log_that_ends_before_what_was_written_has_no_new_owner(
    node: Callable[[], Store], place: Place, workspace: str
) -> None:
    store = node()
    owner = await store.lease.acquire("n", TTL_MS)
    await store.log.append(owner, START, [b"a", b"b", b"c"])
    await place.roll_back(workspace, [b"a", b"b"])
    with pytest.raises(StoreGone, match="tail was lost"):
        await node().lease.acquire("m", TTL_MS, force=True)


async def test_the_log_knows_up_to_where_its_owners_wrote(
    store: Store, place: Place, workspace: str
) -> None:
    assert await store.log.written() is None
    owner = await store.lease.acquire("n", TTL_MS)
    assert await store.log.written() is None
    for _ in range(2):
        end = await store.log.append(owner, await store.log.last() or START, [b"a", b"b"])
        assert await store.log.written() == end
    await place.intrude(workspace, Position(9, 9), b"x")
    assert await store.log.written() == end != await store.log.last()
