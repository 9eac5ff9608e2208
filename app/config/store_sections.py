"""The settings of the store: one of yours, or the server's own.

Holds no logic but what belongs together. The rule: as in ``sections``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlencode

from pydantic import model_validator

from app.config.kinds import CountOrNone, Ms, StoreUrl, Text, TextPath, Unit
from app.config.sections import Section


class Redis(Section):
    """An external store: Redis 7.0 or newer, or Valkey. Without a url the server starts its own."""

    url: StoreUrl = ""
    """redis://[user:password@]host:port/db, rediss:// for TLS, or the path of a unix socket. It
    may hold a password: prefer INTERLOCK_REDIS__URL_FILE."""
    tls_ca: TextPath = ""
    """With rediss://: the PEM file of the authority that the server's certificate is held against.
    Empty: those of the system. The certificate must name the host of the url."""
    tls_cert: TextPath = ""
    """The certificate by which the server may know us, where it asks for one, with tls_key."""
    tls_key: TextPath = ""
    """Its key, without a passphrase."""
    socket_timeout_ms: Ms = 1_000
    """After this a store call counts as uncertain, and the tail of the log is read back."""
    replicas: CountOrNone = 0
    """An append is answered when this many replicas have it too. 0: the store alone decides."""
    allow: Annotated[tuple[Literal["eviction", "no_aof"], ...], Unit("list of words")] = ()
    """Dangers accepted by name, else the start is refused: eviction (the store may drop any key
    when memory is full), no_aof (a restart of the store loses what it held)."""

    @property
    def location(self) -> str:
        """The url with the files of its TLS, as the client library reads it."""
        files = {
            "ssl_ca_certs": self.tls_ca,
            "ssl_certfile": self.tls_cert,
            "ssl_keyfile": self.tls_key,
        }
        query = urlencode({name: path for name, path in files.items() if path})
        return f"{self.url}{'&' if '?' in self.url else '?'}{query}" if query else self.url

    @model_validator(mode="after")
    def _over_tls(self) -> Self:
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ValueError("tls_cert and tls_key go together: set both, or none of them")
        if (self.tls_ca or self.tls_cert) and not self.url.startswith("rediss://"):
            raise ValueError("tls_ca, tls_cert and tls_key need a url with rediss://")
        return self


class Embedded(Section):
    """The store that the server starts by itself when redis.url is empty."""

    data: Annotated[Path, Unit("directory")] = Path("data")
    """Holds the log; relative to the working directory. Back it up; one server at a time. With
    redis.url it only holds a note of which log was seen there, so that a store that was emptied is
    not taken for a new one after a restart: let it outlive the process there, too."""
    fsync: Annotated[Literal["always", "everysec"], Unit("word")] = "always"
    """always: a power cut loses nothing that was answered. everysec: it loses about one second,
    for less work per write. Killed processes lose nothing with either."""
    binary: Text = ""
    """Path of a valkey-server or redis-server 7.0 or newer. Empty: the one installed with
    Interlock, then the PATH."""
