"""The clients against a real server: replays that lose nothing, a demo that greets the guest."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random

import pytest

from app.clients.agent import AgentClient, Connecting
from app.clients.bank import read_bank_day
from app.clients.commands import Answer
from app.clients.day import Agent, Conversation, Day, Shift, read_day
from app.clients.demo import DemoOptions, run_demo
from app.clients.demo_cast import SEAT
from app.clients.http import ApiClient, ApiRefused
from app.clients.replay import ReplayFailed, ReplayOptions, Result, replay
from tests.waiting import poll_until

from .server import ADMIN_KEY, Server
from .test_day import EXAMPLE


def small_day(minutes: int) -> Day:
    """A made-up morning: five agents with breaks, two queues and one that nobody serves."""
    rng = Random(20)
    agents = {
        f"a{number}": Agent(f"a{number}", {"one": 1, "two": 1} if number % 2 else {"one": 1})
        for number in range(5)
    }
    length = 60.0 * minutes
    shifts = [Shift(id, 0, length / 2) for id in agents]
    shifts += [Shift(id, length / 2 + 60, length + 120) for id in agents]
    return Day(
        "small",
        agents,
        tuple(sorted(shifts, key=lambda one: (one.agent, one.on_s))),
        tuple(
            Conversation(
                f"c{number}",
                at,
                rng.choice(["one", "one", "two"]) if number % 10 else "nobody",
                rng.uniform(10, 60),
                rng.choice([None, rng.uniform(20, 200)]) if number % 20 != 10 else 30.0,
            )
            for number, at in enumerate(range(5, minutes * 60, 10))
        ),
    )


async def test_a_replay_gives_what_the_textbook_says(tmp_path: Path) -> None:
    day = small_day(5)
    async with Server(tmp_path) as server:
        journal = tmp_path / "journal.jsonl"
        options = ReplayOptions(speed=60.0, journal=journal)
        result = await replay(day, server.base, ADMIN_KEY, options)
        assert result.faults == []
        expected = result.compared["textbook, rings 1 s"]
        assert result.figures.offered == expected.offered == 30
        assert result.figures.served <= 27
        assert abs(result.figures.served - expected.served) <= 6
        fast = ReplayOptions(speed=600.0)
        again = await replay(read_day(EXAMPLE), server.base, ADMIN_KEY, fast)
        assert again.faults == [] and again.figures.offered == 6
    assert ADMIN_KEY not in journal.read_text()
    assert journal.read_text().count('"accept"') >= result.figures.served


async def test_kills_of_server_and_store_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    await storm(small_day(6), tmp_path, kills_each=2)


@pytest.mark.slow
async def test_ten_kills_of_each_on_a_recorded_day(data: Path, tmp_path: Path) -> None:
    day = read_bank_day(data, "1999-02-03").between(45_000, 50_000)
    result = await storm(day, tmp_path, kills_each=10, speed=60.0)
    assert result.figures.offered == len(day.conversations)


async def storm(day: Day, folder: Path, kills_each: int, speed: float = 30.0) -> Result:
    """Replay ``day`` while server and store are killed in turn, evenly over its length."""
    async with Server(folder) as server:
        options = ReplayOptions(speed=speed)
        playing = asyncio.create_task(replay(day, server.base, ADMIN_KEY, options))
        span_s = day.conversations[-1].arrived_s - day.starts_s
        moments = [
            day.starts_s + span_s * (n + 1) / (2 * kills_each + 2) for n in range(2 * kills_each)
        ]
        begun = asyncio.get_running_loop().time()
        for number, at_s in enumerate(moments):
            wait_s = begun + (at_s - day.starts_s) / speed - asyncio.get_running_loop().time()
            await asyncio.wait({playing}, timeout=max(0.0, wait_s))
            if number % 2:
                await server.kill()
                await server.start()
            else:
                old = server.kill_store()
                await poll_until(lambda old=old: server.stores() not in ([], [old]), "a new store")
        result = await playing
    assert result.faults == []
    assert 0 < result.figures.served <= result.figures.offered
    return result


async def test_a_refused_step_ends_the_replay_with_its_reason(tmp_path: Path) -> None:
    async with Server(tmp_path) as server:
        with pytest.raises(ReplayFailed, match="401"):
            await replay(small_day(1), server.base, "wrong key", ReplayOptions())


async def test_the_demo_greets_whoever_sits_down(tmp_path: Path) -> None:
    async with demo(tmp_path, pace=0.0001) as (api, guest):
        assert (await guest.set_presence("available")).ok
        for _ in range(2):
            await poll_until(lambda: guest.view.offers, "an offer for the guest")
            offer = next(iter(guest.view.offers.values()))
            assert offer["customer"]["name"] and offer["subject"] and offer["queue"] == "vip"
            assert (await guest.accept(offer["id"])).ok
            taken = offer["conversation"]
            await poll_until(partial(guest.view.conversations.__contains__, taken))
            assert (await guest.complete(offer["conversation"])).ok
            assert (await guest.finish_wrap_up(offer["conversation"])).ok
        assert (await api.conversation(offer["conversation"]))["state"] == "closed"


async def test_the_demo_is_busy_by_itself(tmp_path: Path) -> None:
    async with demo(tmp_path, pace=6.0) as (api, _):

        async def lively() -> bool:
            board = await api.board()
            present = Counter(agent["presence"] for agent in board["agents"])
            busy = {queue["id"] for queue in board["queues"] if queue["answered"]}
            return present["available"] >= 6 and len(busy) >= 3

        await poll_until(lively, "everybody at work", within_s=40)


@asynccontextmanager
async def demo(folder: Path, pace: float) -> AsyncIterator[tuple[ApiClient, AgentClient]]:
    """A server with the demo running on it, and the client of the free seat."""
    connecting = Connecting(base_s=0.05, cap_s=0.5)
    async with Server(folder) as server, ApiClient(server.base, ADMIN_KEY) as api:
        playing = asyncio.create_task(run_demo(server.base, ADMIN_KEY, DemoOptions(pace=pace)))
        await poll_until(lambda: _is_agent(api, SEAT))
        async with AgentClient(
            server.base, ADMIN_KEY, SEAT, api=api, connecting=connecting
        ) as guest:
            yield api, guest
        assert not playing.done(), playing.exception()
        playing.cancel()
        await asyncio.wait({playing})


async def _is_agent(api: ApiClient, id: str) -> bool:
    return id in {agent["id"] for agent in (await api.board())["agents"]}


async def test_a_session_survives_the_servers_death(tmp_path: Path) -> None:
    connecting = Connecting(base_s=0.05, cap_s=0.5)
    async with (
        Server(tmp_path) as server,
        ApiClient(server.base, ADMIN_KEY) as api,
    ):
        await api.put_queue("q", {"name": "Q", "offer": {"timeout_ms": 60_000}})
        await api.put_agent("anna", {"name": "Anna", "queues": {"q": 1}})
        async with AgentClient(
            server.base, ADMIN_KEY, "anna", api=api, connecting=connecting
        ) as anna:
            assert (await anna.set_presence("available")).ok
            await api.create_conversation("q", id="c1")
            await poll_until(lambda: anna.view.offers)
            [offer] = anna.view.offers
            await server.kill()
            accepting = asyncio.create_task(anna.accept(offer))
            completing = asyncio.create_task(_complete_when_held(anna, "c1"))
            await server.start()
            assert (await accepting).ok
            assert (await completing).ok
            assert (await api.conversation("c1"))["state"] == "closed"
            repeated = await anna.complete("c1")
            assert repeated.ok and repeated.already
        with pytest.raises(ApiRefused) as refused:
            await api.cancel("c1")
        assert refused.value.status == 409


async def _complete_when_held(agent: AgentClient, conversation: str) -> Answer:
    await poll_until(lambda: conversation in agent.view.conversations)
    return await agent.complete(conversation)
