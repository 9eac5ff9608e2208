"""The HTTP client against a server that misbehaves by script: what is repeated, and what never."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.clients.http import ApiClient, ApiRefused, ApiUnreachable, Persistence
from app.clients.replay_people import leave

from .scripted import EAGER, Scripted, answer, scripted

BUSY = answer(503, {"code": "store_unavailable"}, Retry_After="0")
UNKNOWN = answer(503, {"code": "outcome_unknown"})


async def test_a_creation_always_carries_an_id_and_is_repeated_with_the_same() -> None:
    async with scripted(BUSY, None, UNKNOWN, answer(502), answer(201, {"id": "x"})) as (
        api,
        script,
    ):
        assert await api.create_conversation("q", subject="s") == {"id": "x"}
    bodies = [body for _, body in script.asked]
    assert len(bodies) == 5 and all(body == bodies[0] for body in bodies)
    assert len(str(bodies[0]["id"])) == 32 and bodies[0]["subject"] == "s"


async def test_two_creations_have_two_ids() -> None:
    async with scripted(answer(201), answer(201), answer(200)) as (api, script):
        await api.create_conversation("q")
        await api.create_conversation("q")
        await api.create_conversation("q", id="mine")
    ids = [body["id"] for _, body in script.asked]
    assert len(set(ids)) == 3 and ids[2] == "mine"


async def test_a_call_that_is_not_repeatable_is_not_repeated_after_a_cut() -> None:
    async with scripted(BUSY, answer(429), None) as (api, script):
        with pytest.raises(ApiUnreachable, match="outcome unknown"):
            await api.call("POST", "/v1/conversations/c/move", {"queue": "q"})
    assert len(script.asked) == 3


@pytest.mark.parametrize("reply", [UNKNOWN, answer(502), answer(504)])
async def test_an_unknown_outcome_is_final_for_a_call_that_is_not_repeatable(reply: bytes) -> None:
    async with scripted(reply) as (api, script):
        with pytest.raises(ApiRefused):
            await api.call("POST", "/v1/conversations/c/move", {"queue": "q"})
    assert len(script.asked) == 1


Call = Callable[[ApiClient], Awaitable[object]]
REPEATABLE: dict[str, Call] = {
    "GET /v1/conversations/a%2Fb": lambda api: api.conversation("a/b"),
    "GET /v1/conversations/c/timeline": lambda api: api.timeline("c"),
    "POST /v1/conversations/c/cancel": lambda api: api.cancel("c"),
    "PUT /v1/queues/q": lambda api: api.put_queue("q", {"name": "Q"}),
    "PUT /v1/agents/a": lambda api: api.put_agent("a", {"name": "A"}),
    "POST /v1/agents/a/presence": lambda api: api.set_presence("a", "away", "lunch"),
    "PUT /v1/presences/p": lambda api: api.put_presence("p", {"name": "P"}),
    "GET /v1/presences": lambda api: api.presences(),
    "DELETE /v1/presences/p": lambda api: api.delete_presence("p"),
    "POST /v1/conversations/c/activity": lambda api: api.note_activity("c", idle=True),
    "GET /v1/conversations/c/explain": lambda api: api.explain("c"),
    "GET /v1/agents/a/offers": lambda api: api.agent_offers("a"),
    "GET /v1/agents/a/offers?limit=5": lambda api: api.agent_offers("a", limit=5),
    "GET /v1/config/history": lambda api: api.config_history(),
    "GET /v1/config/history?limit=5&before=9": lambda api: api.config_history(limit=5, before=9),
    "GET /v1/config/history/7": lambda api: api.config_change(7),
    "POST /v1/tickets": lambda api: api.ticket("agent", "a"),
    "GET /v1/board": lambda api: api.board(),
}


@pytest.mark.parametrize("line", REPEATABLE)
async def test_calls_that_mean_the_same_twice_are_repeated(line: str) -> None:
    async with scripted(None, BUSY, answer(200, {"ticket": "t"})) as (api, script):
        await REPEATABLE[line](api)
    assert [asked for asked, _ in script.asked] == [f"{line} HTTP/1.1"] * 3


async def test_an_undo_is_not_repeated_after_a_cut() -> None:
    async with scripted(BUSY, None) as (api, script):
        with pytest.raises(ApiUnreachable, match="outcome unknown"):
            await api.undo_config(7)
    assert [body for _, body in script.asked] == [{"version": 7}] * 2


async def test_finish_first_is_said_only_when_meant() -> None:
    async with scripted(answer(200), answer(200)) as (api, script):
        await api.set_presence("a", "away", after_work=True)
        await api.set_presence("a", "away")
    bodies = [body for _, body in script.asked]
    assert bodies == [{"presence": "away", "after_work": True}, {"presence": "away"}]


async def test_a_refusal_is_final_and_typed() -> None:
    problem = {
        "code": "body_invalid",
        "detail": "no",
        "errors": [{"path": "$.queue", "message": "missing"}],
    }
    async with scripted(answer(400, problem), answer(500), answer(404, [1])) as (api, script):
        with pytest.raises(ApiRefused, match="body_invalid") as refused:
            await api.create_conversation("q")
        assert (refused.value.code, refused.value.status) == ("body_invalid", 400)
        assert refused.value.errors == problem["errors"]
        for status in (500, 404):
            with pytest.raises(ApiRefused) as refused:
                await api.conversation("c")
            assert (refused.value.code, refused.value.status) == ("http_error", status)
    assert len(script.asked) == 3


async def test_retry_after_is_obeyed_and_patience_ends() -> None:
    later = answer(503, {"code": "overloaded"}, Retry_After="3600")
    async with scripted(later) as (api, script):
        with pytest.raises(ApiUnreachable, match="overloaded"):
            await api.conversation("c")
    assert len(script.asked) == 1


@pytest.mark.parametrize("value", ["-5", "nan", "inf", "Wed, 21 Oct 2026 07:28:00 GMT"])
async def test_a_strange_retry_after_is_passed_over(value: str) -> None:
    odd = answer(503, {}, Retry_After=value)
    async with scripted(odd, answer(200, {"id": "c"})) as (api, _):
        assert await api.conversation("c") == {"id": "c"}


async def test_nobody_there_is_waited_for() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    script = Scripted([answer(200, {"id": "c"})])
    async with ApiClient(f"http://127.0.0.1:{port}", "key", persistence=EAGER) as api:
        asking = asyncio.ensure_future(api.call("POST", "/v1/anything", {}))
        await asyncio.sleep(0)
        late = await asyncio.start_server(script.serve, "127.0.0.1", port)
        assert await asking == {"id": "c"}
        late.close()
    short = Persistence(give_up_s=0.05, base_s=0.001, cap_s=0.01)
    async with ApiClient(f"http://127.0.0.1:{port}", "key", persistence=short) as api:
        with pytest.raises(ApiUnreachable):
            await api.conversation("c")


@pytest.mark.parametrize("code", ["wrong_state", "conversation_ended"])
async def test_a_customer_who_was_answered_meanwhile_stays(code: str) -> None:
    async with scripted(answer(409, {"code": code})) as (api, script):
        await leave(api, "c", "abandoned")
    assert [body for _, body in script.asked] == [{"reason": "abandoned"}]


async def test_a_customer_whom_nobody_knows_is_an_error() -> None:
    async with scripted(answer(404, {"code": "unknown_conversation"})) as (api, _):
        with pytest.raises(ApiRefused):
            await leave(api, "c", "abandoned")
