"""The tasks of a node beside the router: heartbeat and drain, started and stopped in one place."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from app.shell.attendance import reconcile
from app.shell.hub import LANES, Hub
from app.shell.router import Router
from app.shell.work import Trouble
from app.wire.codes import CloseCode
from app.wire.outgoing import Push

CLOSES_PER_S = 500
RESTS_EVERY_S = 1.0
LATE_MS = 1_000
"""A heartbeat that comes so much too late says that this process did not run."""


async def heartbeat(hub: Hub, router: Router, grace_ms: int) -> None:
    """Ping each session once per ``ping_every_ms``, lane after lane. Runs until cancelled."""
    pause_ms = hub.limits.ping_every_ms / LANES
    lane, before = 0, router.now_ms()
    while True:
        await asyncio.sleep(pause_ms / 1000)
        now = router.now_ms()
        late_ms, before = int(now - before - pause_ms), now
        if late_ms > LATE_MS:
            hub.silence.stood_still(late_ms)
        lane = (lane + 1) % LANES
        hub.beat(lane, now)
        if lane == 0:
            reconcile(router, hub, grace_ms)


async def tell_rests(hub: Hub, router: Router) -> None:
    """Tell agents whose rest after an offer is over, within a second. Runs until cancelled."""
    while True:
        await asyncio.sleep(RESTS_EVERY_S)
        if hub.resting and router.owns:
            # What is told is durable: the barrier is answered behind all that was decided.
            with contextlib.suppress(Trouble):
                await router.submit(None)
                hub.tell_rested(router.engine, router.now_ms())


async def drain(hub: Hub, window_ms: int, now_ms: Callable[[], int]) -> None:
    """Send everybody away, each with a delay of his own, then close one after another.

    The window is as long as it takes to welcome them all again at ``CLOSES_PER_S``, and at most
    ``window_ms``.
    """
    sessions = hub.attached()
    window_ms = min(window_ms, 1000 * len(sessions) // CLOSES_PER_S)
    now = now_ms()
    for i, session in enumerate(sessions):
        reconnect_in_ms = 500 + window_ms * i // max(1, len(sessions))
        session.push(Push("draining", now, {"reconnect_in_ms": reconnect_in_ms}))
    for i, session in enumerate(sessions):
        if i % 10 == 9:
            await asyncio.sleep(10 / CLOSES_PER_S)
        if session.transport is not None:
            session.transport.close(CloseCode.RESTART, "the server restarts")
    # The sockets' own tasks write what is queued; each has its deadline.
    await asyncio.gather(*(session.transport.ended() for session in sessions if session.transport))
