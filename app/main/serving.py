"""A server from its first line to its exit code: start, serve, drain, stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import resource
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from app.main.gateways import Gateways
from app.main.mark import mark_of
from app.main.node import Node, StartFailed
from app.main.stores import open_store

if TYPE_CHECKING:
    from app.config import Settings
    from app.edge.server import EdgeServer
    from app.edge.tls import Certificate

log = logging.getLogger("interlock")


FAULT = 1
START_UP_FAILED = 3
STOP_S = 5

Beside = Callable[[str], Coroutine[Any, Any, int]]
"""What runs beside a server that is ready, given its URL; the server ends with it."""


async def _serve(settings: Settings, beside: Beside | None = None) -> int:
    """Start, serve until a signal (or until ``beside`` is done), drain, stop. An exit code."""
    async with open_store(settings) as (store, force):
        durability = await store.durability()
        log.info("durability %s: %s", durability.level, durability.detail)
        secret = await store.vault.secret("cookies", secrets.token_bytes(32))
        mark = mark_of(settings)
        node = Node(settings, store, secret, mark)
        node.router.durability = durability
        if not settings.auth.admin_key.get_secret_value():
            log.warning(
                "no admin key is set: only keys made before open anything; "
                "set INTERLOCK_AUTH__ADMIN_KEY to make more"
            )
        await node.open(force=force)
        async with node.running():
            await node.configure()
            return await _listen(node, beside)


async def _listen(node: Node, beside: Beside | None) -> int:
    certificate = _certificate(node)
    edge, listeners = _edge(node, certificate)
    url = _url(listeners[0], "http" if certificate is None else "https")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    if isinstance(edge, Gateways):
        loop.add_signal_handler(signal.SIGHUP, edge.look_at_certificate)
    elif certificate is not None:
        node.tasks.append(_keep_fresh(node, certificate))
    # What lives as long as the server need not be looked at by every collection.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    serving = asyncio.create_task(edge.serve(listeners), name="edge")
    if isinstance(edge, Gateways):
        up = asyncio.create_task(edge.ready.wait())
        await asyncio.wait([up, serving], return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
    print(f"listening on {url}", flush=True)
    guest = asyncio.create_task(beside(url)) if beside else None
    waits = [asyncio.create_task(stop.wait()), serving, *node.tasks, *([guest] if guest else [])]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    code = await _end_guest(guest)
    for task in (serving, *node.tasks):
        if task.done():
            log.critical("%s ended by itself", task.get_name(), exc_info=_error_of(task))
            code = FAULT
    await _stop(node, edge, serving)
    return code


def _edge(
    node: Node, certificate: Certificate | None
) -> tuple[EdgeServer | Gateways, list[socket.socket]]:
    """What takes connections, in this process or in gateways of its own, and on what. Raises
    OSError.
    """
    from app.edge.server import build_server, listen

    server, limits = node.settings.server, node.settings.limits

    def one(port: int, shared: bool) -> socket.socket:
        bounds = limits.frozen_reader_ms, limits.unsent_bytes_max
        return listen(server.host, port, server.backlog, *bounds, shared=shared)

    first = one(server.port, False)
    if not server.gateways:
        tls = None if certificate is None else certificate.context
        edge = build_server(node.app, node.guard, backlog=server.backlog, stop_s=STOP_S, tls=tls)
        return edge, [first]
    # The port was nobody else's: from a stranger that shares, too, nothing would be heard of it.
    port = first.getsockname()[1]
    first.close()
    gateways = Gateways(node.app, node.metrics, node.settings, node.guard.limits, STOP_S)
    return gateways, [one(port, True) for _ in range(server.gateways)]


async def _end_guest(guest: asyncio.Task[int] | None) -> int:
    """The exit code of what ran beside the server, ended now if it still runs."""
    if guest is None:
        return 0
    guest.cancel()
    result = (await asyncio.gather(guest, return_exceptions=True))[0]
    if isinstance(result, Exception):
        log.error("what ran beside the server failed", exc_info=result)
        return FAULT
    return result if isinstance(result, int) else 0


def _error_of(task: asyncio.Task[None]) -> BaseException | None:
    return None if task.cancelled() else task.exception()


async def _stop(node: Node, edge: EdgeServer | Gateways, serving: asyncio.Task[None]) -> None:
    """Unready first, then everybody is sent away in order, then the door closes."""
    from app.shell.lifecycle import drain

    node.router.draining = True
    await drain(node.hub, node.settings.server.drain_ms, node.router.now_ms)
    edge.stop()
    await serving


def _url(listener: socket.socket, scheme: str) -> str:
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _certificate(node: Node) -> Certificate | None:
    """The server's own certificate, if it has one. Raises StartFailed."""
    from app.edge.tls import Certificate, TlsFault

    server = node.settings.server
    try:
        return Certificate(server.tls_cert, server.tls_key) if server.tls_cert else None
    except TlsFault as fault:
        raise StartFailed(str(fault)) from None


def _keep_fresh(node: Node, certificate: Certificate) -> asyncio.Task[None]:
    from app.main.certificate import keep_fresh

    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, asked.set)
    return asyncio.create_task(keep_fresh(certificate, asked, node.metrics), name="certificate")


def _raise_file_limit() -> None:
    """A socket is a file: take as many as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def run_server(settings: Settings, beside: Beside | None = None) -> int:
    """Run a server to its end."""
    from app.adapters.logs import set_up_logs

    set_up_logs(settings.log.level, settings.log.format)
    _raise_file_limit()
    return guarded(lambda: _serve(settings, beside))


def guarded(work: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run to the end; what can go wrong at the start is told in a sentence."""
    from app.adapters.embedded import DataDirBusy, NoServerBinary, ServerFailed
    from app.adapters.redis import StoreUnfit
    from app.ports import StoreFenced, StoreUnavailable
    from app.shell.rebuilding import CannotApply

    try:
        import uvloop

        factory: Callable[[], asyncio.AbstractEventLoop] | None = uvloop.new_event_loop
    except ImportError:
        factory = None
    expected = (
        StartFailed,
        DataDirBusy,
        NoServerBinary,
        ServerFailed,
        StoreUnfit,
        StoreUnavailable,
        StoreFenced,
        CannotApply,
        OSError,
    )
    try:
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(work())
    except expected as error:
        print(f"interlock: cannot start: {error}", file=sys.stderr)
        return START_UP_FAILED
