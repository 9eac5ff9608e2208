"""The limits themselves, on a clock of the test's own, and that each has its setting and figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import pytest

from app.config import Settings
from app.edge.admission import Admission
from app.edge.calls import CallPace
from app.edge.door import YOUNG_S, Door, Stranger
from app.edge.identity import Principal
from app.edge.limits import AdmissionLimits, CallLimits, ConnectionLimits
from app.edge.metrics import REFUSALS, Metrics
from app.edge.pace import KEPT_MIN, Bucket, Pace
from app.edge.problems import ProblemError
from app.main.node import _connection_limits, _socket_limits

RULES = {"malformed", "origin", "ticket", "connection_silent", "handshake"}
"""Reasons that are no settings."""
NO_REFUSAL = {
    "board_frame_bytes_max": "counted as frame_bytes_max",
    "board_outbox_bytes_max": "counted as outbox_bytes_max",
    "frames_burst": "part of frames_per_s",
    "calls_burst": "part of calls_per_s",
    "program_calls_burst": "part of program_calls_per_s",
    "new_sockets_window_ms": "part of new_sockets_per_user",
    "admission_wait_ms": "part of admissions_per_s",
    "inbox_max": "counted by the router: overloaded_total",
    "frozen_reader_ms": "done by the kernel",
    "unsent_bytes_max": "done by the kernel",
}


class Clock:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@dataclass(frozen=True)
class Counting:
    """A meter that only remembers."""

    seen: list[str]

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """Add to a counter."""
        assert name == "refusals_total" and value == 1
        self.seen.append(labels["reason"])

    def observe(self, name: str, value: float) -> None:
        """Add one value to a distribution."""

    def show(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meter() -> Counting:
    return Counting([])


# ------------------------------------------------------------ every limit


def test_each_limit_is_a_setting_with_its_figure() -> None:
    settings = set(type(Settings().limits).model_fields)
    assert set(REFUSALS) <= settings | RULES
    assert settings - set(REFUSALS) == set(NO_REFUSAL)
    told = Metrics().text().decode()
    for reason in REFUSALS:
        assert f'interlock_refusals_total{{reason="{reason}"}} 0.0' in told


def test_the_defaults_in_the_code_are_those_of_the_settings() -> None:
    settings = Settings()
    assert _connection_limits(settings) == ConnectionLimits()
    assert _socket_limits(settings).admission == AdmissionLimits()
    limits = settings.limits
    people = limits.calls_per_s, limits.calls_burst
    programs = limits.program_calls_per_s, limits.program_calls_burst
    assert CallLimits(*people, *programs) == CallLimits()


def test_every_limit_is_used() -> None:
    """A limit whose setting does not reach the code would be a promise that nobody keeps."""
    names = list(type(Settings().limits).model_fields)
    odd = {name: 1_000_000 + at for at, name in enumerate(names)}
    odd["connections_max"] = 2_000_000
    settings = Settings.merged({"limits": odd})
    reached = {*values(_connection_limits(settings)), *values(_socket_limits(settings))}
    elsewhere = {
        "body_bytes_max",
        "calls_per_s",
        "calls_burst",
        "program_calls_per_s",
        "program_calls_burst",
        "sockets_per_agent",
        "inbox_max",
        "frozen_reader_ms",
        "unsent_bytes_max",
    }
    assert {name for name, value in odd.items() if value not in reached} == elsewhere


def values(limits: Any) -> Iterator[object]:
    """Every value within, at any depth."""
    for field in fields(limits):
        value = getattr(limits, field.name)
        if is_dataclass(value):
            yield from values(value)
        else:
            yield value


# ------------------------------------------------------------ how often


def test_a_bucket_gives_its_burst_and_then_its_rate(clock: Clock) -> None:
    bucket = Bucket(2, 3, clock)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    clock.now_s += 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    clock.now_s += 100
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_a_pace_is_kept_for_each_key_and_says_how_long_to_wait(clock: Clock) -> None:
    pace = Pace(2, 3, clock)
    assert [pace.take("a") for _ in range(4)] == [0, 0, 0, pytest.approx(0.5)]
    assert pace.take("b") == 0
    clock.now_s += 0.5
    assert [pace.take("a") for _ in range(2)] == [0, pytest.approx(0.5)]
    assert [Pace(0, 1, clock).take("a") for _ in range(9)] == [0] * 9


def test_a_pace_forgets_who_has_been_quiet(clock: Clock) -> None:
    pace = Pace(1, 2, clock)
    for number in range(20 * KEPT_MIN):
        clock.now_s += 0.01
        pace.take(str(number))
    assert len(pace) <= 2 * KEPT_MIN


def test_those_who_come_at_once_get_their_turn_or_are_sent_away(clock: Clock) -> None:
    pace = Pace(10, 5, clock)
    turns = [pace.queue(1.0) for _ in range(17)]
    assert turns[:5] == [0] * 5
    assert turns[5:15] == [pytest.approx(number / 10) for number in range(1, 11)]
    assert turns[15:] == [None, None]
    clock.now_s += 0.25
    assert [pace.queue(1.0) is None for _ in range(4)] == [False, False, True, True]


# ------------------------------------------------------------ strangers


class Crowd:
    """Strangers, and who of them was turned out."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self.out: list[str] = []
        self.here: dict[str, Stranger] = {}

    def come(self, name: str, address: str = "a") -> None:
        """Somebody comes in."""
        self.here[name] = self._door.enter(address, lambda: self.out.append(name))

    def go(self, name: str) -> None:
        """Somebody said who he is."""
        self._door.leave(self.here[name])


