"""The writer's connection: against peers worse than real servers, and behind every kind of URL."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
import trustme

from app.adapters.redis import RedisStore
from app.adapters.redis.address import Address
from app.adapters.redis.link import Link, Refused
from app.ports import START, StoreUnavailable, StoreUncertain
from tests.adapters.machine import PROGRAMS, Machine, free_port, program

TTL_MS = 60_000
PATIENT_S = 60.0
GREETING_LINES = 7

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def link_to(peer: Peer, *, timeout_s: float = PATIENT_S) -> AsyncIterator[Link]:
    """A link to a server that greets properly and then behaves as told."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(GREETING_LINES):
            await reader.readline()
        writer.write(b"+OK\r\n")
        try:
            await peer(reader, writer)
        finally:
            writer.close()

    with tempfile.TemporaryDirectory(prefix="il-") as directory:
        path = f"{directory}/s"
        server = await asyncio.start_unix_server(serve, path)
        link = Link(Address.parse(path), timeout_s=timeout_s, connect_timeout_s=PATIENT_S, name="t")
        try:
            yield link
        finally:
            await link.aclose()
            server.close()


async def test_no_answer_in_time_is_uncertain_for_all_who_wait() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with link_to(silent, timeout_s=0.05) as link:
        first, second = await asyncio.gather(
            link.call(b"ONE"), link.call(b"TWO"), return_exceptions=True
        )
        assert isinstance(first, StoreUncertain)
        assert isinstance(second, StoreUncertain)


async def test_half_an_answer_is_uncertain() -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"$100\r\nOK")

    async with link_to(half) as link:
        with pytest.raises(StoreUncertain, match="lost before the answer"):
            await link.call(b"PING")


async def test_an_answer_that_makes_no_sense_is_uncertain() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"<html>\r\n")
        await reader.read()

    async with link_to(babble) as link:
        with pytest.raises(StoreUncertain, match="makes no sense"):
            await link.call(b"PING")


async def test_an_answer_nobody_asked_for_is_not_taken_for_the_next_one() -> None:
    async def too_many(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"+first\r\n+unasked\r\n")
        await reader.read()

    async with link_to(too_many) as link:
        assert await link.call(b"ONE") == b"first"
        assert await link.call(b"TWO") == b"first"  # on a new connection


async def test_answers_keep_their_order_when_a_caller_leaves() -> None:
    go = asyncio.Event()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await go.wait()
        while line := await reader.readline():
            if line[:1].isalpha():
                writer.write(b"+" + line)

    async with link_to(echo) as link:
        calls = [asyncio.create_task(link.call(word)) for word in (b"A", b"B", b"C")]
        await asyncio.sleep(0)
        calls[1].cancel()
        go.set()
        assert await calls[0] == b"A"
        assert await calls[2] == b"C"


async def test_a_peer_that_never_greets_is_unavailable() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    with tempfile.TemporaryDirectory(prefix="il-") as directory:
        path = f"{directory}/s"
        server = await asyncio.start_unix_server(mute, path)
        link = Link(Address.parse(path), timeout_s=PATIENT_S, connect_timeout_s=0.05, name="t")
        try:
            with pytest.raises(StoreUnavailable, match="cannot connect"):
                await link.call(b"PING")
        finally:
            await link.aclose()
            server.close()


async def test_callers_share_one_opening() -> None:
    greeted = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal greeted
        greeted += 1
        while line := await reader.readline():
            if line.startswith(b"PING"):
                writer.write(b"+PONG\r\n")

    async with link_to(answer) as link:
        replies = await asyncio.gather(*(link.call(b"PING") for _ in range(10)))
        assert replies == [b"PONG"] * 10
        assert greeted == 1


async def test_cancelling_the_opening_leaves_the_link_usable() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if line.startswith(b"PING"):
                writer.write(b"+PONG\r\n")

    async with link_to(answer) as link:
        opening = asyncio.create_task(link.call(b"PING"))
        await asyncio.sleep(0)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert await link.call(b"PING") == b"PONG"


