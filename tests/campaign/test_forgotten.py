"""An external store that was emptied or set back while nobody ran: a note beside the server tells.

Inside such a store nothing can: it looks like a new one, or like itself an hour ago.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from app.adapters.embedded.binary import NoServerBinary
from app.campaign.machine import ADMIN_KEY, WORKSPACE, Late, Server, Store, until
from app.main.mark import Mark
from app.main.node import StartFailed
from app.ports import Position

LOG = f"{{{WORKSPACE}}}:log"


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[tuple[Store, Server]]:
    try:
        store = Store()
    except NoServerBinary:
        pytest.skip("no valkey or redis server program")
    async with store:
        server = Server(tmp_path, store)
        yield store, server
        if server.alive:
            await server.end()


def note_of(server: Server) -> Path:
    (found,) = server.log.parent.glob("server.data/log.*")
    return found


async def ask(server: Server, path: str) -> dict:  # type: ignore[type-arg]
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    async with httpx2.AsyncClient(base_url=server.base, headers=headers, trust_env=False) as http:
        answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    found: dict = answer.json()  # type: ignore[type-arg]
    return found


async def put_queue(server: Server) -> None:
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    async with httpx2.AsyncClient(base_url=server.base, headers=headers, trust_env=False) as http:
        answer = await http.put("/v1/queues/kept", json={"name": "Kept"})
    assert answer.is_success, answer.text


async def test_an_emptied_store_is_refused_until_somebody_says_that_it_is_new(
    pair: tuple[Store, Server],
) -> None:
    store, server = pair
    await server.start()
    await put_queue(server)
    assert await server.end() == 0
    with store.admin() as admin:
        admin.flushall()
        for _ in range(2):  # A supervisor that starts it again gets no further.
            with pytest.raises(Late, match=r"the server ended[\s\S]*the log of default vanished"):
                await server.start()
            assert not admin.exists(LOG), "nothing is begun where a log was"
        note = note_of(server)
        assert str(note) in server.tail(), "the remedy names the file"
        note.unlink()
        await server.start()
    assert not (await ask(server, "/v1/queues"))["queues"]


async def test_a_store_that_was_set_back_is_served_and_told_about(
    pair: tuple[Store, Server],
) -> None:
    store, server = pair
    await server.start()
    with store.admin() as admin:
        before = {key: admin.dump(key) for key in admin.keys(f"{{{WORKSPACE}}}:*")}
        await put_queue(server)
        gen, end = note_of(server).read_text().split()
        far = str(admin.xinfo_stream(LOG)["last-generated-id"].decode())
        await until(lambda: note_of(server).read_text().split() == [gen, far], f"noted {far}")
        assert Position.parse(end) < Position.parse(far)
        assert await server.end() == 0
        admin.flushall()
        for key, dumped in before.items():
            admin.restore(key, 0, dumped)
    await server.start()

    async def told() -> list[dict]:  # type: ignore[type-arg]
        found = (await ask(server, "/v1/incidents"))["incidents"]
        return [one for one in found if one["cause"] == "lost_tail"]

    (incident,) = await until(told, "an incident")
    assert far in str(incident), "it says what is missing"
    assert not (await ask(server, "/v1/queues"))["queues"]


def test_a_note_that_cannot_be_written_is_said_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data").write_text("a file")
    mark = Mark(tmp_path / "data" / "log.default")
    with caplog.at_level(logging.WARNING):
        mark.note("g", Position(1, 1))
        mark.note("g", Position(1, 2))
    assert [record.message.count("emptied store") for record in caplog.records] == [1]


def test_a_note_survives_as_it_was_written_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "log.default"
    Mark(path).note("g", Position(3, 7))
    again = Mark(path)
    assert (again.gen, again.end) == ("g", Position(3, 7))
    path.write_text("only-the-log\n")
    assert Mark(path).gen == "only-the-log"
    path.write_bytes(b"g\nnot a place\xff")
    with pytest.raises(StartFailed, match=r"log\.default cannot be read.*mend or remove"):
        Mark(path)
