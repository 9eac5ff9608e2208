"""A snapshot comes back exactly as it was, or is refused; never half."""

from __future__ import annotations

import random

import pytest

from app.codec.errors import Unreadable, WriteVerifyFailed
from app.codec.snapshot import Snapshot, read_snapshot, write_snapshot
from app.codec.state_form import parts_of, state_hash, state_of
from app.domain.commands import EnterConversation, PutPresence
from app.domain.settings import PresenceSettings
from app.domain.state import State
from tests.domain.workbench import Workbench

KEY = b"{acme}:snap:1-9"


def busy() -> State:
    """A workspace with something of everything."""
    bench = Workbench()
    bench.queue(wrap_up={"ms": 60_000}, rings=[{"max_level": 1}, {"after_ms": 5, "max_level": 2}])
    bench.queue("other")
    for name in ("a1", "a2", "a3"):
        bench.staff(name, ["q", "other"], capacity={"chat": 2}, skills={"french": 2})
    for number in range(12):
        bench.enter(f"c{number}", skills={"french": 1} if number % 2 else {})
    bench.received("a1", "c0")
    bench.accept("a1", "c0")
    bench.complete("c0")
    bench.decline("a2", bench.state.offers[next(iter(bench.of_agent("a2").offers))].conversation)
    bench.abandon("c11")
    bench.queue(priority=3)
    return bench.state


def snapshot(state: State) -> Snapshot:
    places = {id_: [1 << 40 | 5] for id_ in state.conversations}
    return Snapshot("acme", "1-9", bytes(range(8)), 17, state, places)


def test_it_comes_back_as_it_was() -> None:
    taken = snapshot(busy())
    records, found = write_snapshot(KEY, taken)
    back = read_snapshot(KEY, "acme", records)
    assert back == taken
    assert state_hash(back.state) == found
    assert [*back.state.agents["a1"].conversations] == [*taken.state.agents["a1"].conversations]


def test_many_parts_keep_their_order() -> None:
    bench = Workbench()
    bench.queue()
    for number in range(1_700):
        bench.engine.apply(_enter(number), bench.now)
    back = state_of(parts_of(bench.state))
    assert [*back.conversations] == [f"c{number}" for number in range(1_700)]
    assert state_hash(back) == state_hash(bench.state)


def _enter(number: int) -> EnterConversation:
    return EnterConversation(f"c{number}", "q", "chat", "ingest:i")


@pytest.mark.parametrize("seed", range(6))
def test_any_damage_is_a_typed_refusal(seed: int) -> None:
    records, found = write_snapshot(KEY, snapshot(busy()))
    chance = random.Random(seed)
    for _ in range(500):
        broken = _damaged(records, chance)
        if broken == records:
            continue
        with pytest.raises(Unreadable):
            read_snapshot(KEY, "acme", broken)
    assert state_hash(read_snapshot(KEY, "acme", records).state) == found


def _damaged(records: list[bytes], chance: random.Random) -> list[bytes]:
    broken = [*records]
    place = chance.randrange(len(broken))
    match chance.randrange(6):
        case 0:
            del broken[place]
        case 1:
            broken.insert(place, broken[chance.randrange(len(broken))])
        case 2:
            other = chance.randrange(len(broken))
            broken[place], broken[other] = broken[other], broken[place]
        case 3:
            broken[place] = broken[place][: chance.randrange(len(broken[place]))]
        case 4:
            flipped = bytearray(broken[place])
            bit = chance.randrange(len(flipped) * 8)
            flipped[bit // 8] ^= 1 << bit % 8
            broken[place] = bytes(flipped)
        case _:
            broken[place] = chance.randbytes(chance.randrange(300))
    return broken


def test_nothing_is_no_snapshot() -> None:
    with pytest.raises(Unreadable):
        read_snapshot(KEY, "acme", [])


def test_that_of_another_place_or_workspace_is_refused() -> None:
    records, _ = write_snapshot(KEY, snapshot(busy()))
    with pytest.raises(Unreadable):
        read_snapshot(b"{acme}:snap:1-8", "acme", records)
    with pytest.raises(Unreadable):
        read_snapshot(KEY, "other", records)


def test_a_state_that_json_cannot_say_is_not_written() -> None:
    state = busy()
    state.conversations["c1"].attributes["x"] = (1, 2)
    with pytest.raises(WriteVerifyFailed):
        write_snapshot(KEY, snapshot(state))


def test_every_difference_is_another_hash() -> None:
    seen = {state_hash(busy())}
    for change in (
        lambda state: state.totals.__setattr__("ended", 99),
        lambda state: state.agents["a1"].__setattr__("missed_streak", 5),
        lambda state: state.queues["q"].counts.__setitem__("waiting", 99),
        lambda state: state.conversations["c1"].attributes.__setitem__("x", 1),
        lambda state: state.changes.pop(next(iter(state.changes))),
        lambda state: state.__setattr__("epoch", 9),
        lambda state: state.agents.__setitem__("a1", state.agents.pop("a1")),
    ):
        state = busy()
        change(state)  # type: ignore[no-untyped-call]
        found = state_hash(state)
        assert found not in seen
        seen.add(found)


def test_a_custom_presence_is_part_of_it() -> None:
    bench = Workbench()
    bench.do(PutPresence("lunch", PresenceSettings(name="Lunch"), "s"))
    assert state_of(parts_of(bench.state)) == bench.state