async def try_out(url: str) -> None:
    """Writer and reader both work behind this URL."""
    async with aclosing(RedisStore(url, timeout_s=PATIENT_S)) as store:
        owner = await store.lease.acquire("a", TTL_MS)
        end = await store.log.append(owner, START, [b"x"])
        assert [entry async for entry in store.log.read(START)] == [(end, b"x")]


@pytest.mark.parametrize("name", PROGRAMS)
async def test_tcp_with_password_and_database(name: str) -> None:
    port = free_port()
    with Machine(program(name), port=str(port), requirepass="p@ss wörd") as machine:
        await try_out(f"redis://:p%40ss%20w%C3%B6rd@127.0.0.1:{port}/3")
        assert "db3:keys=" in str(info_keyspace(machine))
        with pytest.raises(StoreUnavailable, match="WRONGPASS") as refused:
            await try_out(f"redis://:secret@127.0.0.1:{port}")
        assert "secret" not in str(refused.value)
        with pytest.raises(StoreUnavailable, match="NOAUTH"):
            await try_out(f"redis://127.0.0.1:{port}")


def info_keyspace(machine: Machine) -> object:
    with machine.admin() as admin:
        admin.response_callbacks.clear()
        return admin.execute_command("INFO", "keyspace")


@pytest.mark.parametrize("name", PROGRAMS)
async def test_a_user_with_limited_rights(name: str) -> None:
    with Machine(program(name)) as machine:
        machine.say("ACL", "SETUSER", "app", "on", ">pw", "~{main}:*", "+@all", "-config")
        await try_out(f"unix://app:pw@{machine.socket}")
        machine.say("ACL", "SETUSER", "app", "-evalsha")
        async with aclosing(RedisStore(f"unix://app:pw@{machine.socket}")) as store:
            with pytest.raises(StoreUnavailable, match="NOPERM"):
                await store.lease.acquire("a", TTL_MS)


async def test_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(tmp_path / "ca")
    certificate.private_key_pem.write_to_path(tmp_path / "key")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert")
    port = free_port()
    options = {
        "tls_port": str(port),
        "tls_ca_cert_file": str(tmp_path / "ca"),
        "tls_cert_file": str(tmp_path / "cert"),
        "tls_key_file": str(tmp_path / "key"),
        "tls_auth_clients": "no",
    }
    with Machine(program("redis"), **options):
        await try_out(f"rediss://127.0.0.1:{port}?ssl_ca_certs={tmp_path / 'ca'}")
        with pytest.raises(StoreUnavailable, match="certificate verify failed"):
            await try_out(f"rediss://127.0.0.1:{port}")


@pytest.mark.parametrize("url", ["http://localhost", "localhost:6379", "", "redis://h:x"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        Address.parse(url)


def test_an_address_shows_no_password() -> None:
    assert str(Address.parse("redis://u:secret@db.example:7000/2")) == "db.example:7000"
    assert str(Address.parse("unix://u:secret@/run/s")) == "/run/s"
    assert "secret" not in repr(Address.parse("redis://u:secret@db.example:7000/2"))


@pytest.mark.parametrize("workspace", ["", "a{b", "a}b"])
def test_a_workspace_that_breaks_the_hash_tag_is_refused(workspace: str) -> None:
    with pytest.raises(ValueError, match="workspace"):
        RedisStore("redis://localhost", workspace)


async def test_errors_of_the_server_keep_their_code() -> None:
    with Machine(program("valkey")) as machine:
        link = Link(
            Address.parse(machine.socket), timeout_s=PATIENT_S, connect_timeout_s=1, name="t"
        )
        async with aclosing(link):
            with pytest.raises(Refused) as refused:
                await link.call(b"EVALSHA", b"0" * 40, b"0")
            assert refused.value.code == "NOSCRIPT"
