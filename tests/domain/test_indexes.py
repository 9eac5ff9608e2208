"""The indexes against their plain counterparts: a sorted list, a scan, a walk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import line as line_module
from app.domain.line import Line
from app.domain.pools import RANKS, Pools
from app.domain.routability import qualifies, takes, units_of
from app.domain.settings import AgentSettings, OfferRule, QueueSettings
from app.domain.state import Agent, Conversation, Exclusion, Queue, State
from app.domain.waiting import Waiting, rank_of
from app.domain.words import Connection, ConversationState, Presence, Strategy

NOW = 1_000_000
KIND = ("chat", (), 1_000)

some_ranks = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3)), unique=True, max_size=60)


@pytest.fixture
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of four, so that a small test splits and empties many."""
    monkeypatch.setattr(line_module, "CHUNK", 4)


@pytest.mark.usefixtures("short_chunks")
class TestLine:
    @given(some_ranks, st.randoms(use_true_random=False))
    def test_it_is_a_sorted_list(self, ranks: list[tuple[int, int]], chance: object) -> None:
        line = Line()
        plain: list[tuple[int, int]] = []
        for rank in ranks:
            line.add(rank)
            plain = sorted([*plain, rank])
            if chance.random() < 0.4:  # type: ignore[attr-defined]
                gone = chance.choice(plain)  # type: ignore[attr-defined]
                line.remove(gone)
                plain.remove(gone)
            assert list(line) == plain and len(line) == len(plain)
            assert line.first() == (plain[0] if plain else None)
            assert [line.count_below(rank) for rank in plain] == list(range(len(plain)))
        assert line.count_below((99,)) == len(plain)
        for rank in list(plain):
            line.remove(rank)
        assert not len(line) and line.first() is None and list(line) == []

    @given(some_ranks, st.tuples(st.integers(0, 61), st.integers(0, 3)))
    def test_what_is_not_there_cannot_be_removed(
        self, ranks: list[tuple[int, int]], absent: tuple[int, int]
    ) -> None:
        line = Line()
        for rank in ranks:
            if rank != absent:
                line.add(rank)
        with pytest.raises(KeyError):
            line.remove(absent)
        assert list(line) == sorted(rank for rank in ranks if rank != absent)

    def test_growing_at_either_end_keeps_the_order(self) -> None:
        for ranks in (range(50), range(49, -1, -1)):
            line = Line()
            for number in ranks:
                line.add((number,))
            assert list(line) == [(number,) for number in range(50)]


def agent_of(number: int, level: int, skill: int, load: int, times: int) -> Agent:
    """An agent at work who differs from the others in all that a strategy looks at."""
    settings = AgentSettings(
        name=f"a{number}", queues={"q": level}, skills={"en": skill}, capacity={"chat": 3}
    )
    agent = Agent(f"a{number}", settings, 1, number)
    agent.presence, agent.connection = Presence.AVAILABLE, Connection.CONNECTED
    agent.load, agent.load_units = ({"chat": load} if load else {}), load
    agent.idle_since, agent.accepted, agent.last_offer = times, times % 3, times % 5
    return agent


some_people = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 2), st.integers(0, 3), st.integers(0, 9)),
    min_size=1,
    max_size=7,
)
some_changes = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(["load", "free", "leave", "come", "offer"])),
    max_size=12,
)


