"""A child process that gets nothing of ours but what it is given, and whose end can be awaited.

Not the event loop's own subprocesses: uvloop lets every inheritable descriptor through to the
child, and a store that outlives us must not hold the pipes of whoever started us.
"""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import IO


class Child:
    """Starts ``words`` in a session of its own. Blocks a few milliseconds until it runs.

    ``output`` takes what it prints, ``held`` are the descriptors it inherits; with ``piped`` it
    reads from a pipe whose other end is ours alone. Raises OSError.
    """

    def __init__(
        self,
        words: Sequence[str],
        *,
        output: IO[bytes] | int = subprocess.DEVNULL,
        held: Sequence[int] = (),
        piped: bool = False,
    ) -> None:
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=held,
            start_new_session=True,
        )
        self._over = asyncio.Event()
        loop = asyncio.get_running_loop()
        # A daemon: an application that ends without stopping us must not wait for the child.
        threading.Thread(target=self._wait, args=(loop,), daemon=True, name="child").start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        return self._process.returncode if self._over.is_set() else None

    async def ended(self) -> int:
        """Wait for its end and return the exit status."""
        await self._over.wait()
        return self._process.returncode

    async def end(self, timeout_s: float) -> None:
        """TERM, and KILL if that takes too long. Harmless when it has ended."""
        self._process.terminate()
        try:
            async with asyncio.timeout(timeout_s):
                await self.ended()
        except TimeoutError:
            self._process.kill()
            await self.ended()

    def tell(self, data: bytes) -> None:
        """Write to its pipe and close it. Harmless when it has ended."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError), self._process.stdin as pipe:
            pipe.write(data)

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        self._process.wait()
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(self._over.set)
