"""What supervisors do to people and to the watchdog: in force until, bounded, and no more."""

from __future__ import annotations

import pytest

from app.codec.snapshot import Snapshot, read_snapshot, write_snapshot
from app.domain import commands as c
from app.domain import events as e
from app.domain.supervision import (
    BROADCASTS_KEPT,
    BROADCASTS_PER_MIN,
    SIGN_OUTS_PER_KEY,
    freeze_at,
    is_signed_out,
    shown_to,
)
from tests.domain.workbench import Workbench

BY = "supervisor:s"
HOUR_MS = 3_600_000


def desk(in_format: int = 2) -> Workbench:
    """Two queues; anna serves both, bo one."""
    bench = Workbench()
    if in_format > 1:
        bench.do(c.FinalizeFormat(in_format, "admin"))
    bench.queue("billing")
    bench.queue("sales")
    bench.staff("anna", queues=["billing", "sales"])
    bench.staff("bo", queues=["sales"])
    return bench


def login(bench: Workbench, name: str, key: str = "k1", lasts_ms: int = HOUR_MS) -> c.EndLogin:
    return c.EndLogin(name, key, bench.now + lasts_ms, "agent:anna")


def test_a_sign_out_is_in_the_log_and_survives_a_new_owner() -> None:
    bench = desk()
    bench.do(login(bench, "one"))
    assert bench.do(login(bench, "one")).already
    assert is_signed_out(bench.state, "one", "anna", bench.now)
    assert not is_signed_out(bench.state, "two", "anna", bench.now)
    bench.take_over()
    assert is_signed_out(bench.state, "one", None, bench.now)


def test_what_is_over_anyway_needs_no_sign_out_and_is_forgotten() -> None:
    bench = desk()
    assert bench.do(login(bench, "late", lasts_ms=0)).already
    bench.do(login(bench, "short", lasts_ms=1_000))
    bench.pass_s(2)
    bench.do(login(bench, "other"))
    assert [*bench.state.sign_outs] == ["other"]


def test_of_one_key_only_the_latest_sign_outs_are_kept_and_no_other_keys_go_for_them() -> None:
    bench = desk()
    bench.do(login(bench, "mine", key="k2"))
    for number in range(SIGN_OUTS_PER_KEY + 2):
        event = e.LoginEnded(bench.now, f"l{number}", "k1", bench.now + HOUR_MS, "x")
        bench.engine.emit(event)
    kept = bench.state.sign_outs
    assert len(kept) == SIGN_OUTS_PER_KEY + 1
    assert "mine" in kept and "l1" not in kept and "l2" in kept


def test_an_agent_signed_out_by_a_supervisor_keeps_what_is_held() -> None:
    bench = desk()
    bench.enter("c1", "billing")
    bench.received("anna", "c1")
    bench.accept("anna", "c1")
    before = bench.now
    bench.do(c.SignOutAgent("anna", "laptop lost", BY))
    assert bench.in_state("c1") == "assigned"
    assert is_signed_out(bench.state, "any", "anna", before)
    assert not is_signed_out(bench.state, "any", "anna", before + 1)
    assert not is_signed_out(bench.state, "any", "bo", before)
    (ended,) = [event for event in bench.last if isinstance(event, e.AgentSignedOut)]
    assert (ended.reason, ended.by) == ("laptop lost", BY)
    bench.pass_s(1)
    assert not bench.do(c.SignOutAgent("anna", "again", BY)).already
    assert is_signed_out(bench.state, "any", "anna", before + 1)
    with bench.refuses("unknown_agent"):
        bench.do(c.SignOutAgent("nobody", "", BY))


def test_a_freeze_ends_by_itself_or_on_demand_and_survives_a_new_owner() -> None:
    bench = desk()
    assert bench.do(c.ThawRepairs("", BY)).already
    bench.do(c.FreezeRepairs(60_000, "we look", BY))
    bench.take_over()
    freeze = freeze_at(bench.state, bench.now)
    assert freeze is not None and (freeze.by, freeze.reason) == (BY, "we look")
    bench.do(c.FreezeRepairs(120_000, "longer", BY))
    bench.pass_s(119)
    assert freeze_at(bench.state, bench.now) is not None
    bench.pass_s(1)
    assert freeze_at(bench.state, bench.now) is None
    assert bench.do(c.ThawRepairs("", BY)).already
    bench.do(c.FreezeRepairs(60_000, "again", BY))
    bench.do(c.ThawRepairs("found it", BY))
    assert freeze_at(bench.state, bench.now) is None


