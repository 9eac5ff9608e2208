"""Composition root: the only place where the parts meet, and the entry of the command line.

MUST NOT decide anything about offers, and MUST NOT work at import time. ``Node`` is one server
process: store, router, hub and edge, started in this order and stopped in the reverse one.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import resource
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.adapters.redis import RedisStore
    from app.clients.replay import ReplayOptions
    from app.config import Settings
    from app.edge.server import EdgeServer

log = logging.getLogger("interlock")
START_UP_FAILED = 3
STOP_S = 5


class StartFailed(Exception):
    """The server cannot start; the message says what to do."""


@contextlib.asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[tuple[RedisStore, bool]]:
    """The store of the settings, and whether its former owner is known to be dead.

    Without a URL it is our own: then the lock on the data directory proves that nobody else runs.
    """
    from app.adapters.embedded import EmbeddedServer
    from app.adapters.redis import RedisStore

    redis, embedded = settings.redis, settings.embedded
    own = None
    url = redis.url
    if not url:
        binary = Path(embedded.binary) if embedded.binary else None
        own = EmbeddedServer(embedded.data, fsync=embedded.fsync, binary=binary)
        url = await own.start()
    store = RedisStore(
        url,
        settings.workspace.id,
        timeout_s=redis.socket_timeout_ms / 1000,
        replicas=redis.replicas,
        allow=redis.allow,
    )
    try:
        yield store, own is not None
    finally:
        await store.aclose()
        if own is not None:
            await own.stop()


class Node:
    """One process: the router, the sessions and the edge of one workspace."""

    def __init__(self, settings: Settings, store: RedisStore, secret: bytes) -> None:
        from app.adapters.clock import SystemClock
        from app.edge.metrics import Metrics
        from app.shell.board_feed import BoardFeed
        from app.shell.hub import Hub
        from app.shell.router import Router

        self.settings = settings
        self.metrics = Metrics()
        clock = SystemClock()
        self.router = Router(
            store,
            clock,
            settings.workspace.id,
            socket.gethostname(),
            gen=secrets.token_hex(8),
            limits=_router_limits(settings),
            meter=self.metrics,
            publish=self._publish,
            forget=self._forget,
        )
        self.feed = BoardFeed(
            clock.now_ms, lambda: str(self.router.position), lambda: self.router.submit(None)
        )
        self.hub = Hub(_hub_limits(settings), self.metrics, secrets.token_urlsafe, self.feed)
        self.app = self._build_app(secret)

    def _build_app(self, secret: bytes) -> Any:
        from app.edge.app import build_app
        from app.edge.identity import Identity
        from app.edge.session import Sockets

        identity = Identity(self.router, self.settings, secret)
        sockets = Sockets(
            self.router, self.hub, identity, _socket_limits(self.settings), self.metrics
        )
        return build_app(self.router, self.hub, identity, sockets, self.settings, self.metrics)

    def _publish(self, engine: Any, events: list[Any], now: int) -> None:
        self.feed.observe(engine, events)
        self.hub.publish(engine, events, now)

    def _forget(self) -> None:
        from app.wire.codes import CloseCode

        self.hub.close_all(CloseCode.RESTART, "the workspace moves; come back")

    async def open(self, *, force: bool) -> None:
        """Own the workspace, waiting for a living owner to let it go."""
        from app.ports import StoreHeld

        while True:
            try:
                await self.router.open(force=force)
                break
            except StoreHeld as held:
                log.warning("%s; waiting", held)
                await asyncio.sleep(min(held.for_ms, 1_000) / 1000)

    async def configure(self) -> None:
        """Put the queues and agents of the settings: what the file names, the file decides."""
        from app.domain.commands import PutAgent, PutQueue

        for id_, queue in self.settings.queues.items():
            await self.router.submit(PutQueue(id_, queue, "config"))
        for id_, agent in self.settings.agents.items():
            answer = await self.router.submit(PutAgent(id_, agent, "config"))
            if answer.refusal is not None:
                raise StartFailed(f"agents.{id_}: {answer.refusal.message}")

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The tasks of the node, ended with the block; then the workspace is let go."""
        from app.edge.metrics import watch_loop
        from app.shell.lifecycle import heartbeat

        router = asyncio.create_task(self.router.run(), name="router")
        others = [
            asyncio.create_task(heartbeat(self.hub, self.router.now_ms), name="heartbeat"),
            asyncio.create_task(self.feed.run(), name="board"),
            asyncio.create_task(watch_loop(self.metrics), name="loop lag"),
        ]
        try:
            yield
        finally:
            for task in (*others, router):
                task.cancel()
            await asyncio.gather(*others, router, return_exceptions=True)
            await self.router.close()


def _router_limits(settings: Settings) -> Any:
    from app.shell.limits import RouterLimits

    return RouterLimits(
        inbox_max=settings.limits.inbox_max,
        batch_records_max=settings.batch.records_max,
        lease_ttl_ms=settings.lease.ttl_ms,
        lease_renew_ms=settings.lease.renew_ms,
        grace_ms=settings.session.grace_ms,
        retention_ms=settings.retention.ended_ms,
    )


def _hub_limits(settings: Settings) -> Any:
    from app.shell.limits import HubLimits

    return HubLimits(
        resume_frames=settings.session.resume_frames,
        resume_ms=settings.session.resume_ms,
        ping_every_ms=settings.session.ping_every_ms,
        lost_after_ms=settings.session.lost_after_ms,
        sockets_per_agent=settings.limits.sockets_per_agent,
    )


