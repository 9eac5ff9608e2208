"""Gateway processes: started by the server that owns the workspace, started again when they end.

The server keeps their listening sockets, so that who knocks while a gateway is away waits a moment
instead of being refused. A gateway gets what it has to know on its standard input and ends with
the server; one that has stood still for ``SILENT_S`` is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.config import Settings
    from app.edge.limits import ConnectionLimits
    from app.edge.metrics import Metrics
    from app.gateway.back import App, Back

log = logging.getLogger("interlock")
BEAT_S = 1.0
SILENT_S = 10.0
AGAIN_MIN_S = 0.2
AGAIN_MAX_S = 10.0
BEAT = "beat"


class Gateways:
    """Serves ``app`` through a process for each listening socket. ``ready`` is set when each of
    them has been up once; ``stop_s`` is the time that open requests have at a stop.
    """

    def __init__(
        self,
        app: App,
        metrics: Metrics,
        settings: Settings,
        limits: ConnectionLimits,
        stop_s: int,
    ) -> None:
        self._app, self._metrics, self._stop_s = app, metrics, stop_s
        self._order = {
            "log": [settings.log.level, settings.log.format],
            "sockets_max": settings.limits.sockets_max,
            "limits": asdict(limits),
            "backlog": settings.server.backlog,
            "stop_s": stop_s,
            "tls": [str(settings.server.tls_cert or ""), str(settings.server.tls_key or "")],
        }
        self._over = asyncio.Event()
        self._up: dict[int, bool] = {}
        self._pids: dict[int, int] = {}
        self.ready = asyncio.Event()

    def stop(self) -> None:
        """Stop listening and close what is open."""
        self._over.set()

    def look_at_certificate(self) -> None:
        """The files of the certificate have changed."""
        for pid in self._pids.values():
            os.kill(pid, signal.SIGHUP)

    async def serve(self, listeners: Sequence[socket.socket]) -> None:
        """Until ``stop``."""
        self._up = dict.fromkeys(range(len(listeners)), False)
        works = [asyncio.create_task(self._keep(n, one)) for n, one in enumerate(listeners)]
        works.append(asyncio.create_task(self._over.wait()))  # type: ignore[arg-type]
        try:
            await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in works:
                task.cancel()
            results = await asyncio.gather(*works, return_exceptions=True)
            for listener in listeners:
                listener.close()
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _keep(self, n: int, listener: socket.socket) -> None:
        pause_s, loop = AGAIN_MIN_S, asyncio.get_running_loop()
        while True:
            started = loop.time()
            status = await self._one(n, listener)
            pause_s = AGAIN_MIN_S if loop.time() - started > AGAIN_MAX_S else pause_s * 2
            pause_s = min(pause_s, AGAIN_MAX_S)
            self._metrics.count("gateway_ends_total", gateway=str(n))
            log.error("gateway %d ended with status %s; again in %.1f s", n, status, pause_s)
            await asyncio.sleep(pause_s)

    async def _one(self, n: int, listener: socket.socket) -> int:
        """One life of a gateway; its exit status."""
        from app.adapters.embedded.child import Child
        from app.gateway.back import Back

        loop = asyncio.get_running_loop()
        beaten_at = 0.0

        def note(deed: str, name: str, value: float, labels: dict[str, str]) -> None:
            nonlocal beaten_at
            if deed == BEAT:
                beaten_at = loop.time()
                self._metrics.show("gateway_streams", len(back.link), gateway=str(n))
                self._up[n] = True
                if all(self._up.values()):
                    self.ready.set()
            elif deed == "count":
                self._metrics.count(name, value, **labels)
            else:
                self._metrics.show(name, value)

        back = Back(self._app, note)
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        await loop.create_unix_connection(lambda: back.link, sock=ours)
        words = [sys.executable, "-m", "app.main", "gateway"]
        held = [theirs.fileno(), listener.fileno()]
        child = Child(words, output=sys.stderr.fileno(), held=held, piped=True)
        order = self._order | {"link": held[0], "listener": held[1]}
        theirs.close()
        self._pids[n] = child.pid
        try:
            child.tell(json.dumps(order).encode())
            while child.status is None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(BEAT_S):
                        await child.ended()
                if beaten_at and loop.time() - beaten_at > SILENT_S and child.status is None:
                    log.critical("gateway %d has stood still for %.0f s", n, SILENT_S)
                    os.kill(child.pid, signal.SIGKILL)
            return child.status
        finally:
            del self._pids[n]
            await asyncio.shield(self._end(child, back))

    async def _end(self, child: Any, back: Back) -> None:
        await child.end(self._stop_s + 1.0)
        back.link.close()
        await back.finish(self._stop_s)


class LinkMeter:
    """Counts at the owner's what happens in a gateway."""

    def __init__(self, link: Any) -> None:
        self._link = link

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """Add to a counter."""
        self._link.note("count", name, value, **labels)

    def show(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        self._link.note("show", name, value, **labels)

    def observe(self, name: str, value: float) -> None:
        """Nothing is measured here."""


def gateway() -> int:
    """Be the gateway that the order on the standard input asks for. An exit code."""
    import uvloop

    from app.adapters.logs import set_up_logs

    order = json.loads(sys.stdin.read())
    set_up_logs(*order["log"])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_gateway(order))


async def _gateway(order: dict[str, Any]) -> int:
    import gc

    from app.gateway.front import Front
    from app.gateway.link import Link

    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    link = Link(says="websocket.send", lost=over.set)
    ours = socket.socket(fileno=order["link"])
    ours.setblocking(False)
    await loop.create_unix_connection(lambda: link, sock=ours)
    front = Front(link, order["sockets_max"])
    edge, works = _server(order, front, LinkMeter(link))
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, over.set)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    serving = asyncio.create_task(edge.serve([socket.socket(fileno=order["listener"])]))
    works += [asyncio.create_task(_beat(link)), asyncio.create_task(over.wait())]
    await asyncio.wait([serving, *works], return_when=asyncio.FIRST_COMPLETED)
    edge.stop()
    await serving
    for task in works:
        task.cancel()
    await asyncio.gather(*works, return_exceptions=True)
    link.close()
    return 0


def _server(order: dict[str, Any], front: Any, meter: Any) -> tuple[Any, list[Any]]:
    """The edge of a gateway, and what has to run beside it."""
    from app.edge.connection import Guard
    from app.edge.limits import ConnectionLimits
    from app.edge.server import build_server
    from app.edge.sockets import open_door
    from app.edge.tls import Certificate
    from app.main.certificate import keep_fresh

    limits = ConnectionLimits(**order["limits"])
    guard = Guard(limits, open_door(limits, meter), meter)
    cert, key = order["tls"]
    certificate = Certificate(cert, key) if cert else None
    tls = None if certificate is None else certificate.context
    edge = build_server(front, guard, backlog=order["backlog"], stop_s=order["stop_s"], tls=tls)
    if certificate is None:
        return edge, []
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, asked.set)
    return edge, [asyncio.create_task(keep_fresh(certificate, asked, meter))]


async def _beat(link: Any) -> None:
    while True:
        link.note(BEAT)
        await asyncio.sleep(BEAT_S)
