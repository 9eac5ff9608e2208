"""WebSocket frames out: replies and pushes as text.

A push is encoded once for all who get it; only the head with ``seq`` differs from session to
session, so ``Push`` keeps the tail and ``text`` puts the head before it.
"""

from __future__ import annotations

from typing import Any

import orjson

from app.domain.refusals import Refusal, Refused
from app.wire.codes import Problem, is_temporary


class Push:
    """One push: ``kind`` is its type, ``at`` the instant (ms) it speaks of, ``body`` its other
    fields.
    """

    __slots__ = ("_tail", "kind")

    def __init__(self, kind: str, at: int, body: dict[str, Any]) -> None:
        self.kind = kind
        self._tail = orjson.dumps({"at": at, **body}).decode()[1:]

    def text(self, seq: int) -> str:
        """The frame as number ``seq`` of its session."""
        return f'{{"type":"{self.kind}","seq":{seq},{self._tail}'


def reply_ok(ref: str | int, **fields: Any) -> str:
    """The command was carried out."""
    return orjson.dumps({"type": "reply", "ref": ref, "ok": True, **fields}).decode()


def reply_refused(ref: str | int | None, refused: Refused) -> str:
    """The engine refused the command."""
    return reply_problem(ref, refused.code, refused.message)


def reply_problem(ref: str | int | None, code: Problem | Refusal, message: str) -> str:
    """The command was not carried out, or it is not known (``pending``)."""
    return orjson.dumps(
        {
            "type": "reply",
            "ref": ref,
            "ok": False,
            "code": str(code),
            "message": message,
            "temporary": is_temporary(code),
        }
    ).decode()
