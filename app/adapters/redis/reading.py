"""The connections for everything but the writer: reads, snapshots, secrets and questions.

What goes through here may be asked twice without harm, so the client library may retry. MUST NOT
carry an append.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import RedisError

from app.adapters.redis.address import Address
from app.ports import StoreUnavailable

RETRIES = 3
RETRY_BASE_S = 0.01
RETRY_CAP_S = 0.1


def reading_client(address: Address, *, timeout_s: float, connect_timeout_s: float) -> Redis:
    """A client that answers with bytes and gives up soon. Connects when first used."""
    client: Redis = Redis.from_url(
        address.url,
        protocol=2,
        decode_responses=False,
        driver_info=None,
        socket_timeout=timeout_s,
        socket_connect_timeout=connect_timeout_s,
        retry=Retry(ExponentialWithJitterBackoff(base=RETRY_BASE_S, cap=RETRY_CAP_S), RETRIES),
    )
    return client


@contextmanager
def unavailable() -> Iterator[None]:
    """Whatever the client library raises becomes ``StoreUnavailable``."""
    try:
        yield
    except (RedisError, OSError) as trouble:
        raise StoreUnavailable(str(trouble) or type(trouble).__name__) from trouble
