"""The chart: drawn into a file without a screen, readable as text in SVG, refused with a remedy."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.simulation.chart import REMEDY, ChartImpossible, check_chart, draw
from app.simulation.runs import Pool, simulate
from app.simulation.scenario import Arrival
from tests.simulation.centre import alike, centre

HOUR_MS = 3_600_000


def pool(agents: int, hours: int = 6) -> Pool:
    arrivals = [
        Arrival(7 * HOUR_MS + 60_000 * number, f"c{number}", "q", 150_000, 300_000)
        for number in range(0, 60 * hours)
        if not 100 < number < 200
    ]
    made = Pool()
    made.add(simulate(centre(arrivals, alike(agents, shifts=((7 * HOUR_MS, 20 * HOUR_MS),)))))
    return made


@pytest.fixture
def _matplotlib() -> None:
    pytest.importorskip("matplotlib")


@pytest.mark.usefixtures("_matplotlib")
def test_a_picture_has_its_format(tmp_path: Path) -> None:
    draw(tmp_path / "day.png", "A day", pool(2))
    assert (tmp_path / "day.png").read_bytes().startswith(b"\x89PNG")
    draw(tmp_path / "day.pdf", "A day", pool(2), pool(3))
    assert (tmp_path / "day.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.usefixtures("_matplotlib")
def test_a_picture_says_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none"}):
        draw(tmp_path / "day.svg", "A day: what if agents +1", pool(2), pool(3))
    text = (tmp_path / "day.svg").read_text()
    for words in (
        "A day: what if agents +1",
        "conversations that came, per 30 min",
        "agents available, as it is",
        "wait (log above 10 s)",
        "mean of everybody, what if",
        "service level (event time, 20 s), what if",
        "service level, %",
        "promised 80 %",
        "time of day",
        "08:00",
    ):
        assert words in text, words


@pytest.mark.usefixtures("_matplotlib")
def test_several_days_are_labelled_by_date(tmp_path: Path) -> None:
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none"}):
        draw(tmp_path / "days.svg", "Days", pool(2, hours=60))
    text = (tmp_path / "days.svg").read_text()
    assert "09 Jan" in text and "time of day" not in text


@pytest.mark.usefixtures("_matplotlib")
def test_a_day_without_anybody_can_be_drawn(tmp_path: Path) -> None:
    made = Pool()
    made.add(simulate(centre([], alike(1, shifts=()))))
    draw(tmp_path / "day.png", "Nothing", made)


def test_a_file_that_cannot_be_drawn_is_refused_first(tmp_path: Path) -> None:
    with pytest.raises(ChartImpossible, match=r"\.png, \.svg, \.pdf"):
        check_chart(tmp_path / "day.gif")
    with pytest.raises(ChartImpossible, match="no such directory"):
        check_chart(tmp_path / "none" / "day.png")


def test_without_the_library_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ChartImpossible) as refused:
        check_chart(tmp_path / "day.png")
    assert str(refused.value) == REMEDY
    assert "pip install 'interlock-offers[charts]'" in REMEDY
