"""Simulated agents: what they do follows from what they see, whatever was missed before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest

from app.clients.behaviour import Bot, SeededHabits
from app.clients.link import SessionOver
from tests.waiting import poll_until

from .scripted import Peer, Script, agent_against

OFFER = {"id": "o1", "conversation": "c1"}
TALK = {"id": "c1", "queue": "q"}
NONE = (0.0, 0.0)
LONG = (3600.0, 3600.0)


@asynccontextmanager
async def bot_against(script: Script, **habits: Any) -> AsyncIterator[Bot]:
    """A quick bot who never declines unless told to."""
    quick = {"answer_s": NONE, "work_s": NONE, "wrap_up_s": NONE, "away_s": NONE}
    known = SeededHabits(rng=Random(1), **{**quick, "decline_share": 0.0, **habits})
    async with agent_against(script) as (client, _):
        bot = Bot(client, known)
        working = asyncio.create_task(bot.run())
        yield bot
        working.cancel()
        await asyncio.wait({working})


def running() -> set[str]:
    """The names of all living tasks."""
    return {task.get_name() for task in asyncio.all_tasks()}


async def hear_all(peer: Peer, count: int) -> list[str]:
    """Answer commands; returns what they were, `received` left out."""
    said: list[str] = []
    while len(said) < count:
        frame = await peer.hear()
        await peer.reply(frame)
        if frame["type"] != "received":
            said.append(" ".join(str(value) for key, value in frame.items() if key != "ref"))
    return said


async def test_it_works_through_an_offer_to_the_end_of_the_wrap_up() -> None:
    said: list[str] = []

    async def script(peer: Peer) -> None:
        await peer.welcome(offers=[OFFER])
        said.extend(await hear_all(peer, 2))
        await peer.push("offer_ended", offer="o1", outcome="accepted")
        await peer.push("assigned", conversation=TALK)
        said.extend(await hear_all(peer, 1))
        await peer.push("assigned", conversation={**TALK, "state": "wrapping"})
        said.extend(await hear_all(peer, 1))
        await peer.push("conversation_ended", conversation="c1", reason="wrapped_up")
        await peer.linger()

    async with bot_against(script, wrap_up_s=(0.001, 0.001)) as bot:
        await asyncio.wait_for(bot.quiet(), 20)
    assert sorted(said[:2]) == ["accept o1", "set_presence available "]
    assert said[2:] == ["complete c1", "finish_wrap_up c1"]


async def test_it_takes_up_what_a_snapshot_shows_and_drops_what_is_gone() -> None:
    said: list[str] = []

    async def script(peer: Peer) -> None:
        if peer.number == 1:
            await peer.welcome(offers=[OFFER])
            said.extend(await hear_all(peer, 1))
            await peer.push("assigned", conversation=TALK)
            return await peer.close(4001)
        await peer.welcome(offers=[{"id": "o2", "conversation": "c2"}])
        await hear_all(peer, 0)
        await peer.linger()

    async with bot_against(script, answer_s=LONG, work_s=LONG) as bot:
        await poll_until(lambda: "o2" in bot._client.view.offers)
        await poll_until(lambda: list(bot._tasks) == [("offer", "o2")])
        await poll_until(lambda: not {"offer o1", "conversation c1"} & running())
    assert said == ["set_presence available "]


async def test_it_comes_back_when_overruled_and_obeys_a_new_intent_at_once() -> None:
    said: list[str] = []

    async def script(peer: Peer) -> None:
        await peer.welcome()
        said.extend(await hear_all(peer, 1))
        await peer.push("presence", presence="away", reason="missed", by="system")
        said.extend(await hear_all(peer, 1))
        await peer.push("presence", presence="available", reason="", by="agent:anna")
        said.extend(await hear_all(peer, 1))
        await peer.push("presence", presence="away", reason="shift over", by="agent:anna")
        await peer.linger()

    async with bot_against(script) as bot:
        await poll_until(lambda: len(said) == 2)
        bot.go("away", "shift over")
        await asyncio.wait_for(bot.quiet(), 20)
    assert said == ["set_presence available "] * 2 + ["set_presence away shift over"]


async def test_it_is_not_quiet_while_it_holds_something() -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        await hear_all(peer, 1)
        await peer.push("assigned", conversation=TALK)
        assert await hear_all(peer, 2) == ["set_presence away ", "complete c1"]
        await peer.push("presence", presence="away", reason="", by="agent:anna")
        await peer.push("conversation_ended", conversation="c1", reason="completed")
        await peer.linger()

    async with bot_against(script, work_s=(0.05, 0.05), away_s=LONG) as bot:
        await poll_until(lambda: bot._client.view.conversations)
        bot.go("away")
        assert not bot._quiet.is_set()
        await asyncio.wait_for(bot.quiet(), 20)
        assert bot._client.view.conversations == {}


async def test_it_declines_with_a_reason_the_server_knows() -> None:
    said: list[str] = []

    async def script(peer: Peer) -> None:
        await peer.welcome(offers=[OFFER])
        said.extend(await hear_all(peer, 2))
        await peer.linger()

    async with bot_against(script, decline_share=1.0):
        await poll_until(lambda: len(said) == 2)
    assert "decline o1 busy" in said


async def test_it_ends_when_the_server_lets_it_in_no_more() -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        await peer.close(4503)

    known = SeededHabits(rng=Random(1))
    async with agent_against(script) as (client, _):
        with pytest.raises(ExceptionGroup) as group:
            await asyncio.wait_for(Bot(client, known).run(), 20)
        assert group.group_contains(SessionOver)
