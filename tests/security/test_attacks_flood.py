"""Too many, too slow, too much: each costs itself, and whoever has a right to be there is served.

The number of silent sockets is ``INTERLOCK_ATTACK_SOCKETS`` (300; the long form is 10,000, for
which this process and the server need that many open files).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from ..conformance.client import body_of, eventually, problem
from ..conformance.desk import Desk, offered
from ..conformance.process import Server
from .conftest import CALLS, PER_USER, STRANGERS
from .raw import PING, Raw, frame, text

SILENT = int(os.environ.get("INTERLOCK_ATTACK_SOCKETS", "300"))
AT_ONCE = 50
GROWTH_KIB = 64
"""What one silent socket may cost at most, with everything that lies about for it."""


def resident_kib(server: Server) -> int:
    """The memory of the server's process."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0])


def open_files(server: Server) -> int:
    """How many files and sockets the process holds."""
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


async def refusals(desk: Desk) -> dict[str, float]:
    """What was refused until now, by setting."""
    told = (await desk.api.get("/metrics")).text
    lines = re.findall(r'^interlock_refusals_total\{reason="(\w+)"\} (\S+)', told, re.MULTILINE)
    return {reason: float(count) for reason, count in lines}


@contextlib.asynccontextmanager
async def crowd(number: int, make: Callable[[], Awaitable[Raw]]) -> AsyncIterator[list[Raw]]:
    """So many connections, not all opened in one moment; all are cut at the end."""
    turns = asyncio.Semaphore(AT_ONCE)
    made: list[Raw] = []

    async def one() -> None:
        async with turns:
            made.append(await make())

    try:
        await asyncio.gather(*(one() for _ in range(number)))
        yield made
    finally:
        for raw in made:
            raw.cut()


async def back_to(server: Server, files: int) -> None:
    """Wait until the server holds no more files than before."""

    async def probe() -> bool:
        return open_files(server) <= files + 2

    await eventually(probe, f"the server lets go of all but {files} files", within_s=30)


async def test_a_crowd_of_silent_sockets_keeps_nobody_away(desk: Desk, target: Server) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    before, files, kib = await refusals(desk), open_files(target), resident_kib(target)
    async with crowd(SILENT, lambda: Raw.socket(target.base)) as silent:
        socket = await desk.online(anna)
        made = await desk.create(queue)
        await offered(socket, made)
        grown = resident_kib(target) - kib
        print(f"{SILENT} silent sockets: {grown / SILENT:.1f} KiB each")
        assert grown < GROWTH_KIB * SILENT + 8_192
        codes = {code for _, code in await asyncio.gather(*(raw.all() for raw in silent))}
        assert codes <= {4500, 1013}, codes
    after = await refusals(desk)
    ends = ("hello_ms", "strangers_max", "strangers_per_address")
    assert sum(after[end] - before[end] for end in ends) == SILENT
    await back_to(target, files + 1)


async def test_of_a_crowd_the_one_that_was_silent_longest_goes(desk: Desk, target: Server) -> None:
    before = await refusals(desk)
    async with crowd(STRANGERS, lambda: Raw.socket(target.base)) as silent:
        first = [asyncio.create_task(raw.all()) for raw in silent]
        while not (gone := [task.result()[1] for task in first if task.done()]):
            silent.append(await Raw.socket(target.base))
        assert set(gone) == {1013}
        assert (await refusals(desk))["strangers_per_address"] > before["strangers_per_address"]
        await asyncio.gather(*first)


SLOW = {
    "a head, byte by byte": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"a" * 10_000,
    "a further head": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nX: ",
    "a body": b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n",
    "chunks": b"POST /v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a body that nobody reads": b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n",
    "nothing": b"",
}
AT_ONCE_SENT = {"a head, byte by byte": 40}
DRIP = {"chunks": b"1\r\nx\r\n", "nothing": b""}


async def drip(base: str, name: str) -> bytes:
    """Send the beginning, then a byte every now and then; what was answered until the end."""
    said, dripped = SLOW[name], DRIP.get(name, b"a")
    async with await Raw.open(base) as raw:
        await raw.write(said[: AT_ONCE_SENT.get(name, len(said))])
        end = asyncio.create_task(raw.hung_up(20))
        while not end.done():
            await asyncio.wait((end,), timeout=0.05)
            if dripped and not end.done():
                await raw.write(dripped)
        return end.result()


async def test_who_drips_is_cut_off_and_told(desk: Desk, target: Server) -> None:
    before, files = await refusals(desk), open_files(target)
    names = [name for name in SLOW for _ in range(4)]
    answers = await asyncio.gather(*(drip(target.base, name) for name in names))
    for name, answer in zip(names, answers, strict=True):
        wanted = b"" if name == "nothing" else b" 408 "
        if name == "a body that nobody reads":
            wanted = b" 200 "
        assert wanted in answer, (name, answer)
        assert answer or name == "nothing", name
        assert (b"request_timeout" in answer) == (wanted == b" 408 "), (name, answer)
    after = await refusals(desk)
    assert after["header_ms"] - before["header_ms"] >= 8
    assert after["body_ms"] - before["body_ms"] >= 8
    assert after["connection_silent"] > before["connection_silent"]
    await back_to(target, files)


