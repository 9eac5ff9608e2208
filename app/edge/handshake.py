"""A connection before TLS: counted, with a deadline, and handed on when it is safe.

Left to the loop, whoever connects and says nothing keeps a place for a minute, and nobody counts
him. MUST lose nothing: what came before the handshake began is its first words (uvloop reads
whatever it is told), and what came with its end may be the first request.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, Final, cast

from app.edge.connection import GuardedConfig, GuardedHttp
from app.edge.door import Stranger

REASON: Final = "handshake"
"""How a handshake that did not come to its end is counted among the refusals."""


class TlsConfig(GuardedConfig):
    """The configuration of a server that speaks TLS itself."""

    tls: ssl.SSLContext


class Handshake(asyncio.Protocol):
    """Takes a bare connection, and hands it to ``GuardedHttp`` as one over TLS.

    The order is that of the loop's ready queue: ``_shake`` lays TLS over the connection, ``_laid``
    runs right behind it, and ``_feed`` behind what laying it has queued; nothing is read between.
    """

    def __init__(self, config: TlsConfig, **rest: Any) -> None:
        self._config, self._rest = config, rest
        self._is_laid = False
        self._words: list[bytes] = []
        self._early: list[bytes] = []
        self._stranger: Stranger | None = None
        self._shaking: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody came, and is nobody yet."""
        bare, loop = cast(asyncio.Transport, transport), asyncio.get_running_loop()
        bare.pause_reading()
        peer = bare.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        self._stranger = self._config.guard.door.enter(address, bare.abort)
        self._shaking = loop.create_task(self._shake(bare))
        loop.call_soon(self._laid, bare)

    def data_received(self, data: bytes) -> None:
        """Keep what comes for whoever it is for."""
        (self._early if self._is_laid else self._words).append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone before it was anything."""
        self._leave()

    async def _shake(self, bare: asyncio.Transport) -> None:
        guard, loop = self._config.guard, asyncio.get_running_loop()
        try:
            if bare.is_closing():
                raise ConnectionResetError
            safe = await loop.start_tls(
                bare,
                self,
                self._config.tls,
                server_side=True,
                ssl_handshake_timeout=guard.limits.header_ms / 1_000,
            )
        except OSError:
            # Scanners, and browsers that do not like the certificate: counted, and not logged.
            guard.refuse(REASON)
            safe = None
        finally:
            self._leave()
        if safe is None or safe.is_closing():
            bare.abort()
            return
        reader = GuardedHttp(config=self._config, **self._rest)
        safe.set_protocol(reader)
        reader.connection_made(safe)
        for data in self._early:
            reader.data_received(data)

    def _laid(self, bare: asyncio.Transport) -> None:
        self._is_laid = True
        asyncio.get_running_loop().call_soon(self._feed, bare)

    def _feed(self, bare: asyncio.Transport) -> None:
        over = cast(asyncio.BufferedProtocol, bare.get_protocol())
        if bare.is_closing() or cast(object, over) is self:
            return
        words = memoryview(b"".join(self._words))
        while words:
            room = memoryview(over.get_buffer(len(words)))
            size = min(len(room), len(words))
            room[:size] = words[:size]
            over.buffer_updated(size)
            words = words[size:]

    def _leave(self) -> None:
        if self._stranger is not None:
            self._config.guard.door.leave(self._stranger)
            self._stranger = None
