"""The stored format over HTTP: looked at by supervisors, finalized by admins alone."""

from __future__ import annotations

from app.adapters.memory import MemoryDisk
from app.codec.formats import NEWEST, WRITES
from app.domain import commands as c
from tests.edge.front import Front, open_front, refused, said
from tests.shell.test_format_gate import FIRST, older_node, with_log

NO_WAITING = {"clean_ms": 0, "clean_records": 0}


async def old_disk() -> MemoryDisk:
    disk = MemoryDisk()
    await with_log(disk, FIRST)
    return disk


def messages(document: dict[str, object]) -> str:
    return str(document["errors"])


async def test_a_new_workspace_has_nothing_to_finalize(front: Front) -> None:
    view = said(await front.api.get("/v1/format"))
    assert (view["finalized"], view["target"], view["missing"]) == (NEWEST, None, [])
    assert view["writes"] == [WRITES[0], WRITES[-1]] and view["nodes"] == []
    assert said(await front.api.post("/v1/format/finalize", json={}))["finalized"] == NEWEST


async def test_what_is_missing_is_told_before_and_when_asked_for() -> None:
    async with open_front(disk=await old_disk()) as front:
        view = said(await front.api.get("/v1/format"))
        assert (view["finalized"], view["target"]) == (1, 2)
        assert len(view["missing"]) == 2
        answer = await front.api.post("/v1/format/finalize", json={})
        document = refused(answer, 409, "format_not_ready")
        assert [error["message"] for error in document["errors"]] == view["missing"]


async def test_the_settings_say_how_long_is_long_enough() -> None:
    async with open_front(disk=await old_disk(), format=NO_WAITING) as front:
        assert said(await front.api.get("/v1/format"))["missing"] == []
        done = said(await front.api.post("/v1/format/finalize", json={"format": 2}))
        assert (done["finalized"], done["target"]) == (2, None)


async def test_now_does_without_the_waiting_and_not_without_the_nodes() -> None:
    async with open_front(disk=await old_disk()) as front:
        await front.node.store.nodes.announce("n-old", older_node(), 60_000)
        answer = await front.api.post("/v1/format/finalize", json={"now": True})
        assert "n-old" in messages(refused(answer, 409, "format_not_ready"))
        (shown,) = said(await front.api.get("/v1/format"))["nodes"]
        assert (shown["node"], shown["version"], shown["read_max"]) == ("n-old", "0.2.0", 1)
        assert not shown["owner"]
        await front.node.store.nodes.withdraw("n-old")
        said(await front.api.post("/v1/format/finalize", json={"now": True}))


async def test_the_way_back_is_open_by_name_while_the_state_allows_it(front: Front) -> None:
    await front.node.furnish()
    await front.enter("c1")
    (offer,) = front.node.router.state.offers
    await front.node.router.submit(c.AcceptOffer(offer, "a1"))
    back = {"format": NEWEST - 1}
    answer = await front.api.post("/v1/format/finalize", json=back)
    assert "--allow-downgrade" in messages(refused(answer, 409, "format_not_ready"))
    back = {**back, "allow_downgrade": True}
    assert said(await front.api.post("/v1/format/finalize", json=back))["finalized"] == NEWEST - 1
    said(await front.api.post("/v1/format/finalize", json={"now": True}))
    await front.node.router.submit(c.CompleteConversation("c1", "a1", "resolved"))
    answer = await front.api.post("/v1/format/finalize", json=back)
    assert "that have one: 1" in str(refused(answer, 409, "not_in_format")["detail"])


async def test_only_an_admin_finalizes(front: Front) -> None:
    supervisor = await front.as_role("supervisor")
    said(await supervisor.get("/v1/format"))
    refused(await supervisor.post("/v1/format/finalize", json={}), 403, "forbidden")
    ingest = await front.as_role("ingest")
    refused(await ingest.get("/v1/format"), 403, "forbidden")


async def test_a_body_that_is_not_one_is_refused(front: Front) -> None:
    for body in ({"format": 0}, {"format": "2"}, {"force": True}):
        answer = await front.api.post("/v1/format/finalize", json=body)
        refused(answer, 400, "body_invalid")
