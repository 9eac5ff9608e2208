"""The user of ``config/redis-acl.conf``, over TLS: it suffices for us, and opens nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import re
import signal
import ssl
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
import redis

from app.adapters.redis import RedisStore, StoreUnfit
from app.adapters.redis.keys import Keys
from app.config import Settings
from app.ports import Position, Store, StoreHeld, StoreUnavailable, StoreUncertain
from tests.adapters.machine import Machine, free_port, program
from tests.conformance.process import ADMIN_KEY, Server
from tests.security.authority import Authority
from tests.security.serving import Caller
from tests.waiting import poll_until_blocking

FILE = Path(__file__).resolve().parents[2] / "config" / "redis-acl.conf"
PASSWORD = "a-long-one:with/odd@characters"
QUOTED = "a-long-one%3Awith%2Fodd%40characters"
WORKSPACE = Settings().workspace.id


class Guarded:
    """A Redis with TLS only, our ACL, and the certificates of both sides."""

    def __init__(self, machine: Machine, issued: Authority, port: int) -> None:
        self.machine, self.issued, self.port = machine, issued, port

    def settings(self, db: int = 0, **more: str) -> Settings:
        url = f"rediss://interlock:{QUOTED}@localhost:{self.port}/{db}"
        tls = {
            "tls_ca": str(self.issued.root),
            "tls_cert": str(self.issued.cert),
            "tls_key": str(self.issued.key),
        }
        return Settings.merged({"redis": {"url": url, **tls, **more}})

    def store(self, db: int = 0, replicas: int = 0) -> RedisStore:
        location = self.settings(db).redis.location
        return RedisStore(location, WORKSPACE, replicas=replicas, timeout_s=2)

    def stranger(self) -> redis.Redis:
        """Whoever got hold of the password."""
        return redis.Redis.from_url(self.settings().redis.location, protocol=2)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("acl")
    digest = hashlib.sha256(PASSWORD.encode()).hexdigest()
    text = FILE.read_text().replace("PUT-THE-SHA256-OF-THE-PASSWORD-HERE", digest)
    (folder / "acl.conf").write_text(text)
    issued, port = Authority(folder), free_port()
    options = {
        "include": str(folder / "acl.conf"),
        "tls-port": str(port),
        "tls-cert-file": str(issued.cert),
        "tls-key-file": str(issued.key),
        "tls-ca-cert-file": str(issued.root),
        "tls-auth-clients": "yes",
    }
    with Machine(program("redis"), **options) as machine:
        yield Guarded(machine, issued, port)


def test_a_whole_server_runs_so_and_speaks_tls_itself(guarded: Guarded, tmp_path: Path) -> None:
    whole = guarded.settings().redis
    (tmp_path / "url").write_text(whole.url)
    (tmp_path / "server").mkdir()
    own = Authority(tmp_path / "server")
    env = {
        "INTERLOCK_REDIS__URL_FILE": str(tmp_path / "url"),
        "INTERLOCK_REDIS__TLS_CA": whole.tls_ca,
        "INTERLOCK_REDIS__TLS_CERT": whole.tls_cert,
        "INTERLOCK_REDIS__TLS_KEY": whole.tls_key,
        "INTERLOCK_SERVER__TLS_CERT": str(own.cert),
        "INTERLOCK_SERVER__TLS_KEY": str(own.key),
        "INTERLOCK_SERVER__DRAIN_MS": "0",
    }
    server = Server(tmp_path, env=env, trust=own.trust()).start()
    try:
        assert server.base.startswith("https://127.0.0.1:")
        asyncio.run(Caller(server.base, own.trust(), key=ADMIN_KEY).work())
        before, new = shown(server.base), own.issue()
        server.signal(signal.SIGHUP)
        assert poll_until_blocking(lambda: shown(server.base) == new != before)
        assert "a new certificate is in force" in server.stderr() + "".join(server.lines)
    finally:
        assert server.stop() == 0
    assert guarded.machine.say("EXISTS", Keys(WORKSPACE).log)
    assert PASSWORD not in server.stderr() and QUOTED not in server.stderr()


def shown(base: str) -> bytes:
    """The certificate that a new connection sees."""
    place = ("127.0.0.1", int(base.rpartition(":")[2]))
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(place))


def allowed() -> set[str]:
    line = next(one for one in FILE.read_text().splitlines() if one.startswith("user interlock"))
    return set(re.findall(r" \+(\S+)", line))


async def live(store: Store) -> None:
    """All that a node and its follower ask of a store."""
    assert (await store.durability()).level == "unknown"
    owner = await store.lease.acquire("n", 60_000)
    await store.lease.renew(owner, 60_000)
    end = await store.log.append(owner, owner.last, [b"one", b"two", b"three"])
    assert (await store.log.last(), await store.log.written()) == (end, end)
    assert [record async for _, record in store.log.read(Position(0, 0))][-3:] == [
        b"one",
        b"two",
        b"three",
    ]
    assert (await store.log.get([end]))[0] == b"three"
    assert (await store.log.size())[0] >= 3
    before = Position(end.epoch, end.n - 1)
    await store.log.put_aside(owner, before)
    await store.log.append(owner, before, [b"three"])
    await store.log.trim(end)
    for n in range(3):
        await store.snapshots.save(Position(9, n), [b"chunk"])
    place = (await store.snapshots.positions())[0]
    assert await store.snapshots.load(place) == [b"chunk"]
    await store.snapshots.drop(place)
    await store.nodes.announce("n", {}, 60_000)
    assert await store.nodes.all() == {"n": {}}
    await store.nodes.withdraw("n")
    assert await store.chronicle.add("day", 5, b"sample")
    assert not await store.chronicle.add("day", 5, b"again")
    assert await store.chronicle.read("day", 0, 10, 5) == [(5, b"sample")]
    await store.chronicle.trim("day", 9)
    assert await store.vault.secret("cookies", b"s") == await store.vault.secret("cookies", b"t")
    await store.lease.release(owner)


async def test_it_suffices_and_grants_nothing_that_we_do_not_use(guarded: Guarded) -> None:
    machine = guarded.machine
    machine.say("CONFIG", "RESETSTAT")
    for database in (0, 1):
        machine.say("SCRIPT", "FLUSH")
        async with aclosing(guarded.store(database)) as store:
            await live(store)
    async with aclosing(guarded.store(replicas=1)) as store:
        owner = await store.lease.acquire("n", 60_000)
        with pytest.raises(StoreUncertain, match="0 of 1 replicas"):
            await store.log.append(owner, owner.last, [b"r"])
        machine.say("PERSIST", Keys(WORKSPACE).lease)
        async with aclosing(guarded.store()) as rival:
            with pytest.raises(StoreHeld):
                await rival.lease.acquire("m", 60_000)
    refused = {entry[7] for entry in machine.say("ACL", "LOG")}  # type: ignore[attr-defined]
    assert refused == {b"config|get"}, "we ask, and can do without an answer"
    used = {
        name.removeprefix("cmdstat_")
        for name, figures in machine.admin().info("commandstats").items()
        if figures["calls"] > figures["rejected_calls"]
    }
    ours = {"auth", "config|resetstat", "acl|log", "script|flush", "info"}
    assert used - ours | {"info"} == allowed()


def test_whoever_has_its_password_gets_no_further(guarded: Guarded) -> None:
    guarded.machine.say("SET", "other", "secret")
    guarded.machine.say("SET", "{another}:log", "secret")
    with guarded.stranger() as stranger:
        for words in (
            "FLUSHALL", "FLUSHDB", "KEYS *", "SCAN 0", "CONFIG GET requirepass", "OBJECT FREQ k",
            "CONFIG SET appendonly no", "SHUTDOWN", "ACL LIST", "ACL SETUSER x on nopass ~* +@all",
            "SCRIPT FLUSH", "FUNCTION FLUSH", "CLIENT LIST", "CLIENT KILL TYPE normal", "MONITOR",
            "REPLICAOF NO ONE", "SAVE", "SWAPDB 0 1", "MODULE LIST", "MIGRATE h 1 k 0 1",
            "PUBLISH c m", "SUBSCRIBE c", "GET other", "SET other x", "GET {another}:log",
            "RENAME {default}:barrier other", "XADD {another}:log * r x", "RESTORE other 0 x",
        ):  # fmt: skip
            with pytest.raises(redis.exceptions.NoPermissionError):
                stranger.execute_command(*words.split())
        for script in ("return redis.call('GET', 'other')", "return redis.call('FLUSHALL')"):
            with pytest.raises(redis.exceptions.ResponseError, match=r"(?i)acl|permission|can't"):
                stranger.eval(script, 0)
    assert guarded.machine.say("GET", "other") == b"secret"


async def test_a_wrong_password_a_foreign_certificate_and_no_tls_are_refused(
    guarded: Guarded, tmp_path: Path
) -> None:
    foreign = Authority(tmp_path)
    whole = guarded.settings().redis
    for location, said in (
        (whole.location.replace(QUOTED, "guess"), "(?i)wrongpass|invalid username"),
        (guarded.settings(tls_ca=str(foreign.root)).redis.location, "CERTIFICATE"),
        (whole.url.replace("rediss", "redis"), "(?i)connection|closed"),
    ):
        async with aclosing(RedisStore(location, WORKSPACE)) as store:
            with pytest.raises(StoreUnavailable, match=said):
                await store.durability()
            with pytest.raises(StoreUnavailable, match=said) as told:
                await store.lease.acquire("n", 1_000)
            assert QUOTED not in str(told.value) and PASSWORD not in str(told.value)


def test_files_that_are_not_there_are_told_by_the_names_of_their_settings(
    guarded: Guarded, tmp_path: Path
) -> None:
    missing = guarded.settings(tls_ca=str(tmp_path / "none")).redis.location
    with pytest.raises(StoreUnfit, match=r"redis\.tls_ca.*No such file.*correct their paths"):
        RedisStore(missing, WORKSPACE)


def test_the_settings_of_tls_belong_together() -> None:
    for redis_settings, said in (
        ({"url": "rediss://h", "tls_cert": "a"}, "go together"),
        ({"url": "redis://h", "tls_ca": "a"}, "rediss://"),
    ):
        with pytest.raises(ValueError, match=said):
            Settings.merged({"redis": redis_settings})


def test_as_it_is_shipped_nobody_gets_in() -> None:
    with Machine(program("redis")) as machine, pytest.raises(redis.exceptions.ResponseError):
        line = next(one for one in FILE.read_text().splitlines() if one.startswith("user "))
        machine.say("ACL", "SETUSER", *line.split()[1:])
