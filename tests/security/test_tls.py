"""The server's own TLS: what it takes, what it refuses in which words, a change while it serves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import time
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from app.cli.finding import Level
from app.cli.machine import certificate as look_at
from app.cli.machine import transport
from app.config import Settings
from app.edge.limits import ConnectionLimits
from app.edge.metrics import Metrics
from app.edge.tls import Certificate, TlsFault, Validity, load
from app.main.certificate import keep_fresh
from tests.edge.front import ADMIN_KEY
from tests.security.authority import Authority
from tests.security.serving import Caller, serving
from tests.waiting import poll_until

DAY_S = 86_400


@pytest.fixture
def issued(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def certificate(issued: Authority) -> Certificate:
    return Certificate(str(issued.cert), str(issued.key))


async def shown(port: int, issued: Authority) -> bytes:
    """The certificate that a new connection sees; by its address, so without a server's name."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=issued.trust())
    seen = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    with contextlib.suppress(ssl.SSLError, ConnectionError):
        await writer.wait_closed()
    return bytes(seen)


async def test_a_new_certificate_is_served_and_open_sockets_live_on(issued: Authority) -> None:
    mine = certificate(issued)
    async with serving(tls=mine.context) as door:
        caller = Caller(f"https://localhost:{door.port}", issued.trust())
        await caller.work()
        assert door.clients() == {("127.0.0.1", "https"), ("127.0.0.1", "wss")}
        async with caller.socket() as old:
            before = await shown(door.port, issued)
            new = issued.issue()
            assert await shown(door.port, issued) == before, "nothing is taken unasked"
            assert mine.reload() and not mine.reload()
            assert await shown(door.port, issued) == new != before
            await old.do("set_presence", presence="away")
            async with caller.socket() as second:
                await second.do("set_presence", presence="available")


async def test_half_of_a_change_leaves_the_old_one_in_force(issued: Authority) -> None:
    mine = certificate(issued)
    async with serving(tls=mine.context) as door:
        before, key = await shown(door.port, issued), issued.key.read_bytes()
        new, new_key = issued.issue(), issued.key.read_bytes()
        issued.key.write_bytes(key)
        with pytest.raises(TlsFault, match="is not the key of"):
            mine.reload()
        assert not mine.reload(), "told once"
        assert await shown(door.port, issued) == before
        issued.key.write_bytes(new_key)
        assert mine.reload()
        assert await shown(door.port, issued) == new


async def test_a_change_of_the_files_is_noticed_and_told(
    issued: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "interlock")
    mine, asked, metrics = certificate(issued), asyncio.Event(), Metrics()
    mine.validity = Validity(0, 1)
    keeping = asyncio.create_task(keep_fresh(mine, asked, metrics))
    try:
        await poll_until(lambda: "holds only until 1970-01-01" in caplog.text)
        issued.key.write_text("gone wrong")
        asked.set()
        await poll_until(lambda: "the old one serves on: server.tls_key" in caplog.text)
        issued.issue()
        asked.set()
        await poll_until(lambda: "a new certificate is in force" in caplog.text)
        ends_at = mine.validity.ends_at
        await poll_until(lambda: f"tls_expires_at_seconds {ends_at:.0f}" in _plain(metrics))
    finally:
        keeping.cancel()


def _plain(metrics: Metrics) -> str:
    lines = metrics.text().decode().splitlines()
    line = next(one for one in lines if one.startswith("interlock_tls_expires"))
    return f"tls_expires_at_seconds {float(line.split()[1]):.0f}"


async def test_old_tls_is_refused_and_the_guards_of_tls_are_there(issued: Authority) -> None:
    context = certificate(issued).context
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    async with serving(tls=context) as door:
        old = issued.trust()
        with pytest.warns(DeprecationWarning):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
            old.minimum_version = ssl.TLSVersion.TLSv1
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", door.port, ssl=old)
        async with Caller(f"https://127.0.0.1:{door.port}", issued.trust()).http() as http:
            answer = await http.post("/v1/session", json={"key": ADMIN_KEY})
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-interlock=")
        for word in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
            assert word in cookie
        with pytest.raises(httpx2.TransportError):
            async with httpx2.AsyncClient() as plain:
                await plain.get(f"http://127.0.0.1:{door.port}/healthz")


async def test_who_connects_and_says_nothing_keeps_no_place(issued: Authority) -> None:
    tls = certificate(issued).context
    async with serving(tls=tls, limits=ConnectionLimits(header_ms=200)) as door:
        silent, writer = await asyncio.open_connection("127.0.0.1", door.port)
        talker, other = await asyncio.open_connection("127.0.0.1", door.port)
        other.write(b"GET / HTTP/1.1\r\n\r\n")
        for reader in (silent, talker):
            with contextlib.suppress(ConnectionError):
                await asyncio.wait_for(reader.read(), 20)
        refused = 'interlock_refusals_total{reason="handshake"} 2.0'
        await poll_until(lambda: refused in door.front.metrics.text().decode())
        writer.close()
        other.close()
        await Caller(f"https://localhost:{door.port}", issued.trust()).work()


