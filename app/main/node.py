"""``Node``: one server process, put together from its parts and run.

Started in the order store, router, hub, edge, and stopped in the reverse one. MUST NOT decide
anything about offers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import socket
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.adapters.redis import RedisStore
    from app.config import Settings
    from app.edge.connection import Guard
    from app.main.mark import Mark
    from app.shell.reporters import Hearing, Reporters

log = logging.getLogger("interlock")


class StartFailed(Exception):
    """The server cannot start; the message says what to do."""


class Node:
    """One process: the router, the sessions and the edge of one workspace."""

    def __init__(self, settings: Settings, store: RedisStore, secret: bytes, mark: Mark) -> None:
        from app.adapters.clock import SystemClock
        from app.edge.app import installed_version
        from app.edge.metrics import Metrics
        from app.main.hooking import Hook
        from app.main.looking import traveller
        from app.shell.audit_desk import AuditDesk
        from app.shell.board_feed import BoardFeed
        from app.shell.cross_check import CrossCheck
        from app.shell.history import History
        from app.shell.hub import Hub
        from app.shell.offer_pace import OfferPace
        from app.shell.reporters import Hearing
        from app.shell.roll import Roll
        from app.shell.router import Router
        from app.shell.watchdog import Watchdog

        self.settings = settings
        self._store, self._mark = store, mark
        self.metrics = Metrics()
        hearing = Hearing(self.metrics)
        clock = SystemClock()
        self.router = Router(
            store,
            clock,
            settings.workspace.id,
            socket.gethostname(),
            gen=secrets.token_hex(8),
            known_gen=mark.gen,
            seen_end=mark.end,
            limits=_router_limits(settings),
            meter=hearing,
            publish=self._publish,
            forget=self._forget,
        )
        self.roll = Roll(
            self.router,
            # A host may run several, and two containers may think they have one name.
            f"{socket.gethostname()}-{secrets.token_hex(3)}",
            installed_version(),
            ttl_ms=settings.lease.ttl_ms,
            every_ms=settings.lease.renew_ms,
        )
        self.cross_check = CrossCheck(self.router.post, self.router.distrust, self.metrics)
        self.audit_desk = AuditDesk(self.router, settings.watchdog.auditor_silent_ms)
        self.watchdog = Watchdog(self.router, self.metrics, _watch_limits(settings))
        self.feed = BoardFeed(
            clock.now_ms,
            lambda: str(self.router.position),
            lambda: self.router.submit(None),
            History(
                clock.now_ms,
                store.chronicle,
                settings.workspace.id,
                settings.retention.history_days,
            ),
            traveller(store.url, settings.workspace.id),
        )
        self.hub = Hub(_hub_limits(settings), self.metrics, secrets.token_urlsafe, self.feed)
        self.reporters = self._build_reporters(hearing)
        self.pace = OfferPace(clock.now_ms, self.metrics)
        self.hook = Hook(settings, clock.now_ms, self.metrics)
        self.guard = self._build_guard()
        self.app = self._build_app(secret)
        # None of them ever ends by itself: one that does is a fault, and ends the process.
        self.tasks: list[asyncio.Task[None]] = []

    def _build_reporters(self, hearing: Hearing) -> Reporters:
        from app.shell.reporters import Reporters

        return Reporters(
            self.router,
            self.hub,
            self.feed,
            hearing,
            self.watchdog.report,
            grace_ms=self.settings.session.grace_ms,
            ran_ms=lambda: time.monotonic_ns() // 1_000_000,
            wall_ms=lambda: time.time_ns() // 1_000_000,
        )

    def _build_guard(self) -> Guard:
        from app.edge.connection import Guard
        from app.edge.sockets import open_door

        limits = _connection_limits(self.settings)
        return Guard(limits, open_door(limits, self.metrics), self.metrics)

    def _build_app(self, secret: bytes) -> Any:
        from app.edge.app import build_app
        from app.edge.identity import Identity
        from app.edge.sockets import Sockets
        from app.main.vouching import outside_of, passwords_of

        self.outside = outside_of(self.settings, self.router)
        passwords = passwords_of(self.settings)
        identity = Identity(self.router, self.settings, secret, self.outside, passwords)
        limits = _socket_limits(self.settings)
        sockets = Sockets(self.router, self.hub, identity, limits, self.metrics, self.guard.door)
        return build_app(self.router, self.hub, identity, sockets, self.settings, self.metrics)

    def _publish(self, engine: Any, events: list[Any], now: int) -> None:
        events = self.cross_check.admit(engine.state, events)
        self.feed.observe(engine, events)
        self.hub.publish(engine, events, now)
        self.pace.observe(engine, events)
        self.reporters.observe(engine, events)
        self.hook.observe(engine, events)

    def _forget(self) -> None:
        from app.wire.codes import CloseCode

        self.hub.close_all(CloseCode.RESTART, "the workspace moves; come back")

    def _distrust(self, why: str) -> None:
        self.reporters.cannot_trust(why)
        self.router.distrust(why)

    async def _rescue(self) -> None:
        from app.shell.rescue import rescue

        why = "The follower cannot read the log; a snapshot is taken from memory."
        self.reporters.cannot_trust(why)
        await rescue(self._store, self.router)

    async def open(self, *, force: bool) -> None:
        """Own the workspace, waiting for a living owner to let it go. Raises StartFailed when the
        owner is of a build whose records this one cannot read, or when the log is another one than
        the mark remembers.
        """
        from app.ports import StoreGone, StoreHeld

        while True:
            if ahead := await self.roll.ahead():
                raise StartFailed(ahead)
            await self.roll.announce()
            try:
                await self.router.open(force=force)
                break
            except StoreHeld as held:
                log.warning("%s; waiting", held)
                await asyncio.sleep(min(held.for_ms, 1_000) / 1000)
            except StoreGone as gone:
                raise StartFailed(self._mark.explain(gone)) from None
        self._mark.note(self.router.state.gen, self.router.position)

    async def configure(self) -> None:
        """Put what the settings name, presences first: there the file decides at each start."""
        from app.domain.commands import PutAgent, PutPresence, PutQueue

        for id_, presence in self.settings.presences.items():
            await self.router.submit(PutPresence(id_, presence, "config"))
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
        from app.main.following import keep_following
        from app.main.loop_watch import watch_loop_thread
        from app.shell.canary import Canary
        from app.shell.ending import end
        from app.shell.lifecycle import heartbeat, tell_rests

        grace_ms = self.settings.session.grace_ms
        works = {
            "router": self.router.run(),
            "heartbeat": heartbeat(self.hub, self.router, grace_ms),
            "rests": tell_rests(self.hub, self.router),
            "board": self.feed.run(),
            "history": self.feed.history.run(),
            "loop lag": watch_loop(self.metrics),
            "roll": self.roll.keep(),
            "mark": self._mark.keep(lambda: (self.router.known_gen, self.router.position)),
        }
        works["watchdog"] = self.watchdog.run()
        works["reporters"] = self.reporters.run()
        if self.hook.wanted:
            works["webhook"] = self.hook.run()
        works["loop watch"] = watch_loop_thread(self.settings.watchdog, self.watchdog.report)
        if self.settings.snapshots.follower:
            works["follower"] = keep_following(
                self.settings,
                self._store.url,
                self._distrust,
                self._rescue,
                self.audit_desk,
            )
            works["audit desk"] = self.audit_desk.run()
        if self.settings.watchdog.canary_ms:
            every_ms = self.settings.watchdog.canary_ms
            works["canary"] = Canary(self.router, self.hub, self.metrics, every_ms).run()
        self.tasks = [asyncio.create_task(work, name=name) for name, work in works.items()]
        try:
            yield
        finally:
            await end(self.tasks)
            await self.router.close()
            await self.roll.leave()
            if self.outside is not None:
                await self.outside.tokens.aclose()


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


def _watch_limits(settings: Settings) -> Any:
    from app.domain.watch import Cause
    from app.shell.watchdog import WatchLimits

    watch = settings.watchdog
    every = {str(cause) for cause in Cause} if "all" in watch.observe else set(watch.observe)
    return WatchLimits(every_ms=watch.every_ms, observe=frozenset(every))


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
    from app.edge.limits import AdmissionLimits, SocketLimits
    from app.edge.transport import OutboxLimits

    limits = settings.limits
    return SocketLimits(
        frame_bytes_max=limits.frame_bytes_max,
        board_frame_bytes_max=limits.board_frame_bytes_max,
        frames_per_s=limits.frames_per_s,
        frames_burst=limits.frames_burst,
        hello_ms=limits.hello_ms,
        sockets_max=limits.sockets_max * max(1, settings.server.gateways),
        grace_ms=settings.session.grace_ms,
        ping_every_ms=settings.session.ping_every_ms,
        agent_outbox=OutboxLimits(
            limits.outbox_frames_max, limits.outbox_bytes_max, limits.send_deadline_ms
        ),
        board_outbox=OutboxLimits(
            limits.outbox_frames_max, limits.board_outbox_bytes_max, limits.send_deadline_ms
        ),
        admission=AdmissionLimits(
            per_address=limits.sockets_per_address,
            per_supervisor=limits.sockets_per_supervisor,
            new_per_user=limits.new_sockets_per_user,
            new_window_ms=limits.new_sockets_window_ms,
            admissions_per_s=limits.admissions_per_s,
            admission_wait_ms=limits.admission_wait_ms,
        ),
    )


def _connection_limits(settings: Settings) -> Any:
    from app.edge.limits import ConnectionLimits

    limits = settings.limits
    return ConnectionLimits(
        connections_max=limits.connections_max,
        strangers_max=limits.strangers_max,
        strangers_per_address=limits.strangers_per_address,
        header_ms=limits.header_ms,
        header_bytes_max=limits.header_bytes_max,
        body_ms=limits.body_ms,
        frames_per_s=limits.frames_per_s,
        frames_burst=limits.frames_burst,
        frame_bytes_max=limits.board_frame_bytes_max,
    )
