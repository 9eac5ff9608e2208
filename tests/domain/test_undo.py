"""Undo of configuration: what a version replaced is put back, as a new version."""

from __future__ import annotations

import pytest

from app.domain import events as e
from tests.domain.workbench import Workbench


def test_an_undone_queue_has_its_former_settings(bench: Workbench) -> None:
    bench.queue(priority=1)
    bench.queue(priority=2)
    version = bench.state.version
    bench.undo(version)
    assert bench.of_queue().settings.priority == 1
    assert bench.state.version == version + 1


def test_an_undo_can_be_undone(bench: Workbench) -> None:
    bench.queue(priority=1)
    bench.queue(priority=2)
    bench.undo()
    bench.undo()
    assert bench.of_queue().settings.priority == 2


def test_an_undo_is_in_force_at_once(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", skills={"en": 1})
    bench.agent("anna", skills={})
    bench.enter("c1", skills={"en": 1})
    assert bench.asked("c1") == []
    bench.undo()
    assert bench.asked("c1") == ["anna"]


@pytest.mark.parametrize("kind", ["queue", "agent", "presence"])
def test_what_a_change_created_is_removed(bench: Workbench, kind: str) -> None:
    bench.queue("other")
    getattr(bench, kind)("x", **({"queues": "other"} if kind == "agent" else {}))
    bench.undo()
    known = {"queue": bench.state.queues, "agent": bench.state.agents}
    assert "x" not in known.get(kind, bench.state.presences)


@pytest.mark.parametrize("kind", ["queue", "agent", "presence"])
def test_what_a_change_removed_is_there_again(bench: Workbench, kind: str) -> None:
    bench.queue("other")
    getattr(bench, kind)("x", **({"queues": "other"} if kind == "agent" else {}))
    getattr(bench, f"remove_{kind}")("x")
    bench.undo()
    known = {"queue": bench.state.queues, "agent": bench.state.agents}
    assert known.get(kind, bench.state.presences)["x"].settings.name == "x"


def test_a_change_of_a_custom_presence_is_undone_for_those_in_it(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.presence("desk", "available")
    bench.be("anna", "desk")
    bench.presence("desk", "away")
    bench.enter("c1")
    bench.undo()
    assert (bench.of_agent("anna").presence, bench.asked("c1")) == ("available", ["anna"])


def test_what_somebody_changed_again_since_is_not_undone(bench: Workbench) -> None:
    bench.queue(priority=1)
    bench.queue(priority=2)
    version = bench.state.version
    bench.queue(priority=3)
    with bench.refuses("changed_since"):
        bench.undo(version)


@pytest.mark.parametrize("kind", ["queue", "agent", "presence"])
def test_what_is_gone_since_is_not_undone(bench: Workbench, kind: str) -> None:
    bench.queue("other")
    getattr(bench, kind)("x", **({"queues": "other"} if kind == "agent" else {}))
    version = bench.state.version
    getattr(bench, f"remove_{kind}")("x")
    with bench.refuses("changed_since"):
        bench.undo(version)


def test_a_change_elsewhere_does_not_stand_in_the_way(bench: Workbench) -> None:
    bench.queue("q", priority=1)
    bench.queue("q", priority=2)
    version = bench.state.version
    bench.queue("r")
    bench.agent("anna", "q")
    bench.undo(version)
    assert bench.of_queue("q").settings.priority == 1


def test_what_is_in_use_is_not_undone_out_of_existence(bench: Workbench) -> None:
    bench.queue()
    queue = bench.state.version
    bench.presence("lunch")
    presence = bench.state.version
    bench.staff("anna")
    agent = bench.state.version
    bench.serve("c1")
    bench.be("anna", "lunch")
    for version, code in (
        (queue, "queue_in_use"),
        (agent, "agent_in_use"),
        (presence, "presence_in_use"),
    ):
        with bench.refuses(code):
            bench.undo(version)


def test_an_agent_does_not_come_back_into_a_queue_that_is_gone(bench: Workbench) -> None:
    bench.queue("q")
    bench.queue("r")
    bench.agent("anna", ["q", "r"])
    bench.agent("anna", "q")
    version = bench.state.version
    bench.remove_queue("r")
    with bench.refuses("unknown_queue"):
        bench.undo(version)


def test_an_unknown_version_is_refused(bench: Workbench) -> None:
    bench.queue()
    for version in (bench.state.version + 1, -1):
        with bench.refuses("unknown_version"):
            bench.undo(version)


def test_the_last_thousand_changes_are_kept(bench: Workbench) -> None:
    for number in range(1_001):
        bench.queue(priority=number)
    with bench.refuses("unknown_version"):
        bench.undo(1)
    assert len(bench.state.changes) == 1_000
    bench.undo()
    assert bench.of_queue().settings.priority == 999


def test_each_change_tells_who_made_it_and_what_it_replaced(bench: Workbench) -> None:
    bench.queue(priority=1)
    bench.queue(priority=2)
    change = bench.state.changes[bench.state.version]
    assert (change.kind, change.id, change.by) == ("queue", "q", "supervisor:s")
    before, after = change.before, change.after
    assert before is not None and after == bench.of_queue().settings
    assert (before.priority, after.priority) == (1, 2)  # type: ignore[union-attr]


def test_a_removed_queues_memberships_are_changes_of_their_own(bench: Workbench) -> None:
    bench.queue("q")
    bench.queue("r")
    bench.agent("anna", ["q", "r"])
    removed = bench.remove_queue("r")
    membership, queue = (x for x in removed.events if not isinstance(x, e.PresenceChanged))
    assert isinstance(membership, e.AgentConfigured) and isinstance(queue, e.QueueRemoved)
    bench.undo(queue.version)
    assert list(bench.of_agent("anna").settings.queues) == ["q"]
    bench.undo(membership.version)
    assert list(bench.of_agent("anna").settings.queues) == ["q", "r"]
