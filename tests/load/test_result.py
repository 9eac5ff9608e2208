"""What a run is said to have come to: the knee of a ramp, and a client that was too slow."""

from __future__ import annotations

from app.load.figures import Figures
from app.load.histogram import Histogram
from app.load.plan import Plan
from app.load.result import bottleneck, knee


def ramped(*steps: tuple[float, int, int]) -> Figures:
    """Each step: seconds of each offer, how many entered, how many were offered."""
    figures = Figures(30.0)
    for number, (seconds, entered, offered) in enumerate(steps, 1):
        figures.phases[f"{number}/s"] = {"offer": Histogram(), "enter": Histogram()}
        for name, many in (("offer", offered), ("enter", entered)):
            for _ in range(many):
                figures.phases[f"{number}/s"][name].record(seconds)
    return figures


def test_the_knee_is_where_offers_become_slow_or_fall_behind() -> None:
    good = (0.005, 200, 200)
    assert knee(ramped(good, good, good), Plan(rate=3)) == "ramp: no knee up to 3/s"
    assert "between 2/s and 3/s" in knee(ramped(good, good, (0.9, 200, 200)), Plan(rate=3))
    assert "150 of 200" in knee(ramped(good, (0.005, 200, 150), good), Plan(rate=3))
    # Chance decides how many arrive in a short step: that is no knee.
    assert "no knee" in knee(ramped(good, (0.005, 120, 120), good), Plan(rate=3))


def test_a_client_that_was_late_itself_is_named() -> None:
    figures = Figures(30.0)
    figures.whole["client lag"] = Histogram()
    for _ in range(100):
        figures.whole["client lag"].record(0.001)
    assert bottleneck(figures) == []
    for _ in range(10):
        figures.whole["client lag"].record(0.2)
    assert "late themselves" in bottleneck(figures)[0]
    figures.client_cpu[3] = [0.95] * 10
    assert "process 3" in bottleneck(figures)[1]
