"""Who did what, from where, why, and what it was before: asked, exported, told to nobody else."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, get_args

import pytest

from app.adapters.memory import MemoryDisk
from app.domain import commands as c
from app.domain import events as e
from app.edge.whereabouts import Whereabouts
from app.ports import Position
from app.wire.audit import _DEEDS, HELD_MAX, Reader, Wanted
from app.wire.audit_calls import csv_line, json_line
from tests.edge.front import SECRET, Front, open_front, refused, said
from tests.virtual_time import elapse

HERE = Whereabouts("hashed", SECRET).mark("127.0.0.1")
BOOT = "admin:bootstrap"


async def entries(front: Front, query: str = "") -> list[dict[str, Any]]:
    return list(said(await front.api.get(f"/v1/audit?{query}"))["entries"])


async def test_what_people_do_is_there_with_all_that_is_asked_of_it(front: Front) -> None:
    await front.node.furnish()
    boss = await front.as_role("supervisor")
    put = {"name": "Billing", "max_waiting": 5}
    said(await front.api.put("/v1/queues/billing", json=put), 201)
    said(await front.api.put("/v1/queues/billing", json={**put, "max_waiting": 7}))
    said(await front.api.post("/v1/queues/billing/pause", json={"reason": "flood"}))
    await front.enter("c1", customer={"name": "Zora Secret"})
    said(await boss.post("/v1/conversations/c1/priority", json={"priority": 9, "reason": "vip"}))
    refused(await boss.put("/v1/queues/billing", json=put), 403, "forbidden")
    told = await entries(front)
    assert [one["action"] for one in told] == [
        "key_created",
        "queue_configured",
        "queue_configured",
        "queue_status_changed",
        "conversation_entered",
        "conversation_prioritized",
    ]
    made, created, changed, paused, entered, urgent = told
    assert made["by"] == BOOT and made["after"]["role"] == "supervisor"
    assert created["id"] == "billing" and created["before"] is None
    assert (changed["before"], changed["after"]) == ({"$.max_waiting": 5}, {"$.max_waiting": 7})
    assert (paused["reason"], paused["after"]) == ("flood", {"status": "paused"})
    assert urgent["by"] == f"supervisor:{made['id']}" and urgent["reason"] == "vip"
    assert {one["address"] for one in told} == {HERE, None}
    assert [one["action"] for one in told if one["address"] is None] == ["conversation_entered"]
    assert entered["after"] == {"queue": "q", "channel": "chat", "priority": 0}
    assert "Zora" not in json.dumps(told) and "127.0.0.1" not in json.dumps(told)


async def test_it_is_asked_by_time_actor_and_subject(front: Front) -> None:
    for number in range(4):
        said(await front.api.put(f"/v1/queues/q{number}", json={"name": "Q"}), 201)
        await elapse(60)
    at = [one["at"] for one in await entries(front)]
    assert [one["id"] for one in await entries(front, f"from={at[1]}&until={at[3]}")] == [
        "q1",
        "q2",
    ]
    assert [one["id"] for one in await entries(front, "subject=q2")] == ["q2"]
    assert await entries(front, "actor=admin:nobody") == []
    assert len(await entries(front, f"actor={BOOT}")) == 4
    # A day, when nothing else is said.
    assert len(await entries(front, f"until={at[0] + 86_400_001}")) == 3
    assert len(await entries(front, "from=1")) == 4


async def test_pages_join_without_a_gap(front: Front) -> None:
    for number in range(7):
        said(await front.api.put(f"/v1/queues/q{number}", json={"name": "Q"}), 201)
    found, after = [], ""
    for _ in range(4):
        page = said(await front.api.get(f"/v1/audit?limit=2{after}"))
        found += [one["id"] for one in page["entries"]]
        after = f"&after={page['next_after']}"
    assert found == [f"q{number}" for number in range(7)]
    assert page["next_after"] is None


async def test_work_is_told_when_it_is_asked_for(front: Front) -> None:
    await front.node.furnish()
    await front.enter("c1")
    offer = next(iter(front.node.router.state.offers))
    await front.node.router.submit(c.AcceptOffer(offer, "a1"))
    assert "offer_ended" not in [one["action"] for one in await entries(front)]
    told = await entries(front, "work=true&actor=agent:a1")
    assert [one["action"] for one in told] == ["connection_changed", "offer_ended"]
    assert told[-1]["after"]["outcome"] == "accepted"


async def test_the_settings_say_how_an_address_is_written(front: Front) -> None:
    for how, seen in (("plain", "127.0.0.1"), ("none", None), ("hashed", HERE)):
        async with open_front(audit={"address": how}) as other:
            said(await other.api.put("/v1/queues/q", json={"name": "Q"}), 201)
            assert [one["address"] for one in await entries(other)] == [seen]


async def test_what_was_before_a_restart_is_found_too() -> None:
    disk = MemoryDisk()
    for number in range(3):
        async with open_front(disk=disk, force=True) as front:
            said(await front.api.put(f"/v1/queues/q{number}", json={"name": "Q"}), 201)
            await elapse(60)
    async with open_front(disk=disk, force=True) as front:
        told = await entries(front)
        assert [one["id"] for one in told] == ["q0", "q1", "q2"]
        since = told[1]["at"]
        assert [one["id"] for one in await entries(front, f"from={since}")] == ["q1", "q2"]
        await front.node.router.store.log.trim(Position.parse(told[1]["position"]))
        assert [one["id"] for one in await entries(front, "from=1")] == ["q1", "q2"]


async def test_tables_hold_all_of_it_and_no_formula(front: Front) -> None:
    said(await front.api.put("/v1/queues/q", json={"name": "Q"}), 201)
    evil = '=HYPERLINK("http://evil.example")\r\n"x'
    said(await front.api.post("/v1/queues/q/pause", json={"reason": evil}))
    table = await front.api.get("/v1/audit.csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert "attachment" in table.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(table.text, newline="")))
    assert [row["action"] for row in rows] == ["queue_configured", "queue_status_changed"]
    assert rows[1]["reason"].startswith("'=HYPERLINK") and rows[1]["address"] == HERE
    lines = (await front.api.get("/v1/audit.ndjson")).text.splitlines()
    assert [json.loads(line) for line in lines] == await entries(front)


async def test_it_is_for_admins_of_the_whole_workspace(front: Front) -> None:
    await front.node.furnish()
    for path in ("audit", "audit.csv", "audit.ndjson"):
        for role in ("supervisor", "ingest", "agent"):
            client = await front.as_role(role, "a1" if role == "agent" else None)
            refused(await client.get(f"/v1/{path}"), 403, "forbidden")
        body = {"role": "admin", "queues": ["q"]}
        limited = await front.api.post("/v1/keys", json=body)
        if limited.status_code == 201:
            client = front.client(limited.json()["key"])
            refused(await client.get(f"/v1/{path}"), 403, "forbidden")


async def test_wrong_questions_are_told_so(front: Front) -> None:
    for query in ("work=perhaps", "from=x", "after=x", "after=1-1-1", "after=²-1", "colour=red"):
        refused(await front.api.get(f"/v1/audit?{query}"), 400, "query_invalid")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    entry: dict[str, Any] = dict.fromkeys(
        ("position", "at", "by", "address", "action", "kind", "id", "before", "after")
    )
    entry |= {"at": 0, "reason": f"{start}cmd|' /C calc'!A0"}
    cells = next(csv.reader(io.StringIO(csv_line(entry), newline="")))
    assert cells[7] == f"'{entry['reason']}"
    assert json_line({"reason": "a\r\nb\u2028\x1b"}).count("\n") == 1
    assert "\x1b" not in json_line({"reason": "\x1b"}) and "\u2028" not in json_line(
        {"r": "\u2028"}
    )


def test_an_address_is_that_of_its_own_deed_alone() -> None:
    reader = Reader(Wanted(), {})
    revoked = [e.KeyRevoked(n, f"k{n}", "admin:a") for n in range(3)]
    found = [*reader.take("1-0", revoked[0]), *reader.take("1-1", revoked[1])]
    found += reader.take("1-2", e.OriginNoted(2, 1, "admin:a", "here"))
    found += [*reader.take("1-3", revoked[2]), *reader.take("1-4", e.KeyRevoked(3, "k", "admin:b"))]
    found += reader.take("1-5", e.OriginNoted(4, 2, "admin:b", "there"))
    assert [one["address"] for one in found] == [None, "here", None, "there"]
    for n in range(HELD_MAX + 1):
        found += (
            reader.take(f"2-{n}", revoked[0])
            if not n
            else reader.take("2-1", e.OfferSeen(9, "o", "c", "a"))
        )
    assert found[-1]["position"] == "2-0" and reader.waiting is None


NOT_READ = {
    e.QueueHoursChanged,  # the calendar
    e.ConversationActive,  # said on entering and on any message
    e.ConversationIdled,
    e.ConversationWoke,
    e.ConfigExplained,  # the reason of the changes that it explains
    e.OriginNoted,  # the address of what it follows
}


def test_everything_that_somebody_can_do_is_read() -> None:
    done = {one for one in get_args(e.Event) if "by" in one.__dataclass_fields__}
    assert done - NOT_READ <= set(_DEEDS), "say in app.wire.audit how it reads"
    for event, deed in _DEEDS.items():
        fields = set(event.__dataclass_fields__)
        assert {*deed.after, *deed.before.values()} <= fields, event
        assert deed.kind in fields or deed.kind in ("repairs",), event
