"""Erlang C and Erlang A: the figures of the real engine within three standard errors."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.simulation.measure import Estimate, Measured, far, measured
from tests.simulation.models import model, pools

CONVERSATIONS, SAMPLE = 200_000, 20_000
ROWS = ("C07", "C08", "A02", "A08", "A09")
LIMIT = 3.0
SEED = 101
"""Each row has a day of its own: those of one seed would all be lucky, or unlucky, together."""


def row(data: Path, id_: str) -> dict[str, str]:
    text = (data / "erlang_reference.csv").read_text()
    return next(one for one in csv.DictReader(text.splitlines()) if one["id"] == id_)


@pytest.mark.slow
@pytest.mark.parametrize("id_", ROWS)
def test_the_engine_is_the_queue_of_the_books(truths: Path, id_: str, all_of_it: bool) -> None:
    known = row(truths, id_)
    lam, mu, theta, target = (float(known[name]) for name in ("lam", "mu", "theta", "T"))
    count = int(known["n"])
    found = measured(
        model(
            {"q": lam},
            mu,
            pools(all=(count, {"q": 1})),
            CONVERSATIONS if all_of_it else SAMPLE,
            theta=theta,
            seed=SEED + ROWS.index(id_),
        )
    )
    figures = {
        "p_wait": found.waited(),
        "asa_served": found.wait_of_served(),
        "wait_all": found.wait(),
        "sl_offered": found.ratio(lambda one: one.served and one.wait <= target),
        "occupancy": found.occupancy(),
        "sl_short_abandon_excluded": in_time(found, target),
    }
    if theta:
        figures["p_abandon"] = found.abandoned()
        figures["p_abandon_by_T"] = found.ratio(lambda one: not one.served and one.wait <= target)
    compared = [(name, seen, float(known[name])) for name, seen in figures.items()]
    assert not far(compared, LIMIT)


def in_time(found: Measured, target: float) -> Estimate:
    return found.ratio(
        lambda one: one.served and one.wait <= target,
        lambda one: one.served or one.wait > target,
    )
