"""Looks at the store for ``interlock doctor``: its program or its server, its directory.

Owns nothing and writes nothing but a probe file that is gone at once. The rule: it asks the same
functions that a start asks, so that the two cannot disagree.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app.cli.finding import Finding, Level
from app.config import Settings

FREE_BYTES_MIN = 1 << 30


def store(settings: Settings) -> Iterator[Finding]:
    """The external store if there is one, else the embedded one and its directory."""
    if settings.redis.url:
        yield _external(settings)
    else:
        yield _program(settings.embedded.binary)
        yield _directory(settings.embedded.data)


def _external(settings: Settings) -> Finding:
    from app.adapters.redis.preflight import StoreUnfit
    from app.ports import StoreUnavailable

    try:
        return Finding("store", Level.OK, asyncio.run(_durability(settings)))
    except StoreUnfit as error:
        return Finding("store", Level.PROBLEM, error.fault, error.remedy)
    except StoreUnavailable as error:
        remedy = "start it, or correct redis.url; empty: the server starts its own"
        return Finding("store", Level.PROBLEM, f"redis.url does not answer: {error}", remedy)


async def _durability(settings: Settings) -> str:
    from app.adapters.redis.store import RedisStore

    redis = settings.redis
    store = RedisStore(
        redis.location,
        settings.workspace.id,
        timeout_s=redis.socket_timeout_ms / 1000,
        replicas=redis.replicas,
        allow=redis.allow,
    )
    try:
        found = await store.durability()
    finally:
        await store.aclose()
    return f"{found.level}: {found.detail}"


def _program(setting: str) -> Finding:
    from app.adapters.embedded.binary import NoServerBinary, find_server, version_of

    try:
        program = find_server(Path(setting) if setting else None)
    except NoServerBinary as error:
        fault, _, remedy = str(error).partition(" Remedy: ")
        return Finding("store", Level.PROBLEM, fault, remedy or "correct embedded.binary")
    version = version_of(program)
    if version == (0, 0):
        text = f"{program} does not say its version: it may not run on this machine"
        return Finding("store", Level.PROBLEM, text, "correct embedded.binary, or set redis.url")
    return Finding("store", Level.OK, f"{program}, version {version[0]}.{version[1]}")


def _directory(path: Path) -> Finding:
    home = next(one for one in (path, *path.absolute().parents) if os.path.exists(one))
    try:
        with tempfile.TemporaryFile(dir=home):
            free = shutil.disk_usage(home).free
    except OSError as error:
        remedy = "choose another with --data, or give this user the right to write there"
        return Finding("data", Level.PROBLEM, f"{home}: {error.strerror}", remedy)
    text = f"{path}{'' if home == path else ' (to be made)'}, {free >> 20} MiB free"
    if free < FREE_BYTES_MIN:
        return Finding("data", Level.NOTE, text, "free some space: a full disk stops the store")
    return Finding("data", Level.OK, text)
