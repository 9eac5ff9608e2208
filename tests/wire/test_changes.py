"""Changes of configuration as they are shown, on a real engine."""

from __future__ import annotations

import pytest

from app.domain import commands as c
from app.wire import config_shapes
from app.wire.changes import change_view, changes_view, latest_change_view

from .floor import BY, Floor
from .test_views import fits


@pytest.fixture
def floor() -> Floor:
    made = Floor()
    made.queue("q")
    made.agent("anna", "q")
    made.presence("lunch")
    made.queue("q", priority=5)
    return made


def test_changes_are_told_with_what_they_changed(floor: Floor) -> None:
    view = changes_view(floor.engine, 9, None)
    fits(view, config_shapes.ChangeList)
    assert [(one["version"], one["kind"], one["action"]) for one in view["changes"]] == [
        (4, "queue", "changed"),
        (3, "presence", "created"),
        (2, "agent", "created"),
        (1, "queue", "created"),
    ]
    assert view["changes"][0]["diff"] == [{"path": "$.priority", "before": 0, "after": 5}]
    assert [one["undoable"] for one in view["changes"]] == [True, True, True, False]
    assert view["next_before"] is None
    assert change_view(floor.engine, 4) == view["changes"][0]
    with pytest.raises(KeyError):
        change_view(floor.engine, 5)


def test_a_page_names_the_next(floor: Floor) -> None:
    first = changes_view(floor.engine, 3, None)
    assert ([one["version"] for one in first["changes"]], first["next_before"]) == ([4, 3, 2], 2)
    last = changes_view(floor.engine, 3, 2)
    assert ([one["version"] for one in last["changes"]], last["next_before"]) == ([1], None)
    exact = changes_view(floor.engine, 4, None)
    assert exact["next_before"] is None


def test_what_is_undoable_can_be_undone(floor: Floor) -> None:
    for change in changes_view(floor.engine, 9, None)["changes"]:
        outcome = floor.engine.apply(c.UndoConfig(change["version"], BY), floor.now)
        if change["undoable"]:
            assert outcome.refusal is None
            latest = latest_change_view(floor.engine, change["kind"], change["id"])
            assert latest["version"] > change["version"]
        elif outcome.refusal is not None:
            assert outcome.refusal.code == "changed_since"


def test_what_is_gone_is_told_as_removed(floor: Floor) -> None:
    floor.do(c.RemovePresence("lunch", BY))
    change = latest_change_view(floor.engine, "presence", "lunch")
    assert (change["action"], change["undoable"]) == ("removed", True)
    assert change["diff"][0]["after"] is None
    with pytest.raises(KeyError):
        latest_change_view(floor.engine, "presence", "none")
