"""The expected wait: the distribution against tables and closed forms, the promise on the engine.

The tables are those of the chi-square distribution (Pearson's, in every textbook): with an even
number 2k of degrees of freedom it is twice an Erlang(k).
"""

from __future__ import annotations

import math
from heapq import heappop, heappush
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import commands as c
from app.domain import events as e
from app.domain.engine import Engine
from app.domain.estimate import (
    EXACT_MAX,
    HANDLED_MIN,
    Estimate,
    Unknown,
    erlang_quantile,
    erlang_share,
    estimate,
    shares,
    why_unknown,
)
from app.domain.settings import AgentSettings, OfferRule, QueueSettings
from app.domain.words import OfferState

shapes = st.integers(1, 3_000)
probabilities = st.floats(0.001, 0.999)

# Degrees of freedom: upper percentage points of chi-square for these shares below.
SHARES = (0.005, 0.025, 0.05, 0.10, 0.50, 0.90, 0.95, 0.975, 0.99, 0.995)
CHI_SQUARE = {
    2: (0.0100, 0.0506, 0.1026, 0.2107, 1.3863, 4.6052, 5.9915, 7.3778, 9.2103, 10.5966),
    4: (0.2070, 0.4844, 0.7107, 1.0636, 3.3567, 7.7794, 9.4877, 11.1433, 13.2767, 14.8603),
    10: (2.1559, 3.2470, 3.9403, 4.8652, 9.3418, 15.9872, 18.3070, 20.4832, 23.2093, 25.1882),
    20: (7.4338, 9.5908, 10.8508, 12.4426, 19.3374, 28.4120, 31.4104, 34.1696, 37.5662, 39.9968),
    30: (13.7867, 16.7908, 18.4927, 20.5992, 29.3360, 40.2560, 43.7730, 46.9792, 50.8922, 53.6720),
    50: (27.9907, 32.3574, 34.7643, 37.6886, 49.3349, 63.1671, 67.5048, 71.4202, 76.1539, 79.4900),
    100: (
        *(67.3276, 74.2219, 77.9295, 82.3581, 99.3341),
        *(118.4980, 124.3421, 129.5612, 135.8067, 140.1695),
    ),
}


@pytest.mark.parametrize("freedom", CHI_SQUARE)
def test_the_quantiles_are_those_of_the_chi_square_table(freedom: int) -> None:
    for share, tabled in zip(SHARES, CHI_SQUARE[freedom], strict=True):
        assert 2 * erlang_quantile(freedom // 2, share) == pytest.approx(tabled, abs=6e-5)


@given(probabilities)
def test_the_first_in_line_waits_exponentially(share: float) -> None:
    assert erlang_quantile(1, share) == pytest.approx(-math.log1p(-share), rel=1e-12)


@given(st.integers(1, 60), st.floats(0.001, 150))
def test_the_share_is_the_closed_sum_of_poisson(shape: int, time: float) -> None:
    fewer = (
        math.exp(number * math.log(time) - time - math.lgamma(number + 1))
        for number in range(shape)
    )
    assert erlang_share(shape, time) == pytest.approx(1 - math.fsum(fewer), abs=1e-12)


@given(shapes, probabilities)
def test_the_quantile_turns_the_share_round(shape: int, share: float) -> None:
    near = 1e-10 if shape <= EXACT_MAX else 1e-3
    assert erlang_share(shape, erlang_quantile(shape, share)) == pytest.approx(share, abs=near)


@given(shapes, probabilities)
def test_who_stands_further_back_waits_longer(shape: int, share: float) -> None:
    assert erlang_quantile(shape, share) < erlang_quantile(shape + 1, share)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.999])
def test_a_long_line_is_estimated_without_a_jump(share: float) -> None:
    searched, direct = (erlang_quantile(EXACT_MAX + more, share) for more in (0, 1))
    assert 0 < direct - searched < 2
    assert erlang_share(EXACT_MAX + 1, direct) == pytest.approx(share, abs=1e-3)


