"""uvicorn, set up for many long sockets: its traps are answered here and nowhere else.

MUST be stopped through ``stop``: signals are the composition root's, so that agents are told to
come back before uvicorn closes them all at once.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from app.edge.connection import LOGGER, Guard, GuardedHttp, GuardedSocket
from app.edge.handshake import Handshake, TlsConfig

FROZEN_READER_MS = 10_000
UNSENT_BYTES_MAX = 131_072


class EdgeServer(uvicorn.Server):
    """A uvicorn server that leaves the signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do not touch the signals."""
        yield

    def stop(self) -> None:
        """Stop listening and close what is open."""
        self.should_exit = True


def listen(
    host: str,
    port: int,
    backlog: int,
    frozen_reader_ms: int = FROZEN_READER_MS,
    unsent_bytes_max: int = UNSENT_BYTES_MAX,
    *,
    shared: bool = False,
) -> socket.socket:
    """A listening socket; port 0 picks a free one. Raises OSError.

    A reader that takes nothing for ``frozen_reader_ms`` is cut by the kernel: uvicorn itself never
    notices. Of what it does not take the kernel holds ``unsent_bytes_max``, not megabytes.
    ``shared``: one of several on this port, among which the kernel deals out who comes.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        # Accepted sockets inherit them.
        for name, value in (
            ("TCP_USER_TIMEOUT", frozen_reader_ms),
            ("TCP_NOTSENT_LOWAT", unsent_bytes_max),
        ):
            if hasattr(socket, name):
                listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        listener.bind((host, port))
        listener.listen(backlog)
    except OSError as error:
        listener.close()
        raise OSError(
            error.errno,
            f"cannot listen on {host} port {port}: {error.strerror}; "
            "take another with --host and --port (0: any free one)",
        ) from None
    return listener


def build_server(
    app: ASGIApp,
    guard: Guard,
    *,
    backlog: int,
    stop_s: int,
    tls: ssl.SSLContext | None = None,
) -> EdgeServer:
    """A server for ``app``, with each connection held to ``guard``."""
    logging.getLogger(LOGGER).setLevel(logging.ERROR)
    config = TlsConfig(
        app,
        loop="none",
        http=GuardedHttp if tls is None else Handshake,
        ws=GuardedSocket,
        ws_max_size=guard.limits.frame_bytes_max,
        ws_per_message_deflate=False,
        # Our own pings ask the page; these would only ask the browser's TCP stack.
        ws_ping_interval=None,
        backlog=backlog,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=stop_s,
    )
    config.guard = guard
    if tls is not None:
        config.tls = tls
    return EdgeServer(config)
