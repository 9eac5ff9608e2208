"""Days: the project's own format, the recorded month, and the textbook's figures of both."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clients import bank
from app.clients.day import Agent, Conversation, Day, DayInvalid, Shift, parse_day, read_day
from app.clients.day_source import choose_day
from app.clients.figures import Figures
from app.clients.textbook import simulate

EXAMPLE = Path(bank.__file__).parent / "example_day.jsonl"
HEADER = b'{"kind":"day","format":"interlock-day/1","name":"d"}'


def test_the_worked_example_is_what_its_description_says() -> None:
    day = read_day(EXAMPLE)
    assert (day.name, day.queues, day.channels) == ("example", ["billing", "support"], ["call"])
    assert (len(day.agents), len(day.shifts), len(day.conversations)) == (2, 3, 6)
    assert simulate(day) == Figures(6, 5, 3, 160.0)
    assert EXAMPLE.read_text() in (EXAMPLE.parent / "REPLAY.md").read_text()


@pytest.mark.parametrize(
    ("lines", "number", "word"),
    [
        ([], 0, "first line"),
        ([b'{"kind":"shift","agent":"a","on_s":1,"off_s":2}'], 0, "first line"),
        ([HEADER.replace(b"/1", b"/2")], 1, "interlock-day/2"),
        ([HEADER, HEADER], 2, "once"),
        ([HEADER, b"{"], 2, "truncated"),
        ([HEADER, b"", b'{"kind":"pause"}'], 3, "pause"),
        ([HEADER, b'{"kind":"agent","id":"a","queues":{"q":1},"age":3}'], 2, "age"),
        ([HEADER, b'{"kind":"agent","id":"a b","queues":{}}'], 2, "$.id"),
        ([HEADER, *[b'{"kind":"agent","id":"a","queues":{}}'] * 2], 3, "already"),
        ([HEADER, b'{"kind":"shift","agent":"a","on_s":1,"off_s":2}'], 2, "no agent"),
        (
            [
                HEADER,
                b'{"kind":"agent","id":"a","queues":{}}',
                b'{"kind":"shift","agent":"a","on_s":2,"off_s":2}',
            ],
            3,
            "after",
        ),
        (
            [HEADER, b'{"kind":"conversation","id":"c","arrived_s":-1,"queue":"q","service_s":1}'],
            2,
            "$.arrived_s",
        ),
    ],
)
def test_a_file_is_refused_with_its_line(lines: list[bytes], number: int, word: str) -> None:
    with pytest.raises(DayInvalid, match=word.replace("$", r"\$")) as refused:
        parse_day(lines)
    assert refused.value.line == number


def test_a_part_of_a_day_cuts_the_shifts_too() -> None:
    day = Day(
        "d",
        {"a": Agent("a", {"q": 1})},
        (Shift("a", 0, 100), Shift("a", 200, 300)),
        tuple(Conversation(f"c{at}", at, "q", 5) for at in (10, 90, 150, 250)),
    )
    part = day.between(90, 250)
    assert [one.id for one in part.conversations] == ["c90", "c150"]
    assert [(one.on_s, one.off_s) for one in part.shifts] == [(90, 100), (200, 250)]
    assert part.starts_s == 90


def test_a_day_is_chosen_by_file_or_by_date(data: Path) -> None:
    assert choose_day(str(EXAMPLE), None, {})[0].name == "example"
    day, published = choose_day("1999-02-06", data, {})
    assert (day.name, len(published)) == ("1999-02-06", 3)
    part, none = choose_day("1999-02-06", None, {bank.DATA_VARIABLE: str(data)}, until_s=70_000)
    assert 0 < len(part.conversations) < len(day.conversations) and none == {}
    with pytest.raises(DayInvalid, match="no calls"):
        bank.read_bank_day(data, "1999-02-31")
    with pytest.raises(DayInvalid, match="cannot read"):
        choose_day("none.jsonl", None, {})
    with pytest.raises(DayInvalid, match="nobody arrives"):
        choose_day("1999-02-06", data, {}, from_s=1, until_s=2)


def test_without_data_a_date_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(DayInvalid, match="--data"):
        choose_day("1999-02-03", None, {})
    (tmp_path / "shared" / "data").mkdir(parents=True)
    assert bank.find_data(None, {}) == bank.NEIGHBOUR
    assert bank.find_data(Path("x"), {bank.DATA_VARIABLE: "y"}) == Path("x")


def test_the_recorded_day_is_read_whole(data: Path) -> None:
    day = bank.read_bank_day(data, "1999-02-03")
    assert len(day.conversations) == 1537
    assert Counter(one.queue for one in day.conversations) == {
        "PS": 1095, "NW": 271, "NE": 121, "TT": 37, "IN": 9, "PE": 4
    }  # fmt: skip
    assert sum(one.priority for one in day.conversations) == 428
    assert (len(day.agents), len(day.shifts)) == (17, 30)
    assert set(day.agents["agent-09"].queues) == {"NE", "PS"}
    assert bank.bank_figures(data, "1999-02-03")["what happened"] == Figures(1537, 1314, 784, 49084)


def test_the_textbook_agrees_with_the_published_references(data: Path) -> None:
    """Two programs by two people: equal to the second, but for ties within one second.

    Head starts make many ties, and one tie settled otherwise changes the rest of a busy day.
    """
    exact = 0
    for number in range(1, 29):
        date = f"1999-02-{number:02}"
        day, published = bank.read_bank_day(data, date), bank.bank_figures(data, date)
        fifo, reference = simulate(day), published["reference fifo"]
        exact += fifo == reference
        assert fifo.served == reference.served
        assert fifo.wait_sum_s == pytest.approx(reference.wait_sum_s, rel=0.002)
        prio90, reference = simulate(day, order="prio90"), published["reference prio90"]
        assert abs(prio90.served - reference.served) <= 0.008 * reference.offered
        assert prio90.wait_sum_s == pytest.approx(reference.wait_sum_s, rel=0.12)
    assert exact >= 27


callers = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 20), st.none() | st.integers(0, 30)), max_size=25
)


@given(callers, st.integers(1, 3), st.sampled_from(["fifo", "prio90"]), st.sampled_from([0.0, 2.0]))
def test_nobody_is_served_twice_or_after_leaving(
    calls: list[tuple[int, int, int | None]], staff: int, order: str, ring_s: float
) -> None:
    agents = {f"a{n}": Agent(f"a{n}", {"q": 1}) for n in range(staff)}
    day = Day(
        "d",
        agents,
        tuple(Shift(id, 0, 1000) for id in agents),
        tuple(Conversation(f"c{n}", at, "q", s, p) for n, (at, s, p) in enumerate(calls)),
    )
    found = simulate(day, order=order, ring_s=ring_s)
    assert found.offered == len(calls) and found.served <= found.offered
    assert found.served >= sum(patience is None for _, _, patience in calls)
    longest = [patience for _, _, patience in calls if patience is not None]
    if None not in [patience for _, _, patience in calls]:
        assert found.wait_sum_s <= sum(longest)
    if len(calls) <= staff:
        served = sum(patience is None or patience > ring_s for _, _, patience in calls)
        assert found.served >= served
