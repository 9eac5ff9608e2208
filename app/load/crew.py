"""The client processes of a run: starts them, gives orders, gathers their reports.

MUST touch no process but its own, and leave none behind: they end when their input does. The rule:
a process that ends by itself ends the run, for from then on it would be measured wrongly.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import orjson

from app.load.plan import Share

Json = dict[str, Any]

PACKAGES = Path(__file__).resolve().parents[2]
REPORT_BYTES_MAX = 1 << 28


class ClientFailed(Exception):
    """A client process ended or fell silent: no measurement of the server."""


class Crew:
    """The processes for these shares; ``heard`` gets each report. An async context manager."""

    def __init__(self, shares: Sequence[Share], heard: Callable[[Json], None]) -> None:
        self._shares, self._heard = shares, heard
        self._children: list[asyncio.subprocess.Process] = []
        self._readers: list[asyncio.Task[None]] = []
        self._did: Counter[str] = Counter()
        self._news = asyncio.Condition()
        self._ending = False
        self.reported: dict[int, float] = {}
        """Process -> the time in seconds up to which it has reported."""

    async def __aenter__(self) -> Crew:
        env = dict(os.environ)
        env["PYTHONPATH"] = os.pathsep.join(
            filter(None, [str(PACKAGES), env.get("PYTHONPATH", "")])
        )
        for share in self._shares:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "app.load.worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=env,
                limit=REPORT_BYTES_MAX,
                # A Ctrl+C is for the one who gives orders; the others are told to leave.
                start_new_session=True,
            )
            self._children.append(child)
            assert child.stdin is not None
            child.stdin.write(msgspec.json.encode(share) + b"\n")
            self._readers.append(asyncio.create_task(self._read(child)))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ending = True
        for child in self._children:
            if child.returncode is None:
                child.kill()
            await child.wait()
        for reader in self._readers:
            reader.cancel()
        await asyncio.wait(self._readers)

    @property
    def horizon_s(self) -> float:
        """The time up to which every process has reported."""
        if len(self.reported) < len(self._shares):
            return 0.0
        return min(self.reported.values())

    @property
    def pids(self) -> list[int]:
        """The ids of the client processes."""
        return [child.pid for child in self._children]

    async def order(self, name: str, within_s: float = 60.0, **words: Any) -> None:
        """Give an order to all, and return when all have done it.

        Raises ClientFailed, or TimeoutError after ``within_s``.
        """
        line = orjson.dumps({"order": name, **words}) + b"\n"
        wanted = self._did[name] + len(self._children)
        for child in self._children:
            assert child.stdin is not None
            child.stdin.write(line)
        async with asyncio.timeout(within_s), self._news:
            await self._news.wait_for(lambda: self._did[name] >= wanted or self._failed)
        self.check()

    def check(self) -> None:
        """Raise ClientFailed when one has ended."""
        if self._failed:
            raise ClientFailed("a client process ended by itself; its last words are above")

    @property
    def _failed(self) -> bool:
        return not self._ending and any(reader.done() for reader in self._readers)

    async def _read(self, child: asyncio.subprocess.Process) -> None:
        assert child.stdout is not None
        try:
            while line := await child.stdout.readline():
                report: Json = orjson.loads(line)
                events: list[Any] = report["events"]
                done = [event for event in events if event[0] == "did"]
                report["events"] = [event for event in events if event[0] != "did"]
                self.reported[report["number"]] = report["t"]
                self._heard(report)
                self._did.update(event[3] for event in done)
                async with self._news:
                    self._news.notify_all()
        finally:
            async with self._news:
                self._news.notify_all()
