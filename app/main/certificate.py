"""Keeps the server's certificate as fresh as its files.

A change is taken within some seconds, at once on SIGHUP; a new one that cannot be used is told
once, and the old one serves on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.edge.metrics import Metrics
    from app.edge.tls import Certificate

log = logging.getLogger("interlock")
LOOK_S = 5.0
WARN_EVERY_S = 43_200.0


async def keep_fresh(certificate: Certificate, asked: asyncio.Event, metrics: Metrics) -> None:
    """Look for ever; ``asked`` means: now."""
    warned_at = -WARN_EVERY_S
    while True:
        now = time.time()
        metrics.show("tls_expires_at_seconds", certificate.validity.ends_at)
        if certificate.validity.ends_soon(now) and now - warned_at >= WARN_EVERY_S:
            warned_at = now
            log.warning("the certificate holds only %s: have it renewed", certificate.validity)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await asked.wait()
        asked.clear()
        _look(certificate)


def _look(certificate: Certificate) -> None:
    from app.edge.tls import TlsFault

    try:
        if certificate.reload():
            log.info("a new certificate is in force, %s", certificate.validity)
    except TlsFault as fault:
        log.error("the new certificate cannot be used, the old one serves on: %s", fault)
