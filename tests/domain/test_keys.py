"""API keys: their limits, their second secret, their end, and the way back to the first format."""

from __future__ import annotations

import pytest

from app.codec.snapshot import Snapshot, read_snapshot, write_snapshot
from app.domain import commands as c
from app.domain import events as e
from app.domain.settings import QueueSettings
from tests.domain.workbench import Workbench

BY, HOUR_MS = "admin:a", 3_600_000
OLD, NEW, NEWEST = "aa" * 32, "bb" * 32, "cc" * 32


def office(in_format: int = 2) -> Workbench:
    bench = Workbench()
    bench.do(c.PutQueue("billing", QueueSettings(name="Billing"), BY))
    bench.do(c.FinalizeFormat(in_format, BY))
    bench.do(c.CreateKey("lead", "Lead", "supervisor", OLD, None, BY))
    return bench


def test_a_key_is_limited_from_its_first_moment_on() -> None:
    bench = office()
    bench.do(c.CreateKey("k", "K", "ingest", NEW, None, BY, ["billing"], bench.now + HOUR_MS))
    made, limited = bench.last
    assert isinstance(made, e.KeyCreated) and isinstance(limited, e.KeyLimited)
    key = bench.state.keys["k"]
    assert (key.queues, key.expires_at) == (["billing"], bench.now + HOUR_MS)


def test_limits_are_said_as_a_whole() -> None:
    bench = office()
    bench.do(c.LimitKey("lead", ["billing"], bench.now + HOUR_MS, True, BY))
    assert bench.do(c.LimitKey("lead", ["billing"], bench.now + HOUR_MS, True, BY)).already
    bench.do(c.LimitKey("lead", None, 0, True, BY))
    key = bench.state.keys["lead"]
    assert (key.queues, key.expires_at, key.hides_customers) == (None, 0, True)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (c.CreateKey("k", "", "supervisor", NEW, None, BY, ["sales"]), "unknown_queue"),
        (c.CreateKey("k", "", "admin", NEW, None, BY, ["billing"]), "wrong_state"),
        (c.CreateKey("k", "", "agent", NEW, None, BY, ["billing"]), "wrong_state"),
        (c.CreateKey("k", "", "ingest", NEW, None, BY, None, 0, True), "wrong_state"),
        (c.LimitKey("lead", ["sales"], 0, False, BY), "unknown_queue"),
        (c.LimitKey("none", None, 0, False, BY), "unknown_key"),
        (c.RotateKey("none", NEW, 0, BY), "unknown_key"),
    ],
)
def test_what_a_key_cannot_be_limited_to(command: c.Command, code: str) -> None:
    bench = office()
    with bench.refuses(code):
        bench.do(command)
    assert [*bench.state.keys] == ["lead"]


def test_another_secret_and_for_how_long_the_one_before() -> None:
    bench = office()
    bench.do(c.RotateKey("lead", NEW, HOUR_MS, BY))
    key = bench.state.keys["lead"]
    assert (key.sha256, key.former_sha256, key.former_until) == (NEW, OLD, bench.now + HOUR_MS)
    assert bench.do(c.RotateKey("lead", NEW, HOUR_MS, BY)).already
    bench.do(c.RotateKey("lead", NEWEST, 0, BY))
    assert (key.sha256, key.former_sha256, key.former_until) == (NEWEST, "", 0)


def test_a_revoked_key_stays_closed() -> None:
    bench = office()
    bench.do(c.RevokeKey("lead", BY))
    for command in (c.RotateKey("lead", NEW, 0, BY), c.LimitKey("lead", None, 0, True, BY)):
        with bench.refuses("wrong_state"):
            bench.do(command)


def test_the_first_format_has_no_words_for_any_of_it() -> None:
    bench = office(in_format=1)
    for command in (
        c.CreateKey("k", "", "supervisor", NEW, None, BY, ["billing"]),
        c.CreateKey("k", "", "supervisor", NEW, None, BY, None, bench.now + 1),
        c.CreateKey("k", "", "supervisor", NEW, None, BY, None, 0, True),
        c.LimitKey("lead", None, 0, False, BY),
        c.RotateKey("lead", NEW, 0, BY),
    ):
        with bench.refuses("not_in_format"):
            bench.do(command)


def test_the_way_back_never_gives_a_limited_key_more() -> None:
    bench = office()
    bench.do(c.LimitKey("lead", ["billing"], bench.now + HOUR_MS, True, BY))
    refused = bench.attempt(c.FinalizeFormat(1, BY)).refusal
    assert refused is not None and "limited or rotated keys (1)" in refused.message
    bench.pass_s(3_601)
    bench.do(c.SetQueueStatus("billing", "paused", "", BY))  # type: ignore[arg-type]
    bench.do(c.FinalizeFormat(1, BY))
    key = bench.state.keys["lead"]
    assert key.revoked_at and key.queues is None, "what had expired is revoked, not opened again"
    snapshot = Snapshot("acme", "1-1", bytes(8), len(bench.log), bench.state, {})
    records, _ = write_snapshot(b"k", snapshot)
    assert read_snapshot(b"k", "acme", records).state == bench.state


def test_a_snapshot_holds_all_of_it() -> None:
    bench = office()
    bench.do(c.LimitKey("lead", ["billing"], bench.now + HOUR_MS, True, BY))
    bench.do(c.RotateKey("lead", NEW, HOUR_MS, BY))
    snapshot = Snapshot("acme", "1-1", bytes(8), len(bench.log), bench.state, {})
    records, _ = write_snapshot(b"k", snapshot)
    assert read_snapshot(b"k", "acme", records).state == bench.state
