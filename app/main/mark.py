"""What a server remembers outside of its store: which log was there, and how far it had been read.

A store that was emptied looks like a new one, and a store that was set back looks like any other.
Only who remembers can tell. MUST NOT keep a server from serving when it cannot be written: that is
said in the log, once.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.main.node import StartFailed
from app.ports import START, Position

if TYPE_CHECKING:
    from app.config import Settings

log = logging.getLogger("interlock")
EVERY_S = 5.0
DIGEST_CHARACTERS = 12


class Mark:
    """One small file: the name of the log, and the last place known to be durable."""

    def __init__(self, path: Path) -> None:
        """Raises StartFailed when ``path`` is there and cannot be read."""
        self.path = path
        self.gen, self.end = "", START
        self._warned = False
        try:
            gen, _, end = path.read_text(encoding="utf-8").strip().partition("\n")
            self.gen, self.end = gen, Position.parse(end) if end else START
        except (FileNotFoundError, NotADirectoryError):
            return
        except (OSError, ValueError) as error:
            raise StartFailed(f"{path} cannot be read ({error}): mend or remove it") from None

    def explain(self, why: Exception) -> str:
        """Why the store is refused, and what to do about it."""
        if not self.gen:
            return str(why)
        return (
            f"{why}. It is {self.path} that remembers it: if the store was emptied on purpose, "
            "remove that file"
        )

    def note(self, gen: str, end: Position) -> None:
        """Remember this, through a crash of the process."""
        if (gen, end) == (self.gen, self.end):
            return
        beside = self.path.with_name(f"{self.path.name}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(f"{gen}\n{end}\n", encoding="utf-8")
            os.replace(beside, self.path)
        except OSError as error:
            self._warn(error)
            return
        self.gen, self.end = gen, end

    def _warn(self, error: OSError) -> None:
        if not self._warned:
            self._warned = True
            log.warning(
                "%s cannot be written (%s): after a restart an emptied store would look like a new "
                "one; let embedded.data name a directory that can be written and lasts",
                self.path,
                error.strerror,
            )

    async def keep(self, look: Callable[[], tuple[str, Position]]) -> None:
        """Note what is durable, over and over, until cancelled; nothing while we are no owner."""
        while True:
            await asyncio.sleep(EVERY_S)
            gen, end = look()
            if end != START:
                await asyncio.to_thread(self.note, gen, end)


def mark_of(settings: Settings) -> Mark:
    """The mark beside our own store, or the one of an external store and workspace."""
    workspace, url = settings.workspace.id, settings.redis.url
    if not url:
        return Mark(settings.embedded.data / f"log.{workspace}")
    # Passwords change, and must not be guessed from a name.
    parts = urlsplit(url)
    where = f"{parts.hostname}:{parts.port or 6379}{parts.path}?{parts.query}"
    digest = hashlib.sha256(where.encode()).hexdigest()[:DIGEST_CHARACTERS]
    return Mark(settings.embedded.data / f"log.{workspace}.{digest}")
