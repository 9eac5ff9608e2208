"""The board as it was: the same board, from what is stored, and nothing where nothing is stored."""

from __future__ import annotations

from app.adapters.memory import MemoryDisk
from app.codec.snapshot import Snapshot, write_snapshot
from app.ports import Position
from app.shell.rebuilding import rebuild, snapshot_key
from app.shell.time_travel import board_of
from tests.edge.front import Front, Json, open_front, refused, said
from tests.shell.node import WORKSPACE
from tests.virtual_time import elapse


def travels(front: Front) -> None:
    front.node.feed.travel = board_of(front.node.store, WORKSPACE)


async def a_day(front: Front) -> list[Json]:
    """Things happen; the board after each."""
    await front.node.furnish(agents=2)
    seen = []
    for number in range(6):
        await front.enter(f"c{number}", priority=number)
        await elapse(30)
        seen.append(said(await front.api.get("/v1/board")))
        # An instant holds all that happened in it.
        await elapse(0.01)
    return seen


async def test_every_board_that_was_shown_is_shown_again(front: Front) -> None:
    travels(front)
    for board in await a_day(front):
        at = said(await front.api.get(f"/v1/board?at={board['as_of']}"))
        assert at == board
        by_place = said(await front.api.get(f"/v1/board?at={board['position']}"))
        assert by_place["position"] == board["position"]
        assert [row["id"] for row in by_place["agents"]] == [row["id"] for row in board["agents"]]
        assert by_place["totals"]["entered"] == board["totals"]["entered"]


async def test_the_living_state_is_not_touched(front: Front) -> None:
    travels(front)
    first, *_, last = await a_day(front)
    said(await front.api.get(f"/v1/board?at={first['as_of']}"))
    now = said(await front.api.get("/v1/board"))
    assert now["position"] == last["position"] and now["agents"] == last["agents"]


async def test_it_begins_with_a_snapshot_and_ends_where_the_log_was_trimmed(front: Front) -> None:
    travels(front)
    boards = await a_day(front)
    store, middle = front.node.store, Position.parse(boards[2]["position"])
    known = await rebuild(store, WORKSPACE, middle)
    assert known.reader.prev is not None
    key = snapshot_key(WORKSPACE, middle)
    kept = Snapshot(WORKSPACE, str(middle), known.reader.prev, known.journal.count, known.state, {})
    await store.snapshots.save(middle, write_snapshot(key, kept)[0])
    assert await store.log.trim(middle) > 0
    for board in boards[2:]:
        assert said(await front.api.get(f"/v1/board?at={board['as_of']}")) == board
    for at in (boards[1]["as_of"], boards[1]["position"], 1):
        told = refused(await front.api.get(f"/v1/board?at={at}"), 400, "query_invalid")
        assert "reach" in told["detail"]


async def test_what_cannot_be_asked_is_told_so(front: Front) -> None:
    travels(front)
    await front.node.furnish(agents=0)
    later = front.node.clock.now_ms() + 60_000
    for at in ("x", "-1", "1-", "1-1-1", "", "9" * 16, str(later), "1_0", "%0a1"):
        refused(await front.api.get(f"/v1/board?at={at}"), 400, "query_invalid")
    refused(await front.api.get("/v1/board?at=1"), 400, "query_invalid")
    agent = await front.as_role("ingest")
    refused(await agent.get("/v1/board?at=1"), 403, "forbidden")


async def test_a_log_that_cannot_be_read_is_no_board() -> None:
    disk = MemoryDisk()
    async with open_front(disk=disk) as front:
        travels(front)
        first, *_ = await a_day(front)
        entries = disk.workspace(WORKSPACE).entries
        place = sorted(entries)[4]
        entries[place] = entries[place][:-1] + b"?"
        refused(await front.api.get(f"/v1/board?at={first['as_of']}"), 400, "query_invalid")
