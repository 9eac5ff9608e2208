"""The file that describes a kind of day: read whole, or refused with the key and the remedy."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from app.domain.settings import AgentSettings
from app.simulation import traffic
from app.simulation.scenario import MONDAY_MS
from app.simulation.spec import SpecInvalid, parse_spec, read_spec

ROOT = Path(traffic.__file__).parent
GOOD = """
name = "Monday"
opens = "08:00"
date = 2026-10-05
day_spread = 0.1

[traffic.billing]
period_min = 30
per_period = [10, 20.5]
service_s = [240, 180]
service_spread = 1.2
patience_s = 90
channel = "call"
priority = 2
skills = { french = 1 }

[staff.day]
count = 3
queues = { billing = 1 }
skills = { french = 2 }
capacity = { call = 1, chat = 2 }
units = 2
shifts = [["08:00", "12:00"], ["12:30", "24:00"]]
accept_delay_s = 2.5
declines = 0.1
misses = 0.05
speed = 0.9
"""
SHORT = """
[traffic.billing]
per_period = 10
service_s = 240
[staff.day]
queues = { billing = 1 }
"""


def read(text: str) -> traffic.Spec:
    return parse_spec(tomllib.loads(text), "file")


def test_every_key_is_understood() -> None:
    spec = read(GOOD)
    assert (spec.name, spec.opens_ms, spec.day_spread) == ("Monday", 28_800_000, 0.1)
    assert spec.starts_at - MONDAY_MS == 1_001 * 86_400_000
    billing, day = spec.traffic["billing"], spec.staff["day"]
    assert (billing.queue, billing.period_ms, billing.per_period) == (
        "billing",
        1_800_000,
        (10, 20.5),
    )
    assert (billing.service_ms, billing.spread) == ((240_000, 180_000), 1.2)
    assert (billing.patience_ms, billing.channel) == ((90_000,), "call")
    assert (billing.priority, billing.skills) == (2, {"french": 1})
    assert (day.count, day.settings.units) == (3, 2)
    assert day.settings.capacity == {"call": 1, "chat": 2}
    assert day.shifts == ((28_800_000, 43_200_000), (45_000_000, 86_400_000))
    assert (day.habits.accept_delay_ms, day.habits.declines, day.habits.misses) == (
        2_500,
        0.1,
        0.05,
    )
    assert day.habits.speed == 0.9


def test_what_is_left_out_has_its_default() -> None:
    spec = read(SHORT)
    billing, day = spec.traffic["billing"], spec.staff["day"]
    assert (spec.name, spec.opens_ms, spec.starts_at, spec.day_spread) == ("file", 0, MONDAY_MS, 0)
    assert (billing.period_ms, billing.spread, billing.patience_ms) == (3_600_000, None, ())
    assert (billing.channel, day.count, day.shifts) == ("chat", 1, ((0, None),))
    assert day.settings.capacity == {"chat": 1} and day.habits.instant


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("per_period = 10", "per_periods = 10", "per_period: is missing"),
        ("service_s = 240", "service_s = 0", "traffic.billing.service_s: must be 0.001 to"),
        ("service_s = 240", "service_s = true", "traffic.billing.service_s: must be a number"),
        ("service_s = 240", "service_s = [1, 2]", "one for each of the 1 periods, not 2"),
        ("service_s = 240", "", "traffic.billing.service_s: is missing"),
        ("service_s = 240", "service_s = 240\npatients_s = 3", "did you mean patience_s"),
        ("service_s = 240", "service_s = 240\nchannel = 3", 'must be text, in quotes: "…"'),
        ("service_s = 240", "service_s = 240\nskills = 3", "must be a table"),
        ("queues = { billing = 1 }", "", "staff.day.queues: is missing"),
        ("queues = { billing = 1 }", "queues = { billing = -1 }", "staff.day.queues.billing: must"),
        ("[staff.day]", "[staff.day]\nshifts = [['9:00', '10:00']]", 'write a time as "09:00"'),
        ("[staff.day]", "[staff.day]\nshifts = [['09:00']]", "write a shift as"),
        ("[staff.day]", "[staff.day]\nshifts = [['09:00', '09:00']]", "must end after it begins"),
        ("[staff.day]", "[staff.day]\nmisses = 1.5", "staff.day.misses: must be 0 to 1, not 1.5"),
        ("[traffic.billing]", "[traffic]\nx = 1\n[traffic.billing]", "must be tables"),
        ("[traffic.billing]", "date = '5 May'\n[traffic.billing]", "date: write a date as"),
        ("[traffic.billing]", "open = '08:00'\n[traffic.billing]", "open: no such key; did you"),
        ("[traffic.billing]", "[traffics.billing]", "traffic: is missing"),
    ],
)
def test_a_fault_names_its_key_and_the_remedy(old: str, new: str, words: str) -> None:
    assert old in SHORT
    with pytest.raises(SpecInvalid) as refused:
        read(SHORT.replace(old, new))
    assert words in str(refused.value)


def test_without_staff_the_agents_of_the_settings_are_there() -> None:
    text = SHORT.partition("[staff")[0]
    with pytest.raises(SpecInvalid, match="staff: is missing"):
        read(text)
    anna = AgentSettings(name="Anna", queues={"billing": 1})
    spec = parse_spec(tomllib.loads(text), "file", {"anna": anna})
    assert (spec.staff["anna"].count, spec.staff["anna"].settings) == (1, anna)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpecInvalid, match="cannot be read"):
        read_spec(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("name = ")
    with pytest.raises(SpecInvalid, match="is not TOML"):
        read_spec(tmp_path / "bad.toml")
