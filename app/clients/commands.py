"""Commands under way: said, but not finally answered. No input, no output.

MUST NOT send anything. The rules: a command stays here until its final reply, so that a new
connection can say it again under the same ``ref``; ``pending`` is not final; a reply to an unknown
``ref`` is ignored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

SERVER_TROUBLE = frozenset({"store_unavailable", "outcome_unknown", "overloaded", "not_owner"})


@dataclass(slots=True, frozen=True)
class Answer:
    """The final reply to one command. ``code`` and ``message`` say why it was refused."""

    ok: bool
    body: Json
    code: str | None = None
    message: str | None = None
    temporary: bool = False

    @property
    def already(self) -> bool:
        """It had been done before; saying it again changed nothing."""
        return bool(self.body.get("already"))

    @property
    def conversation(self) -> str | None:
        """What a pull picked."""
        return self.body.get("conversation")

    @property
    def server_trouble(self) -> bool:
        """The server could not do it now; nothing about the command itself is wrong."""
        return self.temporary and self.code in SERVER_TROUBLE

    @classmethod
    def read(cls, reply: Json) -> Answer:
        """Take a reply frame."""
        if reply["ok"]:
            return cls(True, reply)
        return cls(False, reply, reply["code"], reply.get("message"), bool(reply.get("temporary")))


@dataclass(slots=True, frozen=True)
class _Open:
    frame: Json
    future: asyncio.Future[Answer] | None


class Commands:
    """The open commands of one client, in the order in which they were said."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._count = 0
        self._open: dict[str, _Open] = {}

    def open(self, kind: str, fields: Json) -> tuple[Json, asyncio.Future[Answer]]:
        """A new command: its frame, and the future of its final answer."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        return self._add(kind, fields, future), future

    def open_unawaited(self, kind: str, fields: Json) -> Json:
        """A new command whose answer nobody waits for."""
        return self._add(kind, fields, None)

    def _add(self, kind: str, fields: Json, future: asyncio.Future[Answer] | None) -> Json:
        self._count += 1
        frame = {"type": kind, "ref": f"{self._prefix}-{self._count}", **fields}
        self._open[frame["ref"]] = _Open(frame, future)
        return frame

    def settle(self, reply: Json) -> None:
        """Give a final reply to whoever waits for it."""
        ref = reply.get("ref")
        if not isinstance(ref, str) or reply.get("code") == "pending":
            return
        known = self._open.pop(ref, None)
        if known is not None and known.future is not None and not known.future.done():
            known.future.set_result(Answer.read(reply))

    def unanswered(self) -> Iterator[Json]:
        """The frames to say again; a caller that stopped waiting has its command dropped."""
        for ref, known in list(self._open.items()):
            if known.future is not None and known.future.done():
                del self._open[ref]
            else:
                yield known.frame

    def drop_unawaited(self) -> None:
        """Forget what nobody waits for: a snapshot has made it moot."""
        self._open = {ref: known for ref, known in self._open.items() if known.future is not None}

    def fail(self, error: Exception) -> None:
        """No answer will ever come."""
        for known in self._open.values():
            if known.future is not None and not known.future.done():
                known.future.set_exception(error)
        self._open.clear()
