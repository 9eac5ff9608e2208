"""Is this server fit to hold the truth? What it promises, in words, or a refusal with a remedy.

Reads INFO first, because many hosted servers deny CONFIG; what cannot be learnt is called unknown
and never assumed. A refusal carries a name, by which an operator may override it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from app.adapters.redis.reading import unavailable
from app.ports import Durability

NO_AOF = "no_aof"
EVICTION = "eviction"
REDIS_FLOOR = (7, 0)
VALKEY_FLOOR = (7, 2)

_LOSSES = {
    "always": "fsync before every answer; a power cut loses nothing if the disk is honest",
    "everysec": "fsync every second; a power cut loses about a second, 2 s or more on a slow disk",
    "no": "the operating system decides when to write; a power cut may lose half a minute",
    "memory": "append-only file off; a restart of the store loses everything since its last dump",
    "unknown": "the server does not tell its append-only policy; ask whoever runs it",
}


class StoreUnfit(ValueError):
    """This server would lose data by design. ``override`` names what allows it, if anything."""

    def __init__(self, fault: str, remedy: str, override: str | None = None) -> None:
        allowed = f", or allow {override!r} by name" if override else ""
        super().__init__(f"{fault}. Remedy: {remedy}{allowed}.")
        self.fault = fault
        self.remedy = remedy
        self.override = override


async def inspect(client: Redis, allow: Collection[str], replicas: int) -> Durability:
    """The level in force. Raises StoreUnfit, StoreUnavailable."""
    with unavailable():
        info = await client.info("everything")
        config = await _config(client)
    server = server_name(info)
    _refuse_eviction(info, allow)
    level = _level(info, config, allow)
    detail = f"{server}: {_LOSSES[level]}"
    if config.get("no-appendfsync-on-rewrite") == "yes":
        detail += "; no-appendfsync-on-rewrite widens that to half a minute during a rewrite"
    if replicas:
        detail += f"; every append waits for {replicas} replica(s)"
        level = "replicated" if level == "always" else level
    return Durability(level, detail)


async def _config(client: Redis) -> Mapping[str, str]:
    try:
        found = await client.config_get("appendfsync", "no-appendfsync-on-rewrite")
    except ResponseError:  # renamed, or denied by an ACL or the host
        return {}
    return {_text(name): _text(value) for name, value in found.items()}


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def server_name(info: Mapping[str, Any]) -> str:
    """Name and version. Raises StoreUnfit below the floor."""
    # Valkey says redis_version 7.2.4 whatever it is, so its own field goes first.
    valkey = info.get("valkey_version")
    name, floor = ("Valkey", VALKEY_FLOOR) if valkey else ("Redis", REDIS_FLOOR)
    version = _text(valkey or info.get("redis_version", "0.0"))
    if tuple(int(part) for part in version.split(".")[:2]) < floor:
        raise StoreUnfit(
            f"{name} {version} is too old",
            f"use Redis {'.'.join(map(str, REDIS_FLOOR))} or Valkey"
            f" {'.'.join(map(str, VALKEY_FLOOR))} or later",
        )
    return f"{name} {version}"


def _refuse_eviction(info: Mapping[str, Any], allow: Collection[str]) -> None:
    policy = _text(info.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction" and EVICTION not in allow:
        raise StoreUnfit(
            f"maxmemory-policy is {policy}: a full store would drop the log silently",
            "set maxmemory-policy to noeviction",
            EVICTION,
        )


def _level(info: Mapping[str, Any], config: Mapping[str, str], allow: Collection[str]) -> str:
    enabled = info.get("aof_enabled")
    if enabled is None:
        return "unknown"
    if not int(enabled):
        if NO_AOF not in allow:
            raise StoreUnfit(
                "the append-only file is off: a restart of the store loses acknowledged work",
                "set appendonly to yes and appendfsync to always",
                NO_AOF,
            )
        return "memory"
    return config.get("appendfsync", "unknown")
