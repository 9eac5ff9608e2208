"""Waits that somebody else computed, to the second, whichever agent the strategy chooses.

The truth is exact for agents who are interchangeable; so it must come out under every strategy.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from app.clients.bank import read_bank_day
from app.domain.settings import OfferRule
from app.domain.words import Strategy
from app.simulation.recorded import recorded
from app.simulation.runs import simulate
from app.simulation.scenario import Arrival, Scenario
from tests.simulation.centre import alike, run

RULES = {"fifo_patient": 0, "fifo": 0, "prio90": 90}
"""Rule -> head start in seconds of a priority customer."""
LEFT = "abandoned"


@cache
def expected(data: Path) -> dict[tuple[str, int], list[dict[str, str]]]:
    """The published rows by date and number of agents."""
    text = gzip.decompress((data / "bank_1999-02_expected_waits.csv.gz").read_bytes()).decode()
    found: dict[tuple[str, int], list[dict[str, str]]] = {}
    for row in csv.DictReader(text.splitlines()):
        day = row["conversation_id"][:6]
        date = f"19{day[:2]}-{day[2:4]}-{day[4:]}"
        found.setdefault((date, int(row["agents"])), []).append(row)
    return found


@cache
def day(data: Path, date: str, head_start_s: int) -> Scenario:
    return recorded(read_bank_day(data, date), head_start_s=head_start_s)


def patient(arrivals: Iterable[Arrival]) -> list[Arrival]:
    return [one._replace(patience_ms=None) for one in arrivals]


@pytest.mark.slow
@pytest.mark.parametrize("strategy", Strategy)
def test_waits_are_the_published_ones_to_the_second(
    data: Path, strategy: Strategy, all_of_it: bool
) -> None:
    """By default endless patience, the least telling of the rules, is left to the summary."""
    rules = RULES if all_of_it else {rule: RULES[rule] for rule in ("fifo", "prio90")}
    compared = 0
    for (date, count), rows in expected(data).items():
        for rule, head_start_s in rules.items():
            known = day(data, date, head_start_s)
            offer = OfferRule(strategy=strategy)
            world = replace(
                known,
                queues={id_: replace(one, offer=offer) for id_, one in known.queues.items()},
                agents=alike(count, [*known.queues]),
                arrivals=patient(known.arrivals) if rule == "fifo_patient" else known.arrivals,
            )
            waits, _ = run(world)
            seen = {id_: str(ms // 1_000) for id_, ms in waits.served.items()}
            seen |= dict.fromkeys(waits.left, LEFT)
            assert all(ms % 1_000 == 0 for ms in waits.served.values())
            assert {row["conversation_id"]: row[f"{rule}_wait_s"] for row in rows} == seen
            compared += len(rows)
    assert compared == len(rules) * 8_571


def test_the_summary_is_the_published_one(data: Path) -> None:
    """The same through the figures that users see: served, abandoned, in time, sums and longest."""
    names = {"fifo, endless patience": "fifo_patient", "fifo, patience": "fifo"}
    text = (data / "bank_1999-02_expected_summary.csv").read_text()
    for row in csv.DictReader(text.splitlines()):
        rule = names.get(row["rule"], "prio90")
        known = day(data, row["date"], RULES[rule])
        arrivals = patient(known.arrivals) if rule == "fifo_patient" else known.arrivals
        agents = alike(int(row["agents"]), [*known.queues])
        total = simulate(replace(known, agents=agents, arrivals=arrivals)).figures.total()
        seen = {
            "conversations": total.offered,
            "served": total.served,
            "abandoned": total.abandoned,
            "served_within_20s": total.served_within_target,
            "wait_served_sum_s": total.wait_served_sum_ms // 1_000,
            "wait_served_max_s": total.wait_served_max_ms // 1_000,
            # The published column counts the served among those who waited.
            "waited": total.waited - total.abandoned,
        }
        assert {name: int(row[name]) for name in seen} == seen, row