@pytest.mark.parametrize(("shape", "share"), [(0, 0.5), (1, 0.0), (1, 1.0), (3, math.nan)])
def test_what_is_no_quantile_is_refused(shape: int, share: float) -> None:
    with pytest.raises(ValueError, match="no quantile"):
        erlang_quantile(shape, share)


def test_an_estimate_in_figures_worked_by_hand() -> None:
    # Two places, three minutes each: one comes free every 90 s, and the first waits for one.
    assert estimate(1, 2, 180_000, 5) == Estimate(
        p50_ms=round(90_000 * math.log(2)), p90_ms=round(90_000 * math.log(10))
    )


@given(st.integers(1, 500), st.floats(0.1, 300), st.floats(1_000, 1e7))
def test_the_wait_grows_with_the_line_and_shrinks_with_the_places(
    place: int, places_on: float, mean_handle_ms: float
) -> None:
    here = estimate(place, places_on, mean_handle_ms, 50)
    behind = estimate(place + 5, places_on, mean_handle_ms, 50)
    helped = estimate(place, 2 * places_on, mean_handle_ms, 50)
    assert here is not None and behind is not None and helped is not None
    assert 0 < here.p50_ms <= here.p90_ms
    assert here.p50_ms <= behind.p50_ms and here.p90_ms <= behind.p90_ms
    assert helped.p50_ms == pytest.approx(here.p50_ms / 2, abs=1)


@pytest.mark.parametrize(
    ("places_on", "mean_handle_ms", "handled", "why"),
    [
        (0, 180_000, 50, Unknown.NOBODY_ON),
        (-1, 180_000, 50, Unknown.NOBODY_ON),
        (math.nan, 180_000, 50, Unknown.NOBODY_ON),
        (3, 180_000, HANDLED_MIN - 1, Unknown.NO_DATA),
        (3, 0.0, 0, Unknown.NO_DATA),
        (3, 0.0, 50, Unknown.NO_DATA),
        (3, 180_000, HANDLED_MIN, None),
    ],
)
def test_unknown_is_not_zero(
    places_on: float, mean_handle_ms: float, handled: int, why: Unknown | None
) -> None:
    found = estimate(7, places_on, mean_handle_ms, handled)
    assert (found is None) == (why is not None)
    assert why_unknown(places_on, mean_handle_ms, handled) is why


def test_the_shortest_estimate_is_not_zero_either() -> None:
    found = estimate(1, 10_000, 1, 50)
    assert found == Estimate(1, 1)


def test_the_gravest_reason_is_told_first() -> None:
    causes = {"closed": True, "paused": True, "stalled": True}
    told: list[str] = []
    places = 0.0
    for drop in ("closed", "paused", "nobody_on", "stalled"):
        told.append(str(why_unknown(places, 0, 0, **causes)))
        causes.pop(drop, None)
        places = 1.0 if drop == "nobody_on" else places
    told.append(str(why_unknown(places, 0, 0, **causes)))
    assert told == ["closed", "paused", "nobody_on", "stalled", "no_data"]


def test_places_in_line_count_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        estimate(0, 3, 180_000, 50)


def test_an_agent_of_several_queues_is_shared_among_those_that_want_him() -> None:
    agents = [(2, ["sales", "mail"]), (1, ["sales"]), (3, ["sales", "mail", "vip"])]
    assert shares(agents, {"sales": 4, "mail": 1}) == {"sales": 3.5, "mail": 2.5, "vip": 1.0}
    alone = shares(agents, {"sales": 4})
    assert alone["sales"] == 6, "nobody else asks for them"
    assert alone["mail"] == 2.5, "as if one came"
    assert shares([], {"sales": 1}) == {}


