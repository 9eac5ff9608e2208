"""What a gateway passes on arrives whole, in order and bounded; what ends, ends at both ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.gateway.link import NOTE, WINDOW_BYTES, Link, LinkLost, pack
from tests.waiting import poll_until

from .ends import Network, ends_of

REQUEST = {"type": "http.request", "body": b"ab", "more_body": False}


async def shout(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the request's body in capitals."""
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message.get("more_body"):
            break
    headers = [(b"client", str(scope["client"]).encode()), *scope["headers"]]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body.upper()})


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Says what it is told, until the other side is gone."""
    await receive()
    await send({"type": "websocket.accept", "subprotocol": scope["subprotocols"][0]})
    while (message := await receive())["type"] == "websocket.receive":
        if message["text"] == "fail":
            raise ZeroDivisionError
        await send({"type": "websocket.send", "text": message["text"]})


async def test_a_request_arrives_as_it_was_sent() -> None:
    async with ends_of(shout) as ends:
        network = Network(client=("10.0.0.1", 5))
        network.asked.put_nowait({**REQUEST, "more_body": True})
        network.asked.put_nowait(REQUEST)
        await network.serve(ends.front)
        start, body = network.all_said()
        assert start["headers"] == [[b"client", b"('10.0.0.1', 5)"], [b"x-one", b"\xff"]]
        assert body["body"] == b"ABAB"
        assert not len(ends.link)
        await ends.back.finish(1)
        assert not len(ends.back.link)


async def test_many_sockets_keep_their_order_and_are_told_apart() -> None:
    async with ends_of(echo, sockets_max=100) as ends:
        networks = [Network("websocket", subprotocols=["a"]) for _ in range(100)]
        served = [network.serve(ends.front) for network in networks]
        for n, network in enumerate(networks):
            network.asked.put_nowait({"type": "websocket.connect"})
            for k in range(50):
                network.asked.put_nowait({"type": "websocket.receive", "text": f"{n}.{k}"})
        for n, network in enumerate(networks):
            assert (await network.said.get())["type"] == "websocket.accept"
            told = [(await network.said.get())["text"] for _ in range(50)]
            assert told == [f"{n}.{k}" for k in range(50)]
            network.asked.put_nowait({"type": "websocket.disconnect", "code": 1000})
            await served[n]
        assert not len(ends.link)


async def test_a_reader_that_takes_nothing_holds_up_itself_alone() -> None:
    put = 0

    async def pour(scope: Any, receive: Any, send: Any) -> None:
        nonlocal put
        await receive()
        await send({"type": "websocket.accept", "subprotocol": None})
        while put < 1_000:
            await send({"type": "websocket.send", "text": "x" * 1_024})
            put += 1
        await send({"type": "websocket.close", "code": 1000, "reason": ""})

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await (echo if scope["subprotocols"] else pour)(scope, receive, send)

    async with ends_of(app) as ends:
        frozen, lively = (
            Network("websocket", subprotocols=[]),
            Network("websocket", subprotocols="a"),
        )
        for network in (frozen, lively):
            network.asked.put_nowait({"type": "websocket.connect"})
        frozen.open.clear()
        served = [frozen.serve(ends.front), lively.serve(ends.front)]
        for n in range(200):
            lively.asked.put_nowait({"type": "websocket.receive", "text": str(n)})
        assert (await lively.said.get())["type"] == "websocket.accept"
        assert [(await lively.said.get())["text"] for _ in range(200)] == [*map(str, range(200))]
        assert put <= WINDOW_BYTES / 1_024 + 1, "no more is under way than the window takes"
        frozen.open.set()
        await served[0]
        assert len(frozen.all_said()) == 1_002, "and nothing was lost"
        lively.asked.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await served[1]


async def test_while_the_other_end_does_not_read_nothing_heaps_up() -> None:
    async with ends_of(echo) as ends:
        stream = ends.link.begin({"type": "websocket", "path": "/", "subprotocols": ["a"]})
        ends.link.pause_writing()
        waiting = asyncio.create_task(stream.put({"type": "websocket.connect"}))
        await asyncio.wait([waiting], timeout=0)
        assert not waiting.done()
        ends.link.resume_writing()
        await waiting
        accept = await stream.get()
        assert accept is not None and accept["type"] == "websocket.accept"
        await stream.put({"type": "websocket.disconnect", "code": 1000})
        assert await stream.get() is None


async def test_a_message_larger_than_any_window_goes_alone() -> None:
    large = "y" * (WINDOW_BYTES * 40)
    async with ends_of(echo) as ends:
        network = Network("websocket", subprotocols=["a"])
        served = network.serve(ends.front)
        network.asked.put_nowait({"type": "websocket.connect"})
        for text in (large, "after"):
            network.asked.put_nowait({"type": "websocket.receive", "text": text})
        await network.said.get()
        assert (await network.said.get())["text"] == large
        assert (await network.said.get())["text"] == "after"
        network.asked.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await served


async def test_an_application_that_fails_is_told_in_the_protocols_own_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    async with ends_of(broken) as ends:
        network = Network()
        await network.serve(ends.front)
        assert [message.get("status") for message in network.all_said()] == [500, None]
        assert "failed at /" in caplog.text
    async with ends_of(echo) as ends:
        network = Network("websocket", subprotocols=["a"])
        network.asked.put_nowait({"type": "websocket.connect"})
        network.asked.put_nowait({"type": "websocket.receive", "text": "fail"})
        await network.serve(ends.front)
        assert network.all_said()[-1]["code"] == 1011


async def test_an_owner_that_is_gone_is_told_and_the_page_comes_back() -> None:
    async with ends_of(echo) as ends:
        network = Network("websocket", subprotocols=["a"])
        network.asked.put_nowait({"type": "websocket.connect"})
        served = network.serve(ends.front)
        await network.said.get()
        ends.back.link.close()
        await served
        assert network.all_said()[-1]["code"] == 1012
        with pytest.raises(LinkLost):
            ends.link.begin({})
        late = Network("websocket", subprotocols=["a"])
        late.asked.put_nowait({"type": "websocket.connect"})
        await late.serve(ends.front)
        accepted, closed = late.all_said()
        assert (accepted["subprotocol"], closed["code"]) == ("a", 1012)
        asked = Network()
        await asked.serve(ends.front)
        start, _ = asked.all_said()
        assert (start["status"], (b"retry-after", b"1") in start["headers"]) == (503, True)


async def test_a_gateway_that_is_gone_is_a_network_that_is_gone() -> None:
    seen: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while not seen or not seen[-1]["type"].endswith("disconnect"):
            seen.append(await receive())

    async with ends_of(app) as ends:
        network = Network("websocket", subprotocols=["a"])
        network.asked.put_nowait({"type": "websocket.connect"})
        served = network.serve(ends.front)
        await poll_until(lambda: seen)
        ends.link.close()
        await served
        await ends.back.finish(1)
    assert seen[-1] == {"type": "websocket.disconnect", "code": 1006}


async def test_a_gateway_takes_so_many_sockets_and_says_so() -> None:
    async with ends_of(echo, sockets_max=1) as ends:
        first, second = (Network("websocket", subprotocols=["a"]) for _ in range(2))
        for network in (first, second):
            network.asked.put_nowait({"type": "websocket.connect"})
        served = first.serve(ends.front)
        await first.said.get()
        await second.serve(ends.front)
        assert second.all_said()[-1]["code"] == 1013
        first.asked.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await served
        third = Network("websocket", subprotocols=["a"])
        third.asked.put_nowait({"type": "websocket.connect"})
        served = third.serve(ends.front)
        third.asked.put_nowait({"type": "websocket.receive", "text": "a"})
        told = [(await third.said.get())["type"] for _ in range(2)]
        assert told == ["websocket.accept", "websocket.send"], "there is room again"
        third.asked.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await served
        assert ends.noted == [("count", "refusals_total", 1, {"reason": "sockets_max"})]


def test_a_frame_may_come_in_any_pieces() -> None:
    link = Link(says="websocket.send", noted=lambda *said: noted.append(said))
    noted: list[Any] = []
    whole = pack((0, NOTE, ["count", "a", 1, {"b": "c"}])) * 3
    for cut in range(1, len(whole)):
        link.data_received(whole[:cut])
        link.data_received(whole[cut:])
    assert noted == [("count", "a", 1, {"b": "c"})] * 3 * (len(whole) - 1)