@pytest.mark.parametrize("module", ["asyncio", "uvloop"])
def test_what_comes_with_the_end_of_the_handshake_is_not_lost(
    issued: Authority, module: str
) -> None:
    factory = pytest.importorskip(module).new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(ask_at_once(issued))


async def ask_at_once(issued: Authority) -> None:
    """Send a request in one piece with the end of the handshake, and read the answer."""
    async with serving(tls=certificate(issued).context) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = issued.trust().wrap_bio(into, out, server_hostname="localhost")
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                writer.write(out.read())
                into.write(await reader.read(65_536))
        client.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        writer.write(out.read())  # the end of the handshake and the request, in one piece
        into.write(await reader.read(65_536))
        answer = b""
        while b"200 OK" not in answer:
            try:
                answer += client.read(65_536)
            except ssl.SSLWantReadError:
                into.write(await reader.read(65_536))
        writer.close()


def test_each_fault_names_the_setting_and_the_remedy(issued: Authority, tmp_path: Path) -> None:
    cert, key = str(issued.cert), str(issued.key)
    missing, folder = str(tmp_path / "none.pem"), str(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    foreign = str(Authority(other).key)
    der = tmp_path / "der"
    der.write_bytes(ssl.PEM_cert_to_DER_cert(issued.cert.read_text().partition("\n\n")[0]))
    locked = tmp_path / "locked.key"
    made = serialization.load_pem_private_key(issued.key.read_bytes(), None)
    secret = serialization.BestAvailableEncryption(b"x")
    kinds = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    locked.write_bytes(made.private_bytes(*kinds, secret))
    damaged = tmp_path / "damaged.pem"
    damaged.write_text(issued.cert.read_text().replace("MII", "MIJ", 1))
    for files, setting, words in (
        ((missing, key), "server.tls_cert", "there is no file"),
        ((cert, missing), "server.tls_key", "there is no file"),
        ((folder, key), "server.tls_cert", "cannot be read"),
        ((str(der), key), "server.tls_cert", "holds no certificate"),
        ((cert, cert), "server.tls_key", "holds no private key"),
        ((cert, str(locked)), "server.tls_key", "locked with a passphrase; write one without"),
        ((cert, foreign), "server.tls_key", "is not the key of"),
        ((str(damaged), key), "server.tls_cert", "cannot be used"),
    ):
        with pytest.raises(TlsFault, match=f"^{setting}: .*{words}") as told:
            load(*files)
        assert told.value.remedy and "PRIVATE KEY-----\n" not in str(told.value)


def test_the_times_of_a_certificate_are_those_it_says(issued: Authority) -> None:
    found = load(str(issued.cert), str(issued.key))[1]
    told = x509.load_pem_x509_certificate(issued.cert.read_bytes())
    assert found.begins_at == told.not_valid_before_utc.timestamp()
    assert found.ends_at == told.not_valid_after_utc.timestamp()


def test_who_renews_is_called_in_time() -> None:
    year, week = Validity(0, 365 * DAY_S), Validity(0, 6 * DAY_S)
    assert not year.ends_soon(350 * DAY_S) and year.ends_soon(352 * DAY_S)
    assert not week.ends_soon(3 * DAY_S) and week.ends_soon(5 * DAY_S)


def test_doctor_says_what_a_start_would_say(
    issued: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert, key = str(issued.cert), str(issued.key)
    assert look_at(cert, key).level is Level.OK
    assert look_at(key, key).level is Level.PROBLEM
    for validity, level in (
        (Validity(0, 1), Level.PROBLEM),
        (Validity(2**33, 2**34), Level.PROBLEM),
        (Validity(0, int(time.time()) + DAY_S), Level.NOTE),
    ):
        monkeypatch.setattr("app.edge.tls._validity", lambda _, found=validity: found)
        assert look_at(cert, key).level is level


def test_a_certificate_needs_its_key() -> None:
    with pytest.raises(ValueError, match="go together"):
        Settings.merged({"server": {"tls_cert": "a.pem"}})


def test_doctor_says_who_can_read_along() -> None:
    for fields, level, words in (
        ({"host": "0.0.0.0"}, Level.NOTE, "keys can be read on the way"),
        ({"host": "127.0.0.1"}, Level.OK, "this machine alone"),
        ({"host": "0.0.0.0", "tls_cert": "a", "tls_key": "b"}, Level.OK, "TLS on 0.0.0.0"),
        ({"host": "0.0.0.0", "trusted_proxies": ["10.0.0.5"]}, Level.OK, "10.0.0.5 may say"),
    ):
        found = transport(Settings.merged({"server": fields}).server)
        assert found.level is level and words in found.text
