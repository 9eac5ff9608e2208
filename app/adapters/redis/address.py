"""Where the server is, read from a URL or the path of a unix socket.

MUST show no password: ``str(address)`` is for logs and error messages.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio.connection import SSLConnection, parse_url


@dataclass(slots=True, frozen=True)
class Address:
    """A server, the database in it and the credentials. ``url`` is what a client library takes."""

    url: str = field(repr=False)
    path: str | None
    host: str
    port: int
    db: int
    username: str | None
    password: str | None = field(repr=False)
    tls: ssl.SSLContext | None

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``redis://``, ``rediss://``, ``unix://`` or an absolute path. Raises ValueError."""
        url = f"unix://{text}" if text.startswith("/") else text
        options: dict[str, Any] = dict(parse_url(url))
        tls = None
        if options.pop("connection_class", None) is SSLConnection:
            tls = SSLConnection(**options).ssl_context.get()
        return cls(
            url=url,
            path=options.get("path"),
            host=options.get("host", "localhost"),
            port=options.get("port", 6379),
            db=options.get("db", 0),
            username=options.get("username"),
            password=options.get("password"),
            tls=tls,
        )

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"

    async def connect(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        """Open a connection for this protocol. Raises OSError."""
        loop = asyncio.get_running_loop()
        if self.path is not None:
            await loop.create_unix_connection(protocol, self.path)
        else:
            await loop.create_connection(protocol, self.host, self.port, ssl=self.tls)

    def greeting(self, name: str) -> Iterator[tuple[bytes, ...]]:
        """The commands that come first on a connection."""
        if self.password is not None:
            user = (self.username.encode(),) if self.username else ()
            yield (b"AUTH", *user, self.password.encode())
        if self.db:
            yield (b"SELECT", b"%d" % self.db)
        yield (b"CLIENT", b"SETNAME", name.encode())
