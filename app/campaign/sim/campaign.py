"""Many seeds, one after the other or in processes beside one another.

Which process plays a seed, and what it played before, MUST not matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context

from app.campaign.sim.node import OpenDoor
from app.campaign.sim.runs import Outcome, play

CHUNK = 4
NewDoor = Callable[[], OpenDoor]
"""Importable by name, since it is called in each process anew."""


@dataclass(slots=True)
class Total:
    """What came of all of them."""

    seeds: int = 0
    seconds: float = 0.0
    failed: list[Outcome] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, one: Outcome) -> None:
        """One more."""
        self.seeds += 1
        self.seconds += one.seconds
        self.counts += one.sometimes
        self.counts += one.injected
        if one.faults:
            self.failed.append(one)


def campaign(
    seed: int, count: int, hours: float, new_door: NewDoor, jobs: int = 1
) -> Iterator[Outcome]:
    """The outcomes of ``count`` seeds from ``seed`` on, in their order."""
    seeds = range(seed, seed + count)
    one = partial(_one, hours, new_door)
    if jobs == 1:
        yield from map(one, seeds)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as processes:
        yield from processes.map(one, seeds, chunksize=CHUNK)


_doors: dict[NewDoor, OpenDoor] = {}


def _one(hours: float, new_door: NewDoor, seed: int) -> Outcome:
    if new_door not in _doors:
        _doors[new_door] = new_door()
    return play(seed, hours, _doors[new_door])