class TestPools:
    """A pool is lazy: whatever happened to its members, its answer is that of a plain scan."""

    @given(
        st.sampled_from([one for one in Strategy if one is not Strategy.RANDOM]),
        some_people,
        some_changes,
        st.booleans(),
        st.integers(0, 3),
        st.integers(0, 2),
    )
    def test_it_picks_what_a_scan_picks(
        self,
        strategy: Strategy,
        people: list[tuple[int, int, int, int]],
        changes: list[tuple[int, str]],
        levels: bool,
        max_level: int,
        skill: int,
    ) -> None:
        state = State()
        settings = QueueSettings(
            name="q", offer=OfferRule(strategy=strategy, respect_levels=levels)
        )
        queue = state.queues["q"] = Queue("q", settings, 1, 1)
        for number, person in enumerate(people):
            state.agents[f"a{number}"] = agent_of(number, *person)
        pools = Pools(state)
        kind = ("chat", (("en", skill),), max_level)
        agents = list(state.agents.values())
        for place, what in [(0, "nothing"), *changes]:
            change(pools, agents[place % len(agents)], what, place)
            for passed in (None, agents[0].id):
                picked = pools.pick(pools.pool(queue, *kind), NOW, passes_all_but(passed))
                assert (picked and picked.id) == scan(state, queue, kind, passed)

    def test_a_changed_configuration_makes_the_pools_anew(self) -> None:
        state = State()
        queue = state.queues["q"] = Queue("q", QueueSettings(name="q"), 1, 1)
        state.agents["a0"] = agent_of(0, 1, 2, 0, 0)
        pools = Pools(state)
        kind = ("chat", (("en", 3),), 9)
        assert pools.pick(pools.pool(queue, *kind), NOW, lambda agent: True) is None
        agent = state.agents["a0"]
        agent.settings = replace(agent.settings, skills={"en": 3})
        pools.enroll(agent, ["q"])
        assert pools.pick(pools.pool(queue, *kind), NOW, lambda agent: True) is agent
        pools.dismiss(agent)
        assert pools.pick(pools.pool(queue, *kind), NOW, lambda agent: True) is None


def passes_all_but(passed: str | None) -> Callable[[Agent], bool]:
    """Let everybody through but one."""
    return lambda agent: agent.id != passed


def change(pools: Pools, agent: Agent, what: str, amount: int) -> None:
    """Change an agent as the engine does; what frees an agent is told to the pools."""
    if what in ("load", "free"):
        agent.load_units = min(3, agent.load_units + 1) if what == "load" else 0
        agent.load = {"chat": agent.load_units} if agent.load_units else {}
        agent.idle_since += 1
    elif what in ("leave", "come"):
        agent.presence = Presence.AWAY if what == "leave" else Presence.AVAILABLE
        agent.idle_since += amount * (what == "come")
    elif what == "offer":
        agent.last_offer += amount
        agent.accepted += amount % 2
    if what in ("free", "come"):
        pools.restore(agent)


def scan(state: State, queue: Queue, kind: tuple[str, object, int], passed: str | None) -> object:
    """Name the best agent by looking at everybody."""
    channel, skills, max_level = kind
    assert isinstance(skills, tuple)
    offer = queue.settings.offer
    able = [
        (RANKS[offer.strategy](agent, level if offer.respect_levels else 0), agent.id)
        for agent in state.agents.values()
        if (level := agent.settings.queues["q"]) <= max_level
        and qualifies(agent, skills)
        and takes(agent, channel, units_of(queue.settings, channel), NOW)
        and agent.id != passed
    ]
    return min(able)[1] if able else None


def conversation_of(number: int, priority: int) -> Conversation:
    """A waiting conversation."""
    return Conversation(
        id=f"c{number}",
        queue="q",
        channel="chat",
        state=ConversationState.WAITING,
        priority=priority,
        skills={},
        preferred_agent="pat" if number % 3 == 0 else None,
        customer={},
        subject=None,
        attributes={},
        fingerprint="",
        entered_by="",
        entered_at=number,
        enqueued_at=number,
        joined_at=number,
        exclusions={"pat": Exclusion(1, 1)} if number % 4 == 0 else {},
    )


SETTINGS = QueueSettings(name="q")


def line_of(priorities: list[int]) -> tuple[Waiting, list[Conversation]]:
    """Put conversations in line; returned in the order they should have."""
    waiting = Waiting()
    known = [conversation_of(number, priority) for number, priority in enumerate(priorities)]
    for conversation in known:
        waiting.add(conversation, KIND, rank_of(conversation, SETTINGS))
    return waiting, sorted(known, key=lambda one: (-one.priority, one.enqueued_at))


