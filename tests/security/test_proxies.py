"""Behind a proxy: the configurations we ship on the real programs, and forged headers."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.config import Settings
from app.config.advice import advice
from app.config.problems import ConfigError
from app.edge.proxies import Proxies, read_address
from tests.adapters.machine import free_port
from tests.edge.front import ADMIN_KEY
from tests.security.authority import Authority
from tests.security.serving import Caller, Door, serving
from tests.waiting import poll_until

CONFIG = Path(__file__).resolve().parents[2] / "config"
TRUSTED = {"server": {"trusted_proxies": ["127.0.0.1"]}}
ELSEWHERE = "127.0.0.2"
"""Another address of this machine: the client's, where the proxy asks from 127.0.0.1."""
FORGED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}


def edited(name: str, changes: dict[str, str]) -> str:
    """A shipped configuration, with what differs on this machine."""
    text = (CONFIG / name).read_text()
    for old, new in changes.items():
        assert old in text, f"config/{name} no longer says {old}"
        text = text.replace(old, new)
    return text


def nginx(folder: Path, port: int, upstream: int, issued: Authority) -> list[str]:
    changes = {
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "127.0.0.1:8080": f"127.0.0.1:{upstream}",
        "/etc/ssl/desk.example.com.pem": str(issued.cert),
        "/etc/ssl/desk.example.com.key": str(issued.key),
    }
    (folder / "site.conf").write_text(edited("nginx.conf", changes))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;\n"
        f"events {{}}\nhttp {{ access_log off;\n{temporary}include {folder}/site.conf; }}\n"
    )
    return ["nginx", "-e", f"{folder}/log", "-c", f"{folder}/nginx.conf"]


def haproxy(folder: Path, port: int, upstream: int, issued: Authority) -> list[str]:
    changes = {
        "bind :80\n": f"bind 127.0.0.1:{free_port()}\n",
        "bind :443 ": f"bind 127.0.0.1:{port} ",
        "127.0.0.1:8080": f"127.0.0.1:{upstream}",
        "/etc/ssl/desk.example.com.both.pem": str(issued.both),
    }
    (folder / "haproxy.cfg").write_text(edited("haproxy.cfg", changes))
    return ["haproxy", "-db", "-f", f"{folder}/haproxy.cfg"]


def caddy(folder: Path, port: int, upstream: int, issued: Authority) -> list[str]:
    changes = {
        "\tservers {": "\tadmin off\n\tauto_https disable_redirects\n\tservers {",
        "desk.example.com {": f"https://localhost:{port} {{\n\tbind 127.0.0.1",
        "\t# For a certificate of your own: tls": "\ttls",
        "127.0.0.1:8080": f"127.0.0.1:{upstream}",
        "/etc/ssl/desk.example.com.pem": str(issued.cert),
        "/etc/ssl/desk.example.com.key": str(issued.key),
    }
    (folder / "Caddyfile").write_text(edited("Caddyfile", changes))
    return ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


Command = Callable[[Path, int, int, Authority], list[str]]


@contextlib.contextmanager
def proxy(command: Command, folder: Path, door: Door, issued: Authority) -> Iterator[str]:
    """Run the proxy in front of the door; its origin."""
    port = free_port()
    words = command(folder, port, door.port, issued)
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    program = shutil.which(words[0], path=places)
    if program is None:
        pytest.skip(f"no proxy program {words[0]}")
    with (folder / "said").open("wb") as said:
        home = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
        running = subprocess.Popen([program, *words[1:]], stdout=said, stderr=said, env=home)
    try:
        yield f"https://localhost:{port}"
    finally:
        running.terminate()
        running.wait()


@pytest.mark.parametrize("command", [nginx, haproxy, caddy])
async def test_work_goes_through_and_the_clients_address_with_it(
    command: Command, tmp_path: Path
) -> None:
    issued = Authority(tmp_path)
    async with serving(**TRUSTED) as door:
        with proxy(command, tmp_path, door, issued) as origin:
            caller = Caller(origin, issued.trust(), ELSEWHERE, FORGED)

            async def answers() -> bool:
                try:
                    async with caller.http() as http:
                        return (await http.get("/healthz")).status_code == 200
                except httpx2.TransportError:
                    return False

            await poll_until(answers, f"{command.__name__} answers", every_s=0.05)
            door.scopes.clear()
            await caller.work()
            seen = {s for s in door.clients() if s[0] != "127.0.0.1"}  # else its health checks
            assert seen == {(ELSEWHERE, "https"), (ELSEWHERE, "wss")}
            async with caller.http() as http:
                signed_in = await http.post(
                    "/v1/session",
                    json={"key": ADMIN_KEY},
                    headers={"Origin": origin},
                )
                assert signed_in.headers["set-cookie"].startswith("__Host-interlock=")
                assert "strict-transport-security" in signed_in.headers


