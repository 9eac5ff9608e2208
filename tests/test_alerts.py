"""Alerts and the Grafana board look at figures that exist, by labels that exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from app.edge.metrics import COUNTERS, DISTRIBUTIONS, GAUGES
from app.wire.causes import CAUSES
from tests.edge.front import open_front

CONFIG = Path(__file__).resolve().parents[1] / "config"
NAME = re.compile(r"\binterlock_\w+")
RECORDED = re.compile(r"\binterlock:[\w:]+")
SELECTOR = re.compile(r"\b(interlock_\w+)\{([^}]*)\}")
CAUSE_OF = re.compile(r'cause=~?"([^"]*)"')
GROUPED = re.compile(r"\bby \(([^)]*)\)")


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((CONFIG / "alerts.yml").read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    return list(json.loads((CONFIG / "grafana.json").read_text(encoding="utf-8"))["panels"])


def expressions() -> Iterator[tuple[str, str]]:
    for rule in rules():
        yield rule.get("alert") or rule["record"], rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


ALERTS = [rule for rule in rules() if "alert" in rule]
EXPRESSIONS = list(expressions())


def labels_of(name: str) -> tuple[str, ...]:
    """The labels of a figure, by the name of one of its samples."""
    own = name.removeprefix("interlock_")
    for table in (COUNTERS, GAUGES):
        if own in table:
            return table[own][1]
    bucket = re.sub(r"_(bucket|sum|count)$", "", own)
    return ("le",) if bucket in DISTRIBUTIONS else ()


@pytest.mark.parametrize("expression", [one for _, one in EXPRESSIONS])
async def test_every_figure_that_is_looked_at_is_served(expression: str) -> None:
    async with open_front() as front:
        await front.node.furnish()
        await front.enter("c1")
        text = (await front.client().get("/metrics")).text
    families = [*text_string_to_metric_families(text)]
    served = {sample.name for family in families for sample in family.samples}
    # A counter with labels has no sample before it counts, but its family is there.
    served |= {f"{family.name}_total" for family in families if family.type == "counter"}
    named = set(NAME.findall(expression))
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    assert named or RECORDED.findall(expression)
    assert named <= served
    assert set(RECORDED.findall(expression)) <= recorded


@pytest.mark.parametrize(("name", "expression"), EXPRESSIONS)
def test_labels_and_causes_exist(name: str, expression: str) -> None:
    for figure, inside in SELECTOR.findall(expression):
        for label in re.findall(r"(\w+)\s*[!=]", inside):
            assert label in labels_of(figure), (name, figure, label)
    for causes in CAUSE_OF.findall(expression):
        assert set(causes.split("|")) <= set(CAUSES), name
    known = {label for figure in NAME.findall(expression) for label in labels_of(figure)}
    for labels in GROUPED.findall(expression):
        assert {label.strip() for label in labels.split(",")} <= known, name
    assert expression.count("(") == expression.count(")")


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"] and rule["annotations"]["action"]
    # What the summary shows must be left after the aggregation.
    for label in re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]):
        grouped = [one for found in GROUPED.findall(rule["expr"]) for one in found.split(",")]
        assert not grouped or label in {one.strip() for one in grouped}


def test_every_promise_has_its_page() -> None:
    pages = {rule["alert"]: rule["expr"] for rule in ALERTS if rule["labels"]["severity"] == "page"}
    for name, figure in {
        "InterlockMisroutePrevented": "misroute_prevented_total",
        "InterlockTailLost": "lost_tail",
        "InterlockStalled": "lost_wake_up",
        "InterlockQuarantineGrows": "quarantined",
        "InterlockNoOwner": "epoch",
        "InterlockLoopLag": "loop_lag_seconds",
        "InterlockBoardStale": "board_stale",
    }.items():
        assert figure in pages[name]
    stalled = next(rule for rule in ALERTS if rule["alert"] == "InterlockStalled")
    assert stalled["for"] == "10s"


@pytest.mark.parametrize(
    ("alert", "factor", "long", "short"),
    [
        ("InterlockOffersLateFast", "14.4", "rate1h", "rate5m"),
        ("InterlockOffersLateSlow", "6", "rate6h", "rate30m"),
    ],
)
def test_the_budget_burns_over_two_windows(alert: str, factor: str, long: str, short: str) -> None:
    expression = next(rule["expr"] for rule in ALERTS if rule["alert"] == alert)
    windows = re.findall(r"late_ratio:(\w+) > \(([\d.]+) \* 0\.001\)", expression)
    assert windows == [(long, factor), (short, factor)] and " and " in expression


def test_the_windows_are_what_their_names_say() -> None:
    for rule in rules():
        if "record" in rule:
            window = rule["record"].rpartition(":rate")[2]
            assert set(re.findall(r"\[(\w+)\]", rule["expr"])) == {window}


def test_the_board_has_no_two_panels_in_one_place() -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in panels():
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert x < 24 and (x, y) not in taken, (panel["title"], taken.get((x, y)))
                taken[x, y] = panel["title"]
    assert len({panel["id"] for panel in panels()}) == len(panels())


@pytest.mark.skipif(not shutil.which("promtool"), reason="no promtool on this machine")
def test_promtool_accepts_the_rules() -> None:
    command = ["promtool", "check", "rules", str(CONFIG / "alerts.yml")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