@given(
    st.lists(st.tuples(st.integers(1, 5), st.frozensets(st.sampled_from("abcd"), min_size=1))),
    st.frozensets(st.sampled_from("abcd")),
)
def test_shares_give_away_each_place_once(
    agents: list[tuple[float, frozenset[str]]], waiting: frozenset[str]
) -> None:
    found = shares(agents, dict.fromkeys(waiting, 3))
    wanted = sum(places for places, queues in agents if queues & waiting)
    assert sum(found.get(queue, 0.0) for queue in waiting) == pytest.approx(wanted)


class Hall:
    """M/M/n on the real engine: one queue, n agents who take every offer at once."""

    MEAN_MS = 180_000.0

    def __init__(self, seed: int, agents: int, load: float) -> None:
        self.engine = Engine(retention_ms=1_000)
        self.chance = Random(seed)
        self.agents = agents
        self.every_ms = self.MEAN_MS / (agents * load)
        self.now = 0.0
        self.ends: list[tuple[float, str, str]] = []
        self.taken: dict[str, float] = {}
        self.do(c.OpenWorkspace("hall", "gen-1"))
        offer = OfferRule(timeout_ms=3_600_000)
        self.do(c.PutQueue("q", QueueSettings(name="q", offer=offer), "test"))
        for number in range(agents):
            id_ = f"agent{number}"
            self.do(c.PutAgent(id_, AgentSettings(name=id_, queues={"q": 1}), "test"))
            self.do(c.ConnectAgent(id_))
            self.do(c.SetPresence(id_, "available", "", "test"))

    def do(self, command: c.Command) -> None:
        """Let the engine decide; who is offered somebody takes him and talks."""
        for event in self.engine.apply(command, round(self.now)).events:
            if isinstance(event, e.OfferMade):
                self.do(c.AcceptOffer(event.offer, event.agent))
            elif isinstance(event, e.OfferEnded) and event.outcome is OfferState.ACCEPTED:
                self.taken[event.conversation] = self.now
                talk_ms = self.chance.expovariate(1 / self.MEAN_MS)
                heappush(self.ends, (self.now + talk_ms, event.conversation, event.agent))

    def until(self, at: float) -> None:
        """Let the talks end that end until then."""
        while self.ends and self.ends[0][0] <= at:
            self.now, conversation, agent = heappop(self.ends)
            self.do(c.Tick())
            self.do(c.CompleteConversation(conversation, agent))
        self.now = at


@pytest.mark.parametrize(("seed", "agents", "load"), [(1, 1, 0.8), (2, 4, 0.93), (3, 12, 0.97)])
def test_half_are_served_within_p50_and_nine_of_ten_within_p90(
    seed: int, agents: int, load: float
) -> None:
    """Estimates are noted one after the other: the next only when the one before was served.

    So each has its chance whatever became of the others, and the errors add up as those of coins.
    """
    hall = Hall(seed, agents, load)
    asked: tuple[str, float, Estimate] | None = None
    noted = within_p50 = within_p90 = 0
    for number in range(25_000):
        hall.until(hall.now + hall.chance.expovariate(1 / hall.every_ms))
        if asked is not None and asked[0] in hall.taken:
            id_, came, promise = asked
            waited_ms = hall.taken[id_] - came
            noted += 1
            within_p50 += waited_ms <= promise.p50_ms
            within_p90 += waited_ms <= promise.p90_ms
            asked = None
        hall.do(c.EnterConversation(f"c{number}", "q", "chat", "test"))
        place = hall.engine.position_of(f"c{number}")
        if place is not None and asked is None:
            found = estimate(place, agents, Hall.MEAN_MS, 50)
            assert found is not None
            asked = (f"c{number}", hall.now, found)
    assert noted > 1_000
    for share, count in ((0.5, within_p50), (0.9, within_p90)):
        error = math.sqrt(share * (1 - share) / noted)
        assert abs(count / noted - share) <= 3 * error, (share, count / noted, noted)
