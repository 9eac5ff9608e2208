"""Backoff, close codes, open commands and the view: no input, no output."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clients.agent_view import AgentView, SequenceGap
from app.clients.backoff import Backoff
from app.clients.closing import Next, after_close
from app.clients.commands import Answer, Commands


@given(st.integers(), st.floats(0.01, 10), st.floats(0.01, 100), st.integers(1, 80))
def test_each_wait_lies_between_nothing_and_a_doubling_bound(
    seed: int, base_s: float, cap_s: float, tries: int
) -> None:
    backoff = Backoff(base_s, cap_s, Random(seed))
    for failures in range(tries):
        assert 0 <= backoff.next_s() <= min(cap_s, base_s * 2**failures)
    backoff.reset()
    assert backoff.next_s() <= base_s


def test_many_clients_do_not_come_back_in_step() -> None:
    waits = sorted(Backoff(1.0, 1.0, Random(seed)).next_s() for seed in range(200))
    assert waits[20] < 0.25 and waits[-20] > 0.75


@pytest.mark.parametrize("code", [1001, 1006, 1009, 1011, 1012, 1013, 4000, 4009, 4011, 4408, 4499])
def test_a_code_below_4500_means_come_back(code: int) -> None:
    assert after_close(code) is Next.RESUME


@pytest.mark.parametrize("code", [1000, 4501, 4502, 4503, 4506, 4777, 4999])
def test_a_code_from_4501_on_means_stay_away(code: int) -> None:
    assert after_close(code) is Next.STAY_AWAY


def test_two_codes_have_a_meaning_of_their_own() -> None:
    assert after_close(4001) is Next.AFRESH
    assert after_close(4500) is Next.NEW_TICKET


async def test_a_command_is_open_until_its_final_reply() -> None:
    commands = Commands("c")
    frame, answer = commands.open("accept", {"offer": "o1"})
    commands.settle({"ref": frame["ref"], "ok": False, "code": "pending", "temporary": True})
    assert not answer.done() and list(commands.unanswered()) == [frame]
    commands.settle({"ref": frame["ref"], "ok": True, "already": True})
    assert answer.result().ok and answer.result().already
    assert list(commands.unanswered()) == []
    commands.settle({"ref": frame["ref"], "ok": False, "code": "late"})
    commands.settle({"ref": 7, "ok": True})


async def test_open_commands_are_said_again_in_order_under_their_refs() -> None:
    commands = Commands("c")
    first, _ = commands.open("set_presence", {"presence": "available"})
    second = commands.open_unawaited("received", {"offer": "o1"})
    third, gone = commands.open("accept", {"offer": "o1"})
    gone.cancel()
    assert list(commands.unanswered()) == [first, second]
    assert list(commands.unanswered()) == [first, second]
    commands.drop_unawaited()
    assert list(commands.unanswered()) == [first]
    assert len({first["ref"], second["ref"], third["ref"]}) == 3


async def test_nobody_waits_for_ever() -> None:
    commands = Commands("c")
    _, answer = commands.open("accept", {"offer": "o1"})
    commands.fail(ConnectionError("over"))
    with pytest.raises(ConnectionError):
        await answer


def test_only_trouble_of_the_server_is_worth_waiting_out() -> None:
    def refused(code: str, temporary: bool = True) -> Answer:
        return Answer.read({"ok": False, "code": code, "message": "", "temporary": temporary})

    assert refused("store_unavailable").server_trouble
    assert refused("not_owner").server_trouble
    assert not refused("queue_full").server_trouble
    assert not refused("offer_expired", temporary=False).server_trouble


def view(**more: Any) -> AgentView:
    seen = AgentView()
    seen.welcome({"session": "s", "secret": "x", "gen": "g", "mode": "snapshot"})
    snapshot = {"agent": {"presence": "away", "routable": False}, "offers": [], "conversations": []}
    assert seen.apply({"type": "snapshot", "seq": 1, **snapshot, **more})
    return seen


def test_the_view_is_the_snapshot_and_what_came_after() -> None:
    seen = view(offers=[{"id": "o1"}], conversations=[{"id": "c0"}])
    assert (set(seen.offers), set(seen.conversations), seen.presence) == ({"o1"}, {"c0"}, "away")
    pushes = [
        {"type": "presence", "presence": "available", "by": "agent:a"},
        {"type": "routable", "routable": True, "why_not": []},
        {"type": "offer", "offer": {"id": "o2", "conversation": "c2"}},
        {"type": "offer_ended", "offer": "o1", "outcome": "rescinded"},
        {"type": "offer_ended", "offer": "o2", "outcome": "accepted"},
        {"type": "assigned", "conversation": {"id": "c2", "queue": "q"}},
        {"type": "conversation_ended", "conversation": "c0", "reason": "moved"},
        {"type": "of tomorrow"},
    ]
    for seq, push in enumerate(pushes, 2):
        assert seen.apply({**push, "seq": seq})
    assert seen.offers == {}
    assert seen.conversations == {"c2": {"id": "c2", "queue": "q"}}
    assert (seen.presence, seen.presence_by, seen.routable) == ("available", "agent:a", True)


def test_a_push_is_applied_once_and_in_order() -> None:
    seen = view()
    offer = {"type": "offer", "seq": 2, "offer": {"id": "o1"}}
    assert seen.apply(offer)
    assert seen.apply({"type": "offer_ended", "seq": 3, "offer": "o1"})
    assert not seen.apply(offer)
    assert seen.offers == {}
    with pytest.raises(SequenceGap):
        seen.apply({"type": "ping", "seq": 5})


def test_a_replay_goes_on_where_the_view_stands_and_a_snapshot_starts_anew() -> None:
    seen = view()
    seen.welcome({"session": "s", "secret": "x", "gen": "g", "mode": "replay"})
    assert seen.apply({"type": "offer", "seq": 2, "offer": {"id": "o1"}})
    seen.welcome({"session": "t", "secret": "y", "gen": "g", "mode": "snapshot"})
    assert seen.offers == {"o1": {"id": "o1"}}
    assert seen.apply(
        {"type": "snapshot", "seq": 1, "agent": {}, "offers": [], "conversations": []}
    )
    assert seen.offers == {}
    seen.forget_session()
    with pytest.raises(SequenceGap):
        seen.welcome({"session": "s", "secret": "x", "gen": "g", "mode": "replay"})
