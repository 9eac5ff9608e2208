"""The course of the day beyond one process: each sample is stored, and read back after a start.

What the board showed is known to the owner's memory alone, so the owner stores it, one record a
minute, beside the log and never in its way. MUST NOT make a start wait: the last two days are read
back in the background, taking a tenth of the time at most; older days are read when asked for.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

from app.codec.errors import Unreadable
from app.codec.samples import read_sample, write_sample
from app.domain.engine import Engine
from app.domain.samples import Sample
from app.ports import Chronicle, StoreUnavailable
from app.wire.day_history import KEPT_MS, DayHistory, step_ms
from app.wire.day_intervals import Intervals
from app.wire.views import View

log = logging.getLogger(__name__)
MINUTES: Final = "minutes"
QUARTERS: Final = "quarters"
DAY_MS: Final = 86_400_000
PAGE: Final = 50
"""Decoded in one go, and nothing is decided meanwhile."""
SHARE_MAX: Final = 0.1
UNWRITTEN_MAX: Final = 240
"""Samples that wait for a store that is away: four hours of minutes."""
AGAIN_S: Final = 2.0
TRIM_EVERY_MS: Final = 3_600_000


class History:
    """Keeps ``days`` of samples in ``chronicle``; without one, what this process saw."""

    def __init__(
        self,
        now_ms: Callable[[], int],
        chronicle: Chronicle | None = None,
        workspace: str = "",
        days: int = 8,
    ) -> None:
        self._now_ms, self._chronicle, self._workspace = now_ms, chronicle, workspace
        self._kept_ms = days * DAY_MS
        self._day = DayHistory()
        self._engine: Engine | None = None
        self._unwritten: deque[tuple[str, Sample]] = deque(maxlen=UNWRITTEN_MAX)
        self._some = asyncio.Event()
        self._trimmed_at = 0
        self._answers = True
        self._reading_old = asyncio.Lock()
        self.being_read_back = chronicle is not None
        """Whether what was before this process is not all here yet."""

    def look(self, engine: Engine, now: int) -> None:
        """Take a sample if one is due; call where the state is durable. Never waits."""
        if self._chronicle is not None and self._engine not in (None, engine):
            # Another node may have owned the workspace meanwhile: it knows what we did not see.
            self.being_read_back = True
            self._some.set()
        self._engine = engine
        taken = self._day.look(engine, now)
        if taken is None or self._chronicle is None:
            return
        self._unwritten.append((MINUTES, taken.minute))
        if taken.quarter is not None:
            self._unwritten.append((QUARTERS, taken.quarter))
        self._some.set()

    def queues(self) -> list[str]:
        """The queues there is something of, by id."""
        return self._day.queues()

    async def run(self) -> None:
        """Read back what is stored, then store what is taken. Runs until cancelled."""
        assert self._chronicle is not None, "there is nowhere to store it"
        while True:
            try:
                if self.being_read_back:
                    await self._read_back(self._chronicle)
                await self._write(self._chronicle)
                self._answers = True
                await self._some.wait()
            except StoreUnavailable as error:
                if self._answers:
                    log.warning("the history waits for the store: %s", error)
                self._answers = False
                self._some.set()
                await asyncio.sleep(AGAIN_S)

    async def view(self, queue: str | None, since: int, until: int, every_ms: int) -> View:
        """The intervals that begin in [since, until); see ``HistoryShape``. Raises
        StoreUnavailable.
        """
        return (await self.views([queue], since, until, every_ms))[0]

    async def views(
        self, queues: Sequence[str | None], since: int, until: int, every_ms: int
    ) -> list[View]:
        """The same for several queues, or for all together alone: what is stored is read once."""
        day, step = self._day, step_ms(queues[0])
        if day.since is not None:
            since = max(since, day.since - step)
        every_ms = max(every_ms, step)
        found = {id_: Intervals(id_ or "", since, until, every_ms) for id_ in queues}
        first_at = day.first_at or until
        if self._chronicle is not None and not self.being_read_back and since + step < first_at:
            series = MINUTES if queues[0] is None else QUARTERS
            # The first sample of an interval only begins it, so one more is read.
            begin, end = since - since % every_ms - step, min(until + every_ms, first_at + step)
            async with self._reading_old:
                async for sample in self._read(self._chronicle, series, begin, end):
                    for one in found.values():
                        one.feed(sample)
        for id_, one in found.items():
            for sample in day.samples(id_):
                one.feed(sample)
        words = {"being_read_back": self.being_read_back, "kept_ms": self._kept_ms}
        heads = {id_: {"queue": id_, "every_ms": every_ms, "since": day.since} for id_ in queues}
        return [{**heads[id_], **words, **one.view()} for id_, one in found.items()]

    @property
    def since(self) -> int | None:
        """From when on something is known."""
        return self._day.since

    async def _read_back(self, chronicle: Chronicle) -> None:
        past, now = DayHistory(), self._now_ms()
        first = await chronicle.read(MINUTES, now - self._kept_ms, now, 1)
        async for minute in self._read(chronicle, MINUTES, now - KEPT_MS, now):
            past.keep_minute(minute)
        async for quarter in self._read(chronicle, QUARTERS, now - KEPT_MS, now):
            past.keep_quarter(quarter)
        self._day.join(past)
        if first:
            self._day.since = min(first[0][0], self._day.since or now)
        self.being_read_back = False
        log.info("the history since %s is read back", self._day.since)

    async def _read(
        self, chronicle: Chronicle, series: str, since: int, until: int
    ) -> AsyncIterator[Sample]:
        """The stored samples of [since, until), read so that others get nearly all of the time."""
        while since < until:
            found = await chronicle.read(series, since, until, PAGE if series == MINUTES else 1)
            if not found:
                return
            started = time.perf_counter()
            for at, record in found:
                try:
                    sample = read_sample(self._workspace, series, at, record)
                except Unreadable as error:
                    log.error("a sample of %s at %d is left out: %s", series, at, error)
                    continue
                yield sample
            since = found[-1][0] + 1
            took_s = time.perf_counter() - started
            await asyncio.sleep(took_s / SHARE_MAX - took_s)

    async def _write(self, chronicle: Chronicle) -> None:
        self._some.clear()
        while self._unwritten:
            series, sample = self._unwritten[0]
            record = write_sample(self._workspace, series, sample)
            await chronicle.add(series, sample.at, record)
            if self._unwritten and self._unwritten[0][1] is sample:
                self._unwritten.popleft()
        now = self._now_ms()
        if now - self._trimmed_at >= TRIM_EVERY_MS:
            self._trimmed_at = now
            for series in (MINUTES, QUARTERS):
                await chronicle.trim(series, now - self._kept_ms)
            if self._day.since is not None:
                self._day.since = max(self._day.since, now - self._kept_ms)
