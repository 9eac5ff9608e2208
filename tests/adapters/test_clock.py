"""The machine's clock: whatever happens to the wall, our time goes on."""

from __future__ import annotations

import time

import pytest

from app.adapters.clock import BOOT_CLOCK, SystemClock

SECOND_NS = 1_000_000_000


class Hands:
    """Sets both clocks of the machine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall_ns = 1_700_000_000 * SECOND_NS
        self.boot_ns = 5 * SECOND_NS
        monkeypatch.setattr(time, "time_ns", lambda: self.wall_ns)
        monkeypatch.setattr(time, "clock_gettime_ns", self._boot)

    def _boot(self, clock: int) -> int:
        assert clock == BOOT_CLOCK
        return self.boot_ns


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch)


def test_it_begins_with_the_wall(hands: Hands) -> None:
    assert SystemClock().now_ms() == 1_700_000_000_000


def test_it_advances_with_the_machine_and_not_with_the_wall(hands: Hands) -> None:
    clock = SystemClock()
    hands.boot_ns += 3 * SECOND_NS
    assert clock.now_ms() == 1_700_000_003_000
    hands.wall_ns -= 3600 * SECOND_NS
    assert clock.now_ms() == 1_700_000_003_000
    hands.wall_ns += 7200 * SECOND_NS
    assert clock.now_ms() == 1_700_000_003_000


def test_a_real_clock_never_goes_back() -> None:
    clock = SystemClock()
    times = [clock.now_ms() for _ in range(1000)]
    assert times == sorted(times)


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="no boot clock on this system")
def test_time_asleep_counts() -> None:
    assert BOOT_CLOCK == time.CLOCK_BOOTTIME
