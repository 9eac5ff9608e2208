"""The command, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import cli
from app.clients import bank
from app.clients.bank import read_bank_day

EXAMPLE = str(Path(bank.__file__).parent / "example_day.jsonl")
SPEC = """
[traffic.billing]
per_period = [20, 20]
service_s = 600
patience_s = 120
[staff.day]
count = 4
queues = { billing = 1 }
"""
SETTINGS = """
[queues.billing]
name = "Billing"
offer.strategy = "linear"
service_level.target_ms = 60000
[agents.mira]
name = "Mira"
queues = { billing = 1, support = 2 }
capacity = { call = 2 }
"""


def simulate(*options: str) -> Result:
    return CliRunner().invoke(cli, ["simulate", *options])


def printed(*options: str) -> str:
    result = simulate(*options)
    assert result.exit_code == 0, result.output
    return result.stdout


def value(*options: str) -> dict:  # type: ignore[type-arg]
    return dict(json.loads(printed(*options, "--json")))


@pytest.fixture
def spec(tmp_path: Path) -> str:
    (tmp_path / "kind.toml").write_text(SPEC)
    return str(tmp_path / "kind.toml")


@pytest.fixture
def settings(tmp_path: Path) -> str:
    (tmp_path / "interlock.toml").write_text(SETTINGS)
    return str(tmp_path / "interlock.toml")


def test_a_day_of_its_own_file_is_what_its_page_says() -> None:
    """REPLAY.md works the example out: 5 of 6 served, 3 within 20 s, 160 s of waiting."""
    figures = value(EXAMPLE)["figures"]
    known = {"offered": 6, "served": 5, "abandoned": 1, "in_target": 3, "asa_s": 32}
    assert {name: figures[name]["as_it_is"]["mean"] for name in known} == known
    text = printed(EXAMPLE)
    assert text.startswith("example\n") and "difference" not in text
    assert "service level, answered only" in text and "60.0 %" in text


def test_one_line_asks_what_if_and_the_day_as_it_is_stands_beside() -> None:
    text = printed(EXAMPLE, "--agents", "+2", "--strategy", "least_loaded", "--rings", "0:1,30:2")
    assert text.startswith("example: what if agents +2, strategy least_loaded, rings 0:1,30:2\n")
    served = next(line for line in text.splitlines() if line.startswith("served "))
    assert served.split() == ["served", "5", "6", "+1"]
    assert "extra-2" in text


def test_what_if_alone_on_demand() -> None:
    text = printed(EXAMPLE, "--agents", "+2", "--no-compare")
    assert "difference" not in text and "extra-1" in text
    assert value(EXAMPLE, "--agents", "+2", "--no-compare")["figures"]["served"]["as_it_is"] == {
        "mean": 6,
        "half_width_95": None,
    }


def test_drawn_days_come_with_an_interval(spec: str) -> None:
    found = value("--generate", spec, "--seeds", "4", "--seed", "5", "--agents", "-1:day")
    assert found["seeds"] == [5, 6, 7, 8] and found["name"] == "kind: what if agents -1:day"
    assert found["figures"]["offered"]["difference"] == {"mean": 0, "half_width_95": 0}
    assert found["figures"]["offered"]["as_it_is"]["half_width_95"] > 0
    served = found["figures"]["served"]
    assert served["difference"]["mean"] < 0 < served["difference"]["half_width_95"]
    assert len(found["agents"]["as_it_is"]) == 4 and len(found["agents"]["what_if"]) == 3
    assert "mean of 10 days ± half its 95 % interval" in printed("--generate", spec)


def test_the_settings_of_the_server_are_used(spec: str, settings: str) -> None:
    assert value("--generate", spec, "--config", settings)["target_s"] == 60
    assert value("--generate", spec, "--queues", settings, "--target", "5")["target_s"] == 5
    found = value(EXAMPLE, "--config", settings)["agents"]["as_it_is"]
    assert found["mira"]["utilization"] < found["mira"]["occupancy"]
    text = printed(EXAMPLE, "--what-if", settings)
    assert f"what if settings of {settings}" in text


def test_both_sides_answer_alike() -> None:
    slow = value(EXAMPLE, "--accept-delay", "5", "--agents", "+2")["figures"]["asa_s"]
    assert slow["as_it_is"]["mean"] > 32 and slow["what_if"]["mean"] >= 5


def test_a_chart_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    printed(EXAMPLE, "--chart", str(tmp_path / "day.svg"), "--interval", "5")
    assert (tmp_path / "day.svg").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ([], 2, "give a DAY, or --generate SPEC.toml, and not both"),
        ([EXAMPLE, "--generate", EXAMPLE], 2, "not both"),
        ([EXAMPLE, "--agents", "2"], 2, "write +2, -1"),
        ([EXAMPLE, "--agents", "+1:nobody"], 2, "there are mira, tom"),
        ([EXAMPLE, "--strategy", "fastest"], 2, "a strategy is one of longest_idle"),
        ([EXAMPLE, "--rings", "x"], 2, "SECONDS:LEVEL"),
        ([EXAMPLE, "--capacity", "x"], 2, "CHANNEL=UNITS"),
        ([EXAMPLE, "--chart", "day.gif"], 2, "charts end in"),
        ([EXAMPLE, "--misses", "2"], 2, "misses"),
        (["--generate", "none.toml"], 1, "cannot be read"),
        (["none.jsonl"], 1, "none.jsonl"),
        ([EXAMPLE, "--config", "none.toml"], 1, "cannot be read"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_remedy(
    options: list[str], code: int, words: str
) -> None:
    result = simulate(*options)
    assert (result.exit_code, result.stdout) == (code, "")
    assert words in result.stderr


def test_a_recorded_day_stands_beside_what_happened(data: Path) -> None:
    text = printed("1999-02-05", "--head-start", "90", "--data-set", str(data))
    assert "what happened: 434 served, 292 of them within 20 s" in text
    assert "reference prio90: 455 served, 413 of them within 20 s" in text
    served = next(line for line in text.splitlines() if line.startswith("served "))
    assert served.split() == ["served", "455"]


def test_a_month_is_one_run(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    third = read_bank_day(data, "1999-02-05")
    monkeypatch.setattr("app.clients.bank.read_bank_month", lambda found, month: third)
    found = value("1999-02", "--data-set", str(data))
    assert found["figures"]["offered"]["as_it_is"]["mean"] == 462
