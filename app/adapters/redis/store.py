"""``RedisStore``: all ports of one workspace on one Redis or Valkey.

Puts the parts together and owns their connections; holds no rule. Two kinds of connection exist:
the writer's ``Link`` (appends, lease, the log's end) and a client library's pool for everything
else.
"""

from __future__ import annotations

from collections.abc import Collection

from app.adapters.redis.address import Address
from app.adapters.redis.chronicle import RedisChronicle
from app.adapters.redis.keys import Keys
from app.adapters.redis.lease import RedisLease
from app.adapters.redis.link import Link
from app.adapters.redis.log import RedisLog
from app.adapters.redis.nodes import RedisNodes
from app.adapters.redis.preflight import StoreUnfit, inspect
from app.adapters.redis.reading import reading_client
from app.adapters.redis.snapshots import RedisSnapshots
from app.adapters.redis.vault import RedisVault
from app.ports import Chronicle, Durability, Lease, Log, Nodes, Snapshots, Vault

TIMEOUT_S = 1.0
READ_TIMEOUT_S = 5.0
PAGE = 10_000


class RedisStore:
    """A store at ``url`` (``redis://``, ``rediss://``, ``unix://`` or a socket's absolute path).

    ``timeout_s`` bounds a write's answer and a connection's opening, ``read_timeout_s`` the
    answer to a page of ``page`` records. ``allow`` names what ``durability`` shall not refuse
    (``no_aof``, ``eviction``). With ``replicas`` an append returns when so many replicas have it
    too. Raises StoreUnfit when files that its TLS needs cannot be read.
    """

    def __init__(
        self,
        url: str,
        workspace: str = "main",
        *,
        timeout_s: float = TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
        page: int = PAGE,
        replicas: int = 0,
        allow: Collection[str] = (),
    ) -> None:
        self.url = url
        try:
            address, keys = Address.parse(url), Keys(workspace)
        except OSError as error:
            fault = f"the files of redis.tls_ca, tls_cert and tls_key cannot be used: {error}"
            raise StoreUnfit(fault, "correct their paths, or let our user read them") from None
        self._allow = allow
        self._replicas = replicas
        self._link = Link(
            address,
            timeout_s=timeout_s,
            connect_timeout_s=timeout_s,
            name=f"interlock-writer:{workspace}",
        )
        self._client = reading_client(
            address, timeout_s=read_timeout_s, connect_timeout_s=timeout_s
        )
        self.log: Log = RedisLog(
            self._link,
            self._client,
            keys,
            page=page,
            replicas=replicas,
            replica_timeout_ms=int(timeout_s * 500),
        )
        self.lease: Lease = RedisLease(self._link, keys)
        self.snapshots: Snapshots = RedisSnapshots(self._client, keys)
        self.nodes: Nodes = RedisNodes(self._client, keys)
        self.chronicle: Chronicle = RedisChronicle(self._client, keys)
        self.vault: Vault = RedisVault(self._client, keys)

    async def durability(self) -> Durability:
        """The level in force. Raises StoreUnfit (see ``preflight``), StoreUnavailable."""
        return await inspect(self._client, self._allow, self._replicas)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._link.aclose()
        await self._client.aclose()