def _socket_limits(settings: Settings) -> Any:
    from app.edge.session import SocketLimits
    from app.edge.transport import OutboxLimits

    limits = settings.limits
    return SocketLimits(
        frame_bytes_max=limits.frame_bytes_max,
        board_frame_bytes_max=limits.board_frame_bytes_max,
        frames_per_s=limits.frames_per_s,
        frames_burst=limits.frames_burst,
        hello_ms=limits.hello_ms,
        sockets_max=limits.sockets_max,
        grace_ms=settings.session.grace_ms,
        ping_every_ms=settings.session.ping_every_ms,
        agent_outbox=OutboxLimits(
            limits.outbox_frames_max, limits.outbox_bytes_max, limits.send_deadline_ms
        ),
        board_outbox=OutboxLimits(
            limits.outbox_frames_max, limits.board_outbox_bytes_max, limits.send_deadline_ms
        ),
    )


Beside = Callable[[str], Coroutine[Any, Any, int]]
"""What runs beside a server that is ready, given its URL; the server ends with it."""


async def _serve(settings: Settings, beside: Beside | None = None) -> int:
    """Start, serve until a signal (or until ``beside`` is done), drain, stop. An exit code."""
    async with open_store(settings) as (store, force):
        durability = await store.durability()
        log.info("durability %s: %s", durability.level, durability.detail)
        secret = await store.vault.secret("cookies", secrets.token_bytes(32))
        node = Node(settings, store, secret)
        node.router.durability = durability
        await node.open(force=force)
        async with node.running():
            await node.configure()
            return await _listen(node, beside)


async def _listen(node: Node, beside: Beside | None) -> int:
    from app.edge.server import build_server, listen

    server = node.settings.server
    listener = listen(server.host, server.port, server.backlog)
    url = _url(listener)
    edge = build_server(
        node.app,
        backlog=server.backlog,
        frame_bytes_max=node.settings.limits.board_frame_bytes_max,
        stop_s=STOP_S,
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    # What lives as long as the server need not be looked at by every collection.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    serving = asyncio.create_task(edge.serve([listener]), name="edge")
    print(f"listening on {url}", flush=True)
    guest = asyncio.create_task(beside(url)) if beside else None
    waits = [asyncio.create_task(stop.wait()), serving, *([guest] if guest else [])]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    code = 0
    if guest is not None:
        guest.cancel()
        result = (await asyncio.gather(guest, return_exceptions=True))[0]
        code = result if isinstance(result, int) else 0
    await _stop(node, edge, serving)
    return code


async def _stop(node: Node, edge: EdgeServer, serving: asyncio.Task[None]) -> None:
    """Unready first, then everybody is sent away in order, then the door closes."""
    from app.shell.lifecycle import drain

    node.router.draining = True
    await drain(node.hub, node.settings.server.drain_ms, node.router.now_ms)
    edge.stop()
    await serving


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _raise_file_limit() -> None:
    """A socket is a file: take as many as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _run(settings: Settings, beside: Beside | None = None) -> int:
    """Run a server to its end; what can go wrong at the start is told in a sentence."""
    from app.adapters.embedded import DataDirBusy, NoServerBinary, ServerFailed
    from app.adapters.logs import set_up_logs
    from app.adapters.redis import StoreUnfit
    from app.ports import StoreFenced, StoreUnavailable
    from app.shell.opening import CannotApply

    set_up_logs(settings.log.level, settings.log.format)
    _raise_file_limit()
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
            return runner.run(_serve(settings, beside))
    except expected as error:
        print(f"interlock: cannot start: {error}", file=sys.stderr)
        return START_UP_FAILED


def serve(settings: Settings) -> int:
    """Run the server alone. An exit code."""
    return _run(settings)


def demo(settings: Settings, *, bots: bool) -> int:
    """Run a server with sample queues, simulated people and one free seat. An exit code."""
    from app.clients.guests import show_demo

    with _own_data(settings) as own:
        key = own.auth.admin_key.get_secret_value()
        return _run(own, lambda url: show_demo(url, key, bots=bots))


def replay(
    settings: Settings,
    options: ReplayOptions,
    *,
    day: str,
    url: str | None,
    key: str | None,
    data_set: Path | None,
) -> int:
    """Replay a day against ``url``, or against a server of its own. An exit code."""
    from app.clients.guests import play_day

    if url is not None and key is not None:
        return asyncio.run(play_day(url, key, day, data_set, options))
    with _own_data(settings) as own:
        own_key = own.auth.admin_key.get_secret_value()
        return _run(own, lambda url: play_day(url, own_key, day, data_set, options))


@contextlib.contextmanager
def _own_data(settings: Settings) -> Iterator[Settings]:
    """Settings for a server that leaves nothing behind, unless told where its data shall be."""
    from app.config.sections import Auth, Embedded

    auth, embedded = settings.auth, settings.embedded
    if not auth.admin_key.get_secret_value():
        auth = Auth(**{**auth.model_dump(), "admin_key": secrets.token_urlsafe(24)})
    with contextlib.ExitStack() as stack:
        if embedded.data == Embedded().data:
            data = stack.enter_context(tempfile.TemporaryDirectory(prefix="interlock-"))
            embedded = embedded.model_copy(update={"data": Path(data)})
        yield settings.model_copy(update={"auth": auth, "embedded": embedded})


def cli() -> None:
    """Run the command line."""
    from app.cli import cli as commands

    commands()


if __name__ == "__main__":
    cli()
