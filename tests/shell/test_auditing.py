"""The auditor at work beside the follower, and the desk that makes incidents of what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.domain import commands as c
from app.domain import events as e
from app.domain.state import Incident, State
from app.domain.words import OfferState
from app.ports import Position
from app.shell.audit_desk import SILENT, AuditDesk
from app.shell.auditing import BEAT_MS, LOOK_MS, Audit, floor_of
from app.shell.follower import Follower
from app.shell.limits import Health
from app.shell.router import Router
from app.shell.work import Answer, Overloaded, Trouble
from tests.shell.node import WORKSPACE, running

END = Position(1, 1)


class Ear:
    """Hears an audit whose clock stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000_000
        self.said: list[dict[str, Any]] = []
        self.audit = Audit(self.said.append, lambda: self.now)

    def look(self, *, idle: bool = True) -> None:
        self.now += LOOK_MS
        self.audit.rest(END, idle=idle)

    def standing(self) -> list[tuple[str, str | None]]:
        beats = [one for one in self.said if one["kind"] == "beat"]
        return [(one["rule"], one["queue"]) for one in beats[-1]["standing"]] if beats else []


async def test_a_follower_has_what_it_reads_audited() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        ear = Ear()
        ear.now = node.router.now_ms()
        reader = Follower(node.store, WORKSPACE, node.router.now_ms, audit=ear.audit)
        await reader.begin()
        await node.router.submit(c.EnterConversation("c1", "q", "chat", "t"))
        (offer,) = node.router.state.conversations["c1"].offers
        await node.router.submit(c.AcceptOffer(offer, "a1"))
        await node.router.submit(c.CompleteConversation("c1", "a1"))
        await reader.catch_up()
        ear.now += BEAT_MS
        ear.audit.rest(reader.position, idle=False)
        assert [one["kind"] for one in ear.said] == ["busy", "beat"], ear.said
        assert ear.said[-1]["position"] == str(reader.position)
        assert ear.audit.floor == floor_of(node.router.state)


async def test_a_broken_rule_is_said_once_for_a_queue() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        ear = Ear()
        ear.audit.begin(node.router.state)
        at, taken = node.router.state.last_at, OfferState.ACCEPTED
        for number in range(3):
            foul = e.OfferEnded(at, f"o{number}", "c1", "q", "a1", taken, "", "agent:a1")
            ear.audit.see(foul, Position(9, number))
        (found,) = [one for one in ear.said if one["kind"] == "found"]
        assert (found["rule"], found["queue"]) == ("S10", "q")
        assert found["evidence"]["conversation"] == "c1"


async def test_what_stands_still_is_said_when_confirmed_and_until_it_moves() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        await node.router.submit(c.EnterConversation("c1", "q", "chat", "t"))
        ear = Ear()
        ear.audit.begin(node.router.state)
        ear.now = node.router.now_ms() + 20_000
        ear.look()
        assert ear.standing() == [], "not yet two seconds late"
        ear.now += 2_000
        ear.look()
        assert ear.standing() == [], "seen once"
        ear.look()
        assert ear.standing() == [("L3", "q")]
        (offer,) = node.router.state.conversations["c1"].offers
        extended = e.DeadlinesExtended(ear.now, 60_000)
        ear.audit.see(extended, Position(9, 1))
        ear.look()
        assert ear.standing() == [], offer