def test_the_one_that_was_silent_longest_makes_room(clock: Clock, meter: Counting) -> None:
    crowd = Crowd(door := Door(3, 0, meter, clock))
    for name in "abc":
        crowd.come(name)
    clock.now_s += YOUNG_S
    crowd.go("a")
    crowd.come("d")
    assert crowd.out == []
    crowd.come("e")
    crowd.come("f")
    assert crowd.out == ["b", "c"] and len(door) == 3
    assert meter.seen == ["strangers_max"] * 2
    assert crowd.here["b"].turned_out and not crowd.here["d"].turned_out
    crowd.go("b")


def test_nobody_is_turned_out_in_his_first_moment(clock: Clock, meter: Counting) -> None:
    crowd = Crowd(door := Door(2, 2, meter, clock))
    for number in range(50):
        crowd.come(str(number))
    assert crowd.out == [] and len(door) == 50
    clock.now_s += YOUNG_S
    crowd.come("late")
    assert len(door) == 2 and crowd.out == [str(number) for number in range(49)]


def test_a_crowd_from_one_address_takes_no_others_place(clock: Clock, meter: Counting) -> None:
    crowd = Crowd(Door(10, 2, meter, clock))
    crowd.come("honest", "b")
    for number in range(8):
        clock.now_s += YOUNG_S
        crowd.come(str(number))
    assert crowd.out == [str(number) for number in range(6)]
    assert meter.seen == ["strangers_per_address"] * 6


def test_when_all_is_full_the_idle_go_first(clock: Clock, meter: Counting) -> None:
    crowd = Crowd(door := Door(10, 0, meter, clock))
    crowd.come("silent")
    door.rest("a", lambda: crowd.out.append("idle"))
    assert [door.make_room() for _ in range(3)] == [True, True, False]
    assert crowd.out == ["idle", "silent"] and meter.seen == ["connections_max"] * 2


# ------------------------------------------------------------ users


def who(agent: str | None, login: str = "", key: str = "k") -> Principal:
    """Somebody with a ticket."""
    return Principal("agent" if agent else "supervisor", "x", agent, key, login=login)


def test_sockets_are_counted_by_user_address_and_in_all(clock: Clock) -> None:
    limits = AdmissionLimits(per_address=3, per_supervisor=2, new_per_user=100)
    admission = Admission(4, limits, clock)
    assert admission.enter(who(None, "l"), "a") == ""
    assert admission.enter(who(None, "l"), "b") == ""
    assert admission.enter(who(None, "l"), "c") == "sockets_per_supervisor"
    assert admission.enter(who("anna"), "a") == admission.enter(who("bob"), "a") == ""
    assert admission.full and admission.enter(who("carl"), "d") == "sockets_max"
    admission.leave(who(None, "l"), "b")
    assert admission.enter(who("carl"), "a") == "sockets_per_address"
    assert admission.enter(who(None, "l"), "b") == ""


def test_new_sockets_are_counted_by_person(clock: Clock) -> None:
    limits = AdmissionLimits(new_per_user=2, new_window_ms=10_000)
    admission = Admission(1_000, limits, clock)

    def opened(one: Principal) -> list[str]:
        return [admission.enter(one, "a") for _ in range(3)]

    assert opened(who("anna")) == ["", "", "new_sockets_per_user"]
    assert opened(who("bob")) == ["", "", "new_sockets_per_user"]
    assert opened(who(None, "login")) == ["", "", "new_sockets_per_user"]
    assert opened(who(None)) == [""] * 3, "a program's key speaks for many boards"
    clock.now_s += 5
    assert opened(who("anna")) == ["", "new_sockets_per_user", "new_sockets_per_user"]


def test_people_and_programs_have_a_rate_each_and_admins_none(
    clock: Clock, meter: Counting
) -> None:
    pace = CallPace(CallLimits(per_s=1, burst=2, program_per_s=1, program_burst=4), meter, clock)

    def allowed(one: Principal) -> int:
        for number in range(20):
            try:
                pace.check(one)
            except ProblemError as error:
                assert error.code == "rate_limited" and error.headers == {"Retry-After": "1"}
                return number
        return 20

    assert allowed(who("anna")) == 2
    assert allowed(who(None, "login")) == 2
    assert allowed(Principal("viewer", "x", None, "wall")) == 2
    assert allowed(Principal("ingest", "x", None, "shop")) == 4
    assert allowed(Principal("ingest", "x", None, "other shop")) == 4
    assert allowed(Principal("admin", "x", None, "bootstrap")) == 20
    assert set(meter.seen) == {"calls_per_s", "program_calls_per_s"}
    pace.check(None)