class TestWaiting:
    @given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.data())
    def test_the_line_is_exact_whoever_leaves(
        self, priorities: list[int], data: st.DataObject
    ) -> None:
        waiting, known = line_of(priorities)
        gone = data.draw(st.sets(st.sampled_from([one.id for one in known])))
        for id_ in sorted(gone):
            waiting.discard(id_)
            waiting.discard(id_)
        left = [one for one in known if one.id not in gone]
        assert [waiting.position(one.id) for one in left] == list(range(1, len(left) + 1))
        assert waiting.count("q") == len(left)
        assert waiting.oldest_at("q") == min((one.enqueued_at for one in left), default=None)
        for at in (0, 1, 20, 99):
            assert waiting.enqueued_before("q", at) == sum(one.enqueued_at < at for one in left)
        assert sorted(waiting.excluding) == sorted(one.id for one in left if one.exclusions)
        wishes = sorted(waiting.preferring.get("pat", ()))
        assert wishes == sorted(one.id for one in left if one.preferred_agent)
        assert ("q" in waiting.queues) == bool(left)

    @given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.data())
    def test_a_walk_sees_everybody_in_order_and_again(
        self, priorities: list[int], data: st.DataObject
    ) -> None:
        """A walk may stop anywhere and the one just seen may leave: the next one sees the rest."""
        waiting, known = line_of(priorities)
        left = [one.id for one in known]
        for _ in range(4):
            bucket = waiting.queues["q"].buckets[KIND, None]
            stop = data.draw(st.integers(0, len(left) - 1))
            walk = waiting.walk(bucket)
            seen = [next(walk) for _ in range(stop + 1)]
            assert seen == left[: stop + 1]
            if data.draw(st.booleans()):
                waiting.discard(seen[-1])
                left.remove(seen[-1])
            del walk  # it is let go in the middle
            if not left:
                break
            assert list(waiting.walk(waiting.queues["q"].buckets[KIND, None])) == left

    @given(st.lists(st.integers(0, 3), min_size=2, max_size=30), st.data())
    def test_a_walk_goes_on_after_each_one_taken(
        self, priorities: list[int], data: st.DataObject
    ) -> None:
        waiting, known = line_of(priorities)
        ids = [one.id for one in known]
        taken = data.draw(st.sets(st.sampled_from(ids)))
        seen = []
        for id_ in waiting.walk(waiting.queues["q"].buckets[KIND, None]):
            seen.append(id_)
            if id_ in taken:
                waiting.discard(id_)
        assert seen == ids
        left = [id_ for id_ in ids if id_ not in taken]
        assert [waiting.position(id_) for id_ in left] == list(range(1, len(left) + 1))

    def test_who_comes_back_at_the_same_place_is_seen_once(self) -> None:
        waiting, known = line_of([0, 0, 0])
        for one in known:
            waiting.discard(one.id)
            waiting.add(one, KIND, rank_of(one, SETTINGS))
        bucket = waiting.queues["q"].buckets[KIND, None]
        assert list(waiting.walk(bucket)) == [one.id for one in known]

    def test_a_bucket_sheds_those_who_left_from_its_middle(self) -> None:
        waiting, known = line_of([0] * 400)
        for one in known[1:-1]:
            waiting.discard(one.id)
        bucket = waiting.queues["q"].buckets[KIND, None]
        assert len(bucket.heap) <= 2 * bucket.live + 64
        assert list(waiting.walk(bucket)) == [known[0].id, known[-1].id]

    def test_kinds_stand_in_one_line_and_in_buckets_of_their_own(self) -> None:
        waiting = Waiting()
        first, second = conversation_of(1, 0), conversation_of(2, 5)
        waiting.add(first, KIND, rank_of(first, SETTINGS))
        waiting.add(second, KIND, rank_of(second, SETTINGS), held_for="pat")
        assert (waiting.position("c1"), waiting.position("c2")) == (2, 1)
        assert set(waiting.queues["q"].buckets) == {(KIND, None), (KIND, "pat")}
        assert waiting.position("nowhere") is None and waiting.count("nowhere") == 0
        assert waiting.oldest_at("nowhere") is None
        assert waiting.enqueued_before("nowhere", 9) == 0