async def test_a_reader_that_is_frozen_is_lost_and_holds_nobody_up(
    desk: Desk, target: Server
) -> None:
    """Its window is full: the transport would wait for ever, and what is for it heaps up."""
    queue = await desk.queue(offer={"strategy": "all_at_once", "fan_out": 2, "timeout_ms": 60_000})
    anna, bob = await desk.agent("anna", queue, chats=99), await desk.agent("bob", queue, chats=99)
    his, before, files = await desk.online(bob), await refusals(desk), open_files(target)
    hello = {"type": "hello", "ref": "h", "ticket": await desk.ticket(agent=anna)}
    frozen = await Raw.socket(target.base, buffer=2_048)
    await frozen.write(text(hello))

    try:
        await frozen.hear()
        frozen.writer.transport.pause_reading()
        await frozen.write(text({"type": "set_presence", "ref": "p", "presence": "available"}))

        async def is_(word: str, *wanted: object) -> bool:
            return (await desk.board_agent(anna))[word] in wanted

        await eventually(lambda: is_("routable", True), "she is available")
        for _ in range(40):
            made = await desk.create(queue, customer={"name": "x", "note": "y" * 12_000})
            await offered(his, made)
        await eventually(lambda: is_("connection", "grace", "lost"), "she counts as lost")
        after = await refusals(desk)
        causes = ("send_deadline_ms", "outbox_bytes_max", "outbox_frames_max")
        assert sum(after[one] - before[one] for one in causes) >= 1
        await back_to(target, files)
    finally:
        frozen.cut()


async def test_pongs_that_nobody_reads_do_not_heap_up(desk: Desk, target: Server) -> None:
    files, kib, before = open_files(target), resident_kib(target), await refusals(desk)
    flood = frame(PING, b"x" * 125) * 16_000
    async with crowd(8, lambda: Raw.socket(target.base, buffer=2_048)) as deaf:
        for raw in deaf:
            raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.gather(*(raw.write(flood) for raw in deaf))
        assert (await refusals(desk))["frames_per_s"] - before["frames_per_s"] == len(deaf)
        assert resident_kib(target) - kib < 4_096
    await back_to(target, files)


async def test_a_user_opens_so_many_sockets_and_no_more(desk: Desk) -> None:
    anna = await desk.agent("anna", await desk.queue())
    for _ in range(PER_USER):
        await (await desk.connect(anna)).leave()
    late = await desk.socket()
    assert await late.first_of(await late.say_hello(await desk.ticket(agent=anna))) == 4408
    boards = [await desk.supervisor() for _ in range(12)]
    more = await desk.socket()
    assert await more.first_of(await more.say_hello(await desk.ticket("supervisor"))) == 1013
    await boards[0][0].leave()

    async def room() -> bool:
        again = await desk.socket()
        said = await again.first_of(await again.say_hello(await desk.ticket("supervisor")))
        return isinstance(said, dict)

    await eventually(room, "whoever leaves makes room")


async def test_a_caller_in_a_loop_is_slowed_down_and_nobody_else(desk: Desk) -> None:
    anna = await desk.agent("anna", await desk.queue())
    for role, agent, path in (
        ("agent", anna, f"/v1/agents/{anna}/offers"),
        ("ingest", None, "/v1/conversations/none"),
    ):
        body = {"role": role, "name": "loop", **({"agent": agent} if agent else {})}
        key = body_of(await desk.api.post("/v1/keys", json=body), 201)["key"]
        async with desk.api_with(key) as hers:
            answers = [await hers.get(path) for _ in range(CALLS + 8)]
            assert {answer.status_code for answer in answers[: CALLS // 2]} <= {200, 404}
            refused = problem(answers[-1], 429)
            assert refused["code"] == "rate_limited"
            assert int(answers[-1].headers["retry-after"]) >= 1
    assert (await desk.api.get("/v1/board")).status_code == 200


async def offer_ms(desk: Desk, rounds: int) -> float:
    """How long a conversation takes to its offer, by the median."""
    queue = await desk.queue("timed")
    socket = await desk.online(await desk.agent("timed", queue, chats=99))
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        made = await desk.create(queue)
        await offered(socket, made)
        took.append(1_000 * (time.perf_counter() - began))
    return statistics.median(took)


async def test_a_flood_by_one_user_is_not_felt_by_the_others(desk: Desk, target: Server) -> None:
    """Printed and not held to: on a busy machine the client is the slower half."""
    mallory = await desk.agent("mallory", await desk.queue())
    body = {"role": "agent", "name": "flood", "agent": mallory}
    key = body_of(await desk.api.post("/v1/keys", json=body), 201)["key"]
    calm_ms = await offer_ms(desk, 15)
    over = asyncio.Event()

    async def calls() -> None:
        async with desk.api_with(key) as hers:
            while not over.is_set():
                await hers.get(f"/v1/agents/{mallory}/offers")

    async def frames() -> None:
        while not over.is_set():
            async with await Raw.socket(target.base) as raw:
                await raw.write(text({"type": "hello", "ref": 1, "ticket": "x"}) * 200)
                await raw.all()

    floods = [asyncio.create_task(one()) for one in (calls, calls, frames, frames)]
    try:
        flooded_ms = await offer_ms(desk, 15)
    finally:
        over.set()
        await asyncio.gather(*floods)
    print(f"an offer takes {calm_ms:.1f} ms, under the flood {flooded_ms / calm_ms:.1f} times that")


async def test_after_all_of_it_nothing_is_left(desk: Desk, target: Server, ground: Path) -> None:
    async def empty() -> bool:
        told = (await desk.api.get("/metrics")).text
        lines = re.findall(r"^interlock_sockets\{[^}]*\} (\S+)", told, re.MULTILINE)
        return bool(lines) and not sum(map(float, lines))

    await eventually(empty, "no socket is open", within_s=30)
    log = (ground / "stderr.log").read_text(encoding="utf-8")
    assert "Traceback" not in log, log[-4_000:]
    assert (await desk.api.get("/readyz")).status_code == 200