def test_it_beats_while_nothing_is_wrong() -> None:
    ear = Ear()
    for _ in range(10):
        ear.look()
    beats = [one["kind"] for one in ear.said]
    assert beats == ["beat"] * (10 * LOOK_MS // BEAT_MS)


class Shop:
    """An owner that carries out incidents as the router would; ``trouble`` keeps it from that."""

    def __init__(self) -> None:
        self.incidents: dict[str, Incident] = {}
        self.ready = True
        self.trouble: Trouble | None = None

    @property
    def state(self) -> State:
        return State(incidents=self.incidents)

    def now_ms(self) -> int:
        return 1_800_000_000_000

    def health(self) -> Health:
        return Health(self.ready, [], WORKSPACE, 1, END, None)

    def post(self, command: c.Command | None, done: Callable[[Answer | Trouble], None]) -> None:
        if self.trouble is not None:
            return done(self.trouble)
        if isinstance(command, c.OpenIncident):
            id_ = f"i{len(self.incidents) + 1}"
            about = (command.queue, command.conversation, command.agent)
            self.incidents[id_] = Incident(
                id_, command.cause, command.since, 0, *about, command.text, command.evidence
            )
        elif isinstance(command, c.ResolveIncident):
            self.incidents[command.incident].resolved_at = 1
        return done(Answer(None, False, END))

    def open(self) -> list[str]:
        return [one.cause for one in self.incidents.values() if not one.resolved_at]


def line(kind: str, **fields: Any) -> bytes:
    return json.dumps({"kind": kind, **fields}).encode() + b"\n"


def report(rule: str, queue: str | None = "q") -> dict[str, Any]:
    told = {"rule": rule, "queue": queue, "since": 1, "text": "c1 waits"}
    return {**told, "evidence": {"conversation": "c1"}}


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def desk(shop: Shop) -> AuditDesk:
    return AuditDesk(shop, 10_000)


def test_what_stands_is_an_incident_until_it_stands_no_more(shop: Shop, desk: AuditDesk) -> None:
    desk.take(line("beat", standing=[report("L1")]))
    desk.take(line("beat", standing=[report("L1")]))
    assert shop.open() == ["auditor_L1"] and len(shop.incidents) == 1
    assert shop.incidents["i1"].queue == "q" and "c1 waits" in shop.incidents["i1"].text
    desk.take(line("beat", standing=[]))
    assert shop.open() == []


def test_a_broken_rule_stays_for_a_person(shop: Shop, desk: AuditDesk) -> None:
    desk.take(line("found", **report("S5")))
    desk.take(line("beat", standing=[]))
    assert shop.open() == ["auditor_S5"]


def test_what_was_found_while_nobody_could_write_is_not_lost(shop: Shop, desk: AuditDesk) -> None:
    shop.trouble = Overloaded("full")
    desk.take(line("found", **report("S1")))
    assert shop.open() == []
    shop.trouble, shop.ready = None, False
    desk.look()
    assert shop.open() == []
    shop.ready = True
    desk.look()
    assert shop.open() == ["auditor_S1"]


def looks(desk: AuditDesk, seconds: int) -> None:
    for _ in range(seconds):
        desk.look()


def test_silence_is_an_incident_until_it_speaks_again(shop: Shop, desk: AuditDesk) -> None:
    desk.take(line("beat", standing=[]))
    looks(desk, 10)
    assert shop.open() == []
    looks(desk, 5)
    assert shop.open() == [SILENT]
    desk.take(line("beat", standing=[]))
    assert shop.open() == []


def test_a_process_that_is_gone_gets_longer(shop: Shop, desk: AuditDesk) -> None:
    desk.take(line("beat", standing=[]))
    desk.ended()
    looks(desk, 30)
    assert shop.open() == []
    looks(desk, 1)
    assert shop.open() == [SILENT]


def test_who_said_it_is_busy_gets_longer(shop: Shop, desk: AuditDesk) -> None:
    desk.take(line("busy", what="taking a snapshot"))
    looks(desk, 100)
    assert shop.open() == []
    looks(desk, 21)
    assert shop.open() == [SILENT]


def test_nothing_is_said_while_this_node_does_not_serve(shop: Shop, desk: AuditDesk) -> None:
    desk.take(line("beat", standing=[]))
    shop.ready = False
    looks(desk, 60)
    desk.take(line("beat", standing=[report("L1")]))
    assert shop.open() == []
    shop.ready = True
    looks(desk, 10)
    shop.ready = False
    looks(desk, 1)
    shop.ready = True
    looks(desk, 10)
    assert shop.open() == [], "the silence counts from when it serves again"


@pytest.mark.parametrize("bad", [b"{", b"[]\n", b'{"kind":"found"}\n', b'{"kind":"odd"}\n', b"1"])
def test_what_cannot_be_read_is_dropped(shop: Shop, desk: AuditDesk, bad: bytes) -> None:
    desk.take(bad)
    assert shop.incidents == {}


async def test_the_router_is_such_an_owner() -> None:
    async with running() as node:
        router: Router = node.router
        desk = AuditDesk(router, 10_000)
        desk.take(line("found", **report("S5", None)))
        await router.submit(None)
        assert [one.cause for one in router.state.incidents.values()] == ["auditor_S5"]
