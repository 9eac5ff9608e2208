"""The campaign's ground on a real server: the same images, written past every fence.

MUST change a log under its living owner in one step, or the owner would meet a state between.
"""

from __future__ import annotations

from typing import cast

from redis import Redis

from app.adapters.redis import RedisStore
from app.adapters.redis.keys import Keys
from app.campaign.image import Image
from app.ports import START, Position, Record, Store

_Entries = list[tuple[bytes, dict[bytes, bytes]]]


class RealGround:
    """A server that is there for this alone."""

    def __init__(self, url: str, admin: Redis) -> None:
        self._url, self._admin = url, admin

    def open(self, workspace: str) -> Store:
        """See ``damage.Ground``."""
        return RedisStore(self._url, workspace, timeout_s=10.0)

    def write(self, image: Image) -> None:
        """See ``damage.Ground``."""
        keys = Keys(image.workspace)
        found = list(self._admin.scan_iter(match=f"{{{image.workspace}}}:*", count=1_000))
        with self._admin.pipeline(transaction=True) as pipe:
            if found:
                pipe.unlink(*found)
            self._put(pipe, keys, image)
            own = {"epoch": image.epoch, "nonce": "none", "born": "1", "end": str(image.end)}
            for name, value in own.items():
                pipe.hset(keys.own, name, str(value))
            pipe.execute()

    def replace(self, image: Image) -> None:
        """See ``damage.Ground``."""
        keys = Keys(image.workspace)
        names = cast("set[bytes]", self._admin.smembers(keys.snaps))
        snapshots = [keys.snap(Position.parse(name.decode())) for name in names]
        old = [keys.log, keys.snaps, keys.vault, *snapshots]
        with self._admin.pipeline(transaction=True) as pipe:
            pipe.unlink(*old)
            self._put(pipe, keys, image)
            pipe.execute()

    def read(self, workspace: str) -> Image:
        """See ``damage.Ground``."""
        keys, admin = Keys(workspace), self._admin
        image = Image(workspace, vault={})
        entries = cast(_Entries, admin.xrange(keys.log))
        names = cast("set[bytes]", admin.smembers(keys.snaps))
        image.entries = [(Position.parse(at.decode()), fields[b"r"]) for at, fields in entries]
        image.last = Position.parse(admin.xinfo_stream(keys.log)["last-generated-id"].decode())
        for name in names:
            at = Position.parse(name.decode())
            chunks = cast("dict[bytes, bytes]", admin.hgetall(keys.snap(at)))
            image.snapshots[at] = [chunks[b"%d" % number] for number in range(len(chunks))]
        vault = cast("dict[bytes, bytes]", admin.hgetall(keys.vault))
        image.vault = {name.decode(): value for name, value in vault.items()}
        return image

    def _put(self, pipe: Redis, keys: Keys, image: Image) -> None:
        for place, record in image.entries:
            pipe.xadd(keys.log, {"r": record}, id=str(place))
        _end(pipe, keys, image)
        for at, chunks in image.snapshots.items():
            pipe.sadd(keys.snaps, str(at))
            for number, chunk in enumerate(chunks):
                pipe.hset(keys.snap(at), str(number), _text(chunk))
        for name, secret in image.vault.items():
            pipe.hset(keys.vault, name, _text(secret))


def _end(pipe: Redis, keys: Keys, image: Image) -> None:
    """A stream's end may be elsewhere than its last entry, or without any."""
    if image.last == START or (image.entries and image.entries[-1][0] == image.last):
        return
    pipe.xadd(keys.log, {"r": b""}, id=str(image.last))
    pipe.xdel(keys.log, str(image.last))


def _text(value: Record) -> str:
    """The client passes bytes through; only its annotations want text."""
    return cast(str, value)