def test_a_shipped_proxy_does_not_cut_a_socket_that_lives() -> None:
    lost_after_s = Settings().session.lost_after_ms / 1000
    for name, pattern in (
        ("nginx.conf", r"proxy_(?:read|send)_timeout (\d+)s;"),
        ("haproxy.cfg", r"timeout (?:tunnel|client|server) (\d+)s\n"),
    ):
        limits = re.findall(pattern, (CONFIG / name).read_text())
        assert len(limits) >= 2 and min(map(int, limits)) > 2 * lost_after_s, name
    # Caddy has none for what was upgraded, and none may be set for the whole answer.
    assert not re.search(
        r"^\s*(read_body|write|read_timeout)\b", (CONFIG / "Caddyfile").read_text()
    )


async def test_a_stranger_cannot_say_who_he_is() -> None:
    async with serving(**TRUSTED) as door:
        origin = f"http://127.0.0.1:{door.port}"
        forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
        async with Caller(origin, None, ELSEWHERE, forged).http() as http:
            answer = await http.post("/v1/session", json={"key": ADMIN_KEY})
        assert answer.status_code == 200
        assert answer.headers["set-cookie"].startswith("interlock=")
        assert "strict-transport-security" not in answer.headers
        assert door.clients() == {(ELSEWHERE, "http")}


PROXY, OTHER = "10.0.0.1", "10.9.9.9"


@pytest.mark.parametrize(
    ("peer", "headers", "seen"),
    [
        (PROXY, [("for", "192.0.2.7")], ("192.0.2.7", "http")),
        (PROXY, [("proto", "https")], (PROXY, "https")),
        (PROXY, [("for", "192.0.2.7:4711"), ("proto", "https")], ("192.0.2.7", "https")),
        (PROXY, [("for", "[2001:db8::1]:443")], ("2001:db8::1", "http")),
        (PROXY, [("for", "::ffff:192.0.2.7")], ("192.0.2.7", "http")),
        (f"::ffff:{PROXY}", [("for", "192.0.2.7")], ("192.0.2.7", "http")),
        # What the client wrote stands before what the proxies added.
        (PROXY, [("for", "6.6.6.6, 192.0.2.7, 10.0.0.2")], ("192.0.2.7", "http")),
        (PROXY, [("for", "6.6.6.6"), ("for", "192.0.2.7")], ("192.0.2.7", "http")),
        (PROXY, [("for", "10.0.0.3, 10.0.0.2")], ("10.0.0.3", "http")),
        (PROXY, [("proto", "https, http")], (PROXY, "http")),
        (PROXY, [("for", "6.6.6.6, <script>, 10.0.0.2")], ("10.0.0.2", "http")),
        (PROXY, [("for", "\xff\r\n"), ("proto", "javascript")], (PROXY, "http")),
        (PROXY, [("for", ""), ("proto", "")], (PROXY, "http")),
        (PROXY, [("host", "evil.example")], (PROXY, "http")),
        (OTHER, [("for", "192.0.2.7"), ("proto", "https")], (OTHER, "http")),
        ("not an address", [("for", "192.0.2.7")], ("not an address", "http")),
    ],
)
async def test_only_what_a_named_proxy_added_counts(
    peer: str, headers: list[tuple[str, str]], seen: tuple[str, str]
) -> None:
    scope: dict[str, Any] = {
        "type": "http",
        "scheme": "http",
        "client": (peer, 1),
        "headers": [(b"x-forwarded-%b" % n.encode(), v.encode("latin-1")) for n, v in headers],
    }

    async def app(*_: Any) -> None: ...

    await Proxies(app, ["10.0.0.0/24"])(scope, app, app)  # type: ignore[arg-type]
    assert (scope["client"][0], scope["scheme"]) == seen
    socket = {**scope, "type": "websocket", "scheme": "ws", "client": None}
    await Proxies(app, ["10.0.0.0/24"])(socket, app, app)  # type: ignore[arg-type]
    assert (socket["client"], socket["scheme"]) == (None, "ws")


def test_an_address_is_read_or_refused() -> None:
    assert read_address("192.0.2.7 ") is None
    assert str(read_address("::1")) == "::1"


def test_everybody_is_no_proxy() -> None:
    for wrong in ("0.0.0.0/0", "::/0", "*", "proxy.example", "10.0.0.5/8"):
        with pytest.raises((ConfigError, ValueError), match="trusted_proxies"):
            Settings.merged({"server": {"trusted_proxies": [wrong]}})


def test_what_reads_unwise_is_said_by_config_check() -> None:
    def said(**settings: dict[str, Any]) -> set[str]:
        return {one.path for one in advice(Settings.merged(settings), {})}

    https = {"public_url": "https://desk.example.com"}
    assert "server.trusted_proxies" in said(server=https)
    assert said(server={**https, "trusted_proxies": ["127.0.0.1"]}) == set()
    tls = {"tls_cert": "a", "tls_key": "b"}
    assert said(server={**https, **tls}) == set()
    assert "server.public_url" in said(server={"public_url": "http://desk.example.com", **tls})
    assert "redis.url" in said(redis={"url": "redis://store.example.com/0"})
    assert said(redis={"url": "rediss://store.example.com/0"}) == set()
    assert said(redis={"url": "redis://127.0.0.1/0"}) == set()
