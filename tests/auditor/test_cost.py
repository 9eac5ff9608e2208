"""The auditor keeps up: what it looks at for one offer is bounded, and so is what it remembers."""

from __future__ import annotations

import pytest

from app.auditor import Auditor, rules
from app.auditor.floor import Floor
from app.shell.auditing import floor_of
from scripts.bench.auditor import Written, turn
from scripts.bench.world import Shape


def looked_at(monkeypatch: pytest.MonkeyPatch, waiting: int) -> int:
    """How often somebody was asked about while a world of this backlog went on for a while."""
    world = Written(Shape(20, waiting, 10))
    auditor = Auditor(floor_of(world.engine.state))
    world.log.clear()
    for _ in range(50):
        world.cycle()
    asked = 0
    judge = rules.obstacle

    def counting(*args: object) -> str:
        nonlocal asked
        asked += 1
        return judge(*args)  # type: ignore[arg-type]

    for module in ("offers", "auditor"):
        monkeypatch.setattr(f"app.auditor.{module}.obstacle", counting)
    for event in world.log:
        assert auditor.see(event) == []
    monkeypatch.undo()
    return asked


def test_a_longer_line_is_not_more_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    short, long = (looked_at(monkeypatch, waiting) for waiting in (400, 4_000))
    assert 0 < long < 2 * short


def test_it_remembers_what_is_live_and_nothing_else() -> None:
    world = Written(Shape(10, 50, 10))
    auditor = Auditor()
    sizes: list[list[int]] = []
    for _ in range(3):
        for event in world.log:
            auditor.see(event)
        world.log.clear()
        sizes.append(_sizes(auditor.floor))
        for _ in range(300):
            world.cycle()
    assert sizes[0] == sizes[1] == sizes[2]


def _sizes(floor: Floor) -> list[int]:
    standing = sum(len(ranks) for line in floor.lines.values() for ranks in line.kinds.values())
    return [len(floor.talks), len(floor.proposals), len(floor.people), standing]


def test_its_bench_runs() -> None:
    shape = Shape(10, 20, 10)
    row = turn({"small": Written(shape)}, 20, "small")
    assert row["live"] > 0 and row["events/s"] > 0
