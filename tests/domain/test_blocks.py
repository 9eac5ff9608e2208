"""Work on one channel may block another: a call keeps chats away, and not the other way round."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.explain import explain
from app.domain.routability import why_not_routable
from tests.domain.workbench import Workbench

CALL_BLOCKS: dict[str, Any] = {
    "capacity": {"call": 1, "chat": 3},
    "blocks": {"call": ["chat", "mail"]},
}


def test_a_call_keeps_chats_away(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", **CALL_BLOCKS)
    bench.serve("c1", channel="call")
    bench.enter("c2", channel="chat")
    assert bench.asked("c2") == []
    assert why_not_routable(bench.state, bench.of_agent("anna"), bench.now) == ["blocked"]
    bench.complete("c1")
    assert bench.asked("c2") == ["anna"]


def test_a_chat_does_not_keep_calls_away(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", **CALL_BLOCKS)
    bench.serve("c1", channel="chat")
    bench.enter("c2", channel="call")
    bench.enter("c3", channel="chat")
    assert (bench.asked("c2"), bench.asked("c3")) == (["anna"], [])


def test_an_offer_that_is_out_blocks_as_well(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", **CALL_BLOCKS)
    bench.enter("c1", channel="call")
    bench.enter("c2", channel="chat")
    assert (bench.asked("c1"), bench.asked("c2")) == (["anna"], [])
    bench.decline("anna", "c1")
    assert bench.asked("c2") == ["anna"]


def test_wrap_up_blocks_until_it_is_over(bench: Workbench) -> None:
    bench.queue(wrap_up={"ms": 5_000})
    bench.staff("anna", **CALL_BLOCKS)
    bench.serve("c1", channel="call")
    bench.enter("c2", channel="chat")
    bench.complete("c1")
    bench.pass_s(4.999)
    assert bench.asked("c2") == []
    bench.pass_s(0.001)
    assert bench.asked("c2") == ["anna"]


def test_what_was_begun_goes_on(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", **CALL_BLOCKS)
    bench.serve("c1", channel="chat")
    bench.enter("c2", channel="chat")
    bench.serve("c3", channel="call")
    bench.accept("anna", "c2")
    assert bench.holder("c1") == bench.holder("c2") == "anna"


def test_another_agent_is_chosen_meanwhile(bench: Workbench) -> None:
    bench.queue(offer={"strategy": "linear"})
    bench.staff("anna", **CALL_BLOCKS)
    bench.staff("ben", capacity={"chat": 1})
    bench.serve("c1", channel="call")
    assert bench.serve("c2", channel="chat") == "ben"


def test_two_channels_may_shut_each_other_out(bench: Workbench) -> None:
    bench.queue()
    blocks = {"call": ["chat"], "chat": ["call"]}
    bench.staff("anna", capacity={"call": 1, "chat": 2}, blocks=blocks)
    bench.serve("c1", channel="chat")
    bench.enter("c2", channel="call")
    bench.enter("c3", channel="chat")
    assert (bench.asked("c2"), bench.asked("c3")) == ([], ["anna"])


def test_a_channel_may_block_itself(bench: Workbench) -> None:
    """Whatever the capacity, one at a time."""
    bench.queue()
    bench.staff("anna", capacity={"call": 3}, blocks={"call": ["call"]})
    bench.serve("c1", channel="call")
    bench.enter("c2", channel="call")
    assert bench.asked("c2") == []


def test_it_bounds_a_supervisor_too(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", **CALL_BLOCKS)
    bench.serve("c1", channel="call")
    bench.enter("c2", channel="chat")
    with bench.refuses("no_capacity"):
        bench.assign("c2", "anna")


def test_changed_settings_are_in_force_at_once(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", **CALL_BLOCKS)
    bench.serve("c1", channel="call")
    bench.enter("c2", channel="chat")
    bench.agent("anna", capacity={"call": 1, "chat": 3})
    assert bench.asked("c2") == ["anna"]


@pytest.mark.parametrize(("free", "told"), [(1, "blocked_by:call"), (0, "no_room")])
def test_the_explanation_names_what_blocks(bench: Workbench, free: int, told: str) -> None:
    bench.queue()
    capacity = {"call": 2, "chat": free, "mail": 1}
    bench.staff("anna", capacity=capacity, blocks={"call": ["chat"]})
    bench.serve("c1", channel="call")
    bench.enter("c2", channel="chat")
    (member,) = explain(bench.engine, "c2", bench.now).members
    assert member.reasons == [told]