def texts(bench: Workbench, agent: str) -> list[str]:
    return [one.text for one in shown_to(bench.state, agent, bench.now)]


def say(text: str, queue: str | None = None, agent: str | None = None) -> c.SendBroadcast:
    return c.SendBroadcast(text, queue, agent, HOUR_MS, BY)


def test_a_message_is_for_whom_it_is_meant_until_it_is_over_or_taken_back() -> None:
    bench = desk()
    for command in (say("all"), say("billing", queue="billing"), say("bo", agent="bo")):
        bench.do(command)
    assert texts(bench, "anna") == ["all", "billing"]
    assert texts(bench, "bo") == ["all", "bo"]
    first = next(iter(bench.state.broadcasts))
    bench.do(c.WithdrawBroadcast(first, BY))
    assert bench.do(c.WithdrawBroadcast(first, BY)).already
    assert texts(bench, "anna") == ["billing"]
    bench.pass_s(3_600)
    assert texts(bench, "anna") == texts(bench, "bo") == []
    assert len(bench.state.broadcasts) == 3, "what was said can still be read up"
    refused: list[tuple[c.Command, str]] = [
        (say("x", queue="none"), "unknown_queue"),
        (say("x", agent="none"), "unknown_agent"),
        (c.WithdrawBroadcast("b0", BY), "unknown_broadcast"),
    ]
    for command, code in refused:
        with bench.refuses(code):
            bench.do(command)


def test_messages_are_few_and_their_names_are_their_own() -> None:
    bench = desk()
    for number in range(BROADCASTS_PER_MIN):
        bench.do(say(str(number)))
    with bench.refuses("too_many_broadcasts"):
        bench.do(say("one too many"))
    bench.pass_s(60)
    bench.do(say("now it may"))
    assert len(bench.state.broadcasts) == BROADCASTS_PER_MIN + 1


def test_messages_are_forgotten_by_number_and_by_time() -> None:
    bench = desk()
    for number in range(BROADCASTS_KEPT + 5):
        bench.pass_s(10)
        bench.do(say(str(number)))
    kept = [*bench.state.broadcasts.values()]
    assert len(kept) == BROADCASTS_KEPT and kept[0].text == "5"
    bench.pass_s(86_400)
    bench.do(say("new"))
    assert [one.text for one in bench.state.broadcasts.values()] == ["new"]


@pytest.mark.parametrize(
    "command",
    [
        c.EndLogin("l", "k", 2**50, BY),
        c.SignOutAgent("anna", "", BY),
        c.FreezeRepairs(1_000, "", BY),
        c.ThawRepairs("", BY),
        say("hello"),
        c.WithdrawBroadcast("b", BY),
    ],
)
def test_the_first_format_has_no_words_for_any_of_it(command: c.Command) -> None:
    bench = desk(in_format=1)
    with bench.refuses("not_in_format"):
        bench.do(command)


def test_the_way_back_is_open_when_all_of_it_is_over() -> None:
    bench = desk()
    bench.do(c.EndLogin("l", "k", bench.now + 60_000, BY))
    bench.do(c.FreezeRepairs(60_000, "", BY))
    bench.do(say("hello"))
    refused = bench.attempt(c.FinalizeFormat(1, "admin")).refusal
    assert refused is not None
    for word in ("sign-outs (1)", "frozen repairs (1)", "messages of the last day (1)"):
        assert word in refused.message
    bench.pass_s(86_401)
    bench.do(c.SetQueueStatus("sales", "paused", "", BY))  # type: ignore[arg-type]
    bench.do(c.FinalizeFormat(1, "admin"))
    state = bench.state
    assert not (state.sign_outs or state.freezes or state.broadcasts)
    snapshot = Snapshot("acme", "1-1", bytes(8), len(bench.log), state, {})
    records, _ = write_snapshot(b"k", snapshot)
    assert read_snapshot(b"k", "acme", records).state == state


def test_a_snapshot_holds_all_of_it() -> None:
    bench = desk()
    bench.do(login(bench, "one"))
    bench.do(c.SignOutAgent("anna", "lost", BY))
    bench.do(c.FreezeRepairs(60_000, "we look", BY))
    bench.do(say("hello", queue="billing"))
    bench.do(c.WithdrawBroadcast(next(iter(bench.state.broadcasts)), BY))
    snapshot = Snapshot("acme", "1-1", bytes(8), len(bench.log), bench.state, {})
    records, _ = write_snapshot(b"k", snapshot)
    assert read_snapshot(b"k", "acme", records).state == bench.state
