"""What the drill does to the store: everything that a bad release, or a bad day, can do to bytes.

Works past every fence, as such things do. MUST change a log under its owner in one step.
"""

from __future__ import annotations

from random import Random
from typing import cast

import msgspec
from redis import Redis, ResponseError

from app.adapters.redis import RedisStore
from app.adapters.redis.keys import Keys
from app.campaign.faulty import shifted
from app.codec.chain import seal_batch
from app.codec.envelope import open_, record_hash, seal
from app.domain.events import ConversationMoved
from app.ports import Ownership, Position, Record, StoreFenced
from app.shell.rebuilding import log_key, snapshot_key

ROGUES = ("wrong queue", "shifted fields", "truncated", "unknown version", "unknown type", "noise")
_Entries = list[tuple[bytes, dict[bytes, bytes]]]
_SWAP = """
local at, to = ARGV[1], ARGV[2]
local one, two = redis.call('XRANGE', KEYS[1], at, at), redis.call('XRANGE', KEYS[1], to, to)
if #one == 0 or #two == 0 then return 0 end
local all = redis.call('XRANGE', KEYS[1], '-', '+')
redis.call('DEL', KEYS[2])
for _, entry in ipairs(all) do
  local fields = entry[2]
  if entry[1] == at then fields = two[1][2] elseif entry[1] == to then fields = one[1][2] end
  redis.call('XADD', KEYS[2], entry[1], unpack(fields))
end
redis.call('RENAME', KEYS[2], KEYS[1])
return 1
"""


class Vandal:
    """One store and one workspace to spoil."""

    def __init__(self, admin: Redis, url: str, workspace: str, seed: int) -> None:
        self._admin, self._url = admin, url
        self._workspace, self._keys = workspace, Keys(workspace)
        self._rng = Random(seed)

    def end(self) -> tuple[Position, Record]:
        """The log's last record."""
        [(at, fields)] = cast(_Entries, self._admin.xrevrange(self._keys.log, count=1))
        return Position.parse(at.decode()), fields[b"r"]

    def snapshots(self) -> list[Position]:
        """Where there are snapshots, newest first."""
        names = cast("set[bytes]", self._admin.smembers(self._keys.snaps))
        return sorted((Position.parse(name.decode()) for name in names), reverse=True)

    def set_aside(self) -> int:
        """How many times a stranger's records were put aside."""
        return len(list(self._admin.scan_iter(match=self._keys.log_aside("*"), count=1_000)))

    async def write_by_the_rules(self) -> str:
        """A node that lost its ownership, or never had it, appends through the script."""
        own = cast("dict[bytes, bytes]", self._admin.hgetall(self._keys.own))
        epoch, (end, record) = int(own[b"epoch"]), self.end()
        store = RedisStore(self._url, self._workspace, timeout_s=5.0)
        refused = 0
        try:
            for wrong in (epoch - 1, epoch, epoch + 1):
                try:
                    await store.log.append(Ownership(wrong, "rogue", end), end, [record])
                except StoreFenced:
                    refused += 1
        finally:
            await store.aclose()
        return f"{refused} of 3 appends refused by the fence"

    def write_past_the_fence(self, kind: str, *, far: bool) -> str:
        """XADD to the log itself; ``far``: with an id of the store's own choice."""
        for _ in range(200):
            end, last = self.end()
            record = self.rogue(kind, last)
            place = "*" if far else f"{end.epoch}-{end.n + 1}"
            try:
                at = cast(bytes, self._admin.xadd(self._keys.log, {"r": record}, id=place))
            except ResponseError:
                continue  # the owner wrote meanwhile
            return f"{kind} at {at.decode()}"
        raise AssertionError("the owner is always faster")

    def rogue(self, kind: str, last: Record) -> Record:
        """What a faulty build writes after ``last``; chained and sealed as well as it can."""
        key, prev = log_key(self._workspace), record_hash(last)
        opened = open_(key, last)
        event = ConversationMoved(1, "billing-1", "another", "billing", 1, None, "faulty", "system")
        [moved], _ = seal_batch(self._workspace, key, prev, [event])
        match kind:
            case "wrong queue":
                return moved
            case "shifted fields":
                said = msgspec.json.encode(shifted(msgspec.json.decode(open_(key, moved).body)))
                return seal(key, open_(key, moved).kind, 1, prev, said)
            case "truncated":
                return moved[:-7]
            case "unknown version":
                return seal(key, opened.kind, 99, prev, opened.body)
            case "unknown type":
                return seal(key, 4_711, 1, prev, opened.body)
            case _:
                return self._rng.randbytes(200)

    def flip_bits(self, at: Position) -> str:
        """In every part of one snapshot."""
        key = self._keys.snap(at)
        parts = cast("dict[bytes, bytes]", self._admin.hgetall(key))
        for number, part in parts.items():
            spoilt = bytearray(part)
            for _ in range(3):
                spoilt[self._rng.randrange(len(spoilt))] ^= 1 << self._rng.randrange(8)
            self._admin.hset(key, number.decode(), cast(str, bytes(spoilt)))
        return f"{len(parts)} parts of snapshot {at}"

    def make_stale(self) -> str:
        """An older snapshot stands under the newest one's name, as a stale cache would."""
        newest, older = self.snapshots()[:2]
        self._admin.execute_command(  # type: ignore[no-untyped-call]
            "COPY", self._keys.snap(older), self._keys.snap(newest), "REPLACE"
        )
        return f"snapshot {older} under the name of {newest}"

    def newer_format(self) -> str:
        """The newest snapshot in a format that this build does not know: a rollback left it."""
        at = self.snapshots()[0]
        key = self._keys.snap(at)
        parts = cast("dict[bytes, bytes]", self._admin.hgetall(key))
        prev = bytes(8)
        name = snapshot_key(self._workspace, at)
        for number in range(len(parts)):
            opened = open_(name, parts[b"%d" % number])
            record = seal(name, opened.kind, 99, prev, opened.body)
            prev = record_hash(record)
            self._admin.hset(key, str(number), cast(str, record))
        return f"snapshot {at} is of a release that is gone"

    def swap_in_the_log(self, until: Position) -> str:
        """Two stored records up to there change places, of those that a restart would read."""
        since = self.snapshots()[:1]
        after = f"({since[0]}" if since else "-"
        entries = cast(_Entries, self._admin.xrange(self._keys.log, min=after, max=str(until)))
        if len(entries) < 4:
            return ""
        (at, _), (to, _) = self._rng.sample(entries, 2)
        swap = self._admin.register_script(_SWAP)
        if not swap(keys=[self._keys.log, self._keys.log_draft], args=[at, to]):
            return ""
        return f"log records {at.decode()} and {to.decode()}"

    def swap_between_keys(self) -> str:
        """A part of a snapshot and a part of another snapshot change places."""
        newest, older = (self._keys.snap(at) for at in self.snapshots()[:2])
        one = cast(bytes, self._admin.hget(newest, "1"))
        two = cast(bytes, self._admin.hget(older, "1"))
        self._admin.hset(newest, "1", cast(str, two))
        self._admin.hset(older, "1", cast(str, one))
        return "parts of two snapshots"
