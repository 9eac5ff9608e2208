"""A rule that holds the moment the last agent leaves: the whole queue is looked at, in its turn."""

from __future__ import annotations

import pytest

from app.domain import events as e
from tests.domain.workbench import Workbench

AT_ONCE = {"when": "no_agents", "value": 0, "to": "message", "message": "please wait"}


@pytest.mark.parametrize("how", ["away", "offline"])
def test_all_are_told_in_the_step_in_which_nobody_is_left(bench: Workbench, how: str) -> None:
    bench.queue("q", overflow=[AT_ONCE])
    bench.staff("anna", capacity={"chat": 1})
    bench.serve("busy")
    bench.enter("c1")
    bench.enter("c2")
    bench.enter("vip", priority=5)
    before = len(bench.log)
    getattr(bench, how)("anna")
    told = [
        event.conversation
        for event in bench.log[before:]
        if isinstance(event, e.ConversationNotified)
    ]
    assert [id_ for id_ in told if id_ != "busy"] == ["vip", "c1", "c2"]
