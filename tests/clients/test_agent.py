"""The agent's client against a server that breaks by script: no command lost, none said in vain."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.clients.agent import BAD_TICKETS_MAX
from app.clients.link import SessionOver
from tests.waiting import poll_until

from .scripted import Peer, agent_against, granted

OFFER = {"id": "o1", "conversation": "c1"}


async def test_it_confirms_offers_answers_pings_and_keeps_secrets_out_of_the_journal() -> None:
    heard: list[dict[str, Any]] = []

    async def script(peer: Peer) -> None:
        hello = await peer.welcome(offers=[OFFER])
        assert hello["ticket"] == "t0" and "resume" not in hello
        await peer.push("offer", offer={"id": "o2"})
        await peer.push("ping", ping=7)
        heard.extend([await peer.hear() for _ in range(3)])
        await peer.linger()

    async with agent_against(script) as (client, journal):
        await poll_until(lambda: len(heard) == 3)
        assert set(client.view.offers) == {"o1", "o2"} and client.connected
    assert [(one["type"], one.get("offer", one.get("ping"))) for one in heard] == [
        ("received", "o1"),
        ("received", "o2"),
        ("pong", 7),
    ]
    stamps = [entry["at_ns"] for entry in journal.entries]
    assert stamps == sorted(stamps)
    assert [entry["event"] for entry in journal.entries[:4]] == [
        "sent", "received", "connected", "received"
    ]  # fmt: skip
    assert "t0" not in str(journal.entries) and "'x'" not in str(journal.entries)


async def test_an_open_command_is_said_again_after_a_resume_and_pending_is_waited_through() -> None:
    refs: list[str] = []

    async def script(peer: Peer) -> None:
        if peer.number == 1:
            await peer.welcome(offers=[OFFER])
            await peer.hear()
            refs.append((await peer.hear())["ref"])
            peer.cut()
            return
        hello = await peer.welcome(resumed=True)
        assert hello["resume"] == {"session": "s", "secret": "x", "gen": "g", "seq": 1}
        assert hello["ticket"] == "t1"
        received, accept = await peer.hear(), await peer.hear()
        assert (received["type"], accept["type"], accept["offer"]) == ("received", "accept", "o1")
        refs.append(accept["ref"])
        await peer.reply(accept, ok=False, code="pending", message="", temporary=True)
        await peer.reply(accept, already=True)
        await peer.linger()

    async with agent_against(script) as (client, _):
        await poll_until(lambda: client.view.offers)
        answer = await client.accept("o1")
        assert answer.ok and answer.already
    assert len(set(refs)) == 1


async def test_a_command_said_while_there_is_no_connection_waits_for_one() -> None:
    said: list[str] = []
    gate = asyncio.Event()

    async def script(peer: Peer) -> None:
        await gate.wait()
        await peer.welcome()
        for _ in range(2):
            frame = await peer.hear()
            said.append(frame["presence"])
            await peer.reply(frame)
        await peer.linger()

    async with agent_against(script) as (client, _):
        first = asyncio.create_task(client.set_presence("available"))
        await asyncio.sleep(0)
        second = asyncio.create_task(client.set_presence("away", "lunch"))
        await asyncio.sleep(0)
        gate.set()
        assert (await first).ok and (await second).ok
    assert said == ["available", "away"]


async def test_trouble_of_the_server_is_waited_out_and_other_refusals_are_final() -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        for code, temporary in (("store_unavailable", True), ("offer_expired", False)):
            frame = await peer.hear()
            await peer.reply(frame, ok=False, code=code, message="no", temporary=temporary)
        await peer.linger()

    async with agent_against(script) as (client, _):
        answer = await client.accept("o1")
    assert (answer.ok, answer.code, answer.message) == (False, "offer_expired", "no")


async def test_a_replay_brings_what_was_missed_and_no_push_is_taken_twice() -> None:
    async def script(peer: Peer) -> None:
        if peer.number == 1:
            await peer.welcome()
            await peer.push("offer", offer=OFFER)
            await peer.hear()
            return await peer.close(1012)
        await peer.welcome(resumed=True)
        peer.seq -= 1
        await peer.push("offer", offer={"id": "repeated"})
        await peer.push("offer_ended", offer="o1", outcome="timed_out")
        await peer.push("presence", presence="away", by="system")
        await peer.linger()

    async with agent_against(script) as (client, _):
        await poll_until(lambda: client.view.presence == "away")
        assert client.view.offers == {}


async def test_a_gap_and_a_refused_resume_end_in_a_snapshot() -> None:
    hellos: list[dict[str, Any]] = []

    async def script(peer: Peer) -> None:
        if peer.number == 2:
            hellos.append(await peer.hello())
            return await peer.close(4001)
        hellos.append(await peer.welcome())
        if peer.number == 1:
            return await peer.close(4009)
        if peer.number == 3:
            peer.seq += 1
            await peer.push("offer", offer=OFFER)
        await peer.linger()

    async with agent_against(script) as (client, _):
        await poll_until(lambda: len(hellos) == 4 and client.connected)
        assert client.view.offers == {}
    assert ["resume" in hello for hello in hellos] == [False, True, False, False]


async def test_a_snapshot_makes_old_confirmations_moot() -> None:
    said: list[str] = []

    async def script(peer: Peer) -> None:
        if peer.number == 1:
            await peer.welcome(offers=[OFFER])
            await peer.hear()
            return await peer.close(4001)
        await peer.welcome()
        frame = await peer.hear()
        said.append(frame["type"])
        await peer.reply(frame)
        await peer.linger()

    async with agent_against(script) as (client, journal):
        await poll_until(lambda: [one["event"] for one in journal.entries].count("connected") == 2)
        assert (await client.set_presence("away")).ok
    assert said == ["set_presence"]


async def test_a_silent_server_is_left_for_a_new_connection() -> None:
    numbers: list[int] = []

    async def script(peer: Peer) -> None:
        numbers.append(peer.number)
        await peer.welcome(ping_ms=20)
        await peer.linger()

    async with agent_against(script):
        await poll_until(lambda: len(numbers) >= 3)


async def test_a_server_that_never_answers_hello_is_left() -> None:
    numbers: list[int] = []

    async def script(peer: Peer) -> None:
        numbers.append(peer.number)
        await peer.linger()

    async with agent_against(script, answer_s=0.05):
        await poll_until(lambda: len(numbers) >= 3)


async def test_a_draining_server_is_given_the_time_it_asked_for() -> None:
    came_at: list[float] = []
    clock = asyncio.get_running_loop().time

    async def script(peer: Peer) -> None:
        came_at.append(clock())
        await peer.welcome()
        if peer.number == 1:
            await peer.push("draining", reconnect_in_ms=300)
            came_at.append(clock())
            return await peer.close(1012)
        await peer.linger()

    async with agent_against(script):
        await poll_until(lambda: len(came_at) == 3)
    assert came_at[2] - came_at[1] >= 0.29


@pytest.mark.parametrize("code", [4501, 4502, 4503, 4506, 4999, 1000])
async def test_it_stays_away_when_told_to_and_says_so(code: int) -> None:
    numbers: list[int] = []

    async def script(peer: Peer) -> None:
        numbers.append(peer.number)
        await peer.welcome()
        await peer.hear()
        await peer.close(code)

    async with agent_against(script) as (client, _):
        with pytest.raises(SessionOver) as over:
            await client.accept("o1")
        assert over.value.code == code
        for waiting in (client.changed(), client.accept("o2"), anext(client.pushes())):
            with pytest.raises(SessionOver):
                await waiting
    assert numbers == [1]


async def test_a_bad_ticket_is_tried_again_with_new_ones_but_not_for_ever() -> None:
    tickets: list[str] = []

    async def script(peer: Peer) -> None:
        tickets.append((await peer.hello())["ticket"])
        await peer.close(4500)

    async with agent_against(script) as (client, _):
        with pytest.raises(SessionOver):
            await client.accept("o1")
    assert tickets == [f"t{number}" for number in range(BAD_TICKETS_MAX)]


async def test_a_refused_hello_is_tried_again_without_the_session() -> None:
    resumes: list[bool] = []

    async def script(peer: Peer) -> None:
        if peer.number == 1:
            await peer.welcome()
            return await peer.close(4009)
        hello = await peer.hello()
        resumes.append("resume" in hello)
        if peer.number == 2:
            await peer.reply(hello, ok=False, code="overloaded", message="", temporary=True)
        elif peer.number == 3:
            await peer.reply(hello, **granted("replay"))
        else:
            await peer.reply(hello, **granted("snapshot"))
            await peer.linger()

    async with agent_against(script) as (client, _):
        await poll_until(lambda: len(resumes) == 3 and client.connected)
    assert resumes == [True, False, False]


async def test_leaving_says_goodbye_and_fails_what_is_open() -> None:
    codes: list[int | None] = []

    async def script(peer: Peer) -> None:
        await peer.welcome()
        await peer.hear()
        codes.append(await peer.linger())

    async with agent_against(script) as (client, _):
        waiting = asyncio.create_task(client.accept("o1"))
        await poll_until(lambda: client.connected)
        await asyncio.sleep(0)
    with pytest.raises(SessionOver):
        await waiting
    assert codes == [1000]


async def test_pushes_are_handed_out_in_order() -> None:
    gate = asyncio.Event()

    async def script(peer: Peer) -> None:
        await gate.wait()
        await peer.welcome()
        for number in range(5):
            await peer.push("ping", ping=number)
        await peer.linger()

    async with agent_against(script) as (client, _):
        heard: list[dict[str, Any]] = []

        async def listen() -> None:
            async for push in client.pushes():
                heard.append(push)

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0)
        gate.set()
        await poll_until(lambda: len(heard) == 6)
        listening.cancel()
    assert [push["type"] for push in heard] == ["snapshot"] + ["ping"] * 5
    assert [push.get("ping") for push in heard[1:]] == [0, 1, 2, 3, 4]


async def test_the_newer_commands_go_out_as_the_protocol_has_them() -> None:
    said: list[dict[str, Any]] = []

    async def script(peer: Peer) -> None:
        await peer.welcome()
        for _ in range(6):
            frame = await peer.hear()
            said.append({name: value for name, value in frame.items() if name != "ref"})
            await peer.reply(frame, position="1-1", conversation="c1")
        await peer.linger()

    async with agent_against(script) as (client, _):
        await client.set_presence("lunch", "hungry", after_work=True)
        await client.set_presence("away")
        assert (await client.pull("q")).conversation == "c1"
        await client.pull("q", "c1")
        await client.note_activity("c1")
        await client.note_activity("c1", idle=True)
    assert said == [
        {"type": "set_presence", "presence": "lunch", "reason": "hungry", "after_work": True},
        {"type": "set_presence", "presence": "away", "reason": ""},
        {"type": "pull", "queue": "q"},
        {"type": "pull", "queue": "q", "conversation": "c1"},
        {"type": "activity", "conversation": "c1"},
        {"type": "activity", "conversation": "c1", "idle": True},
    ]


async def test_the_view_follows_presence_plan_and_silence() -> None:
    plan = {"presence": "away", "custom_presence": None, "reason": "", "by": "agent:anna"}
    told = {"presence": "available", "custom_presence": "mail-only", "reason": "", "by": "x"}

    async def script(peer: Peer) -> None:
        await peer.welcome()
        await peer.push("presence", **told, plan=plan, channels=["mail"])
        await peer.push("assigned", conversation={"id": "c1", "idle": False})
        await peer.push("conversation_changed", conversation={"id": "c1", "idle": True})
        await peer.linger()

    async with agent_against(script) as (client, _):
        view = client.view
        await poll_until(lambda: view.conversations.get("c1", {}).get("idle"))
        assert (view.presence, view.custom_presence) == ("available", "mail-only")
        assert (view.plan, view.channels) == (plan, ["mail"])
