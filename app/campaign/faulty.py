"""A fault port: while a file says so, events are encoded wrongly, or hang, or a queue is not seen.

So a bad release of the program looks from within. Only ``app.main.drilled`` opens it, which the
drill starts; an ordinary server has no such port. MUST NOT touch what is done with the wrong bytes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import is_dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

PORT = "INTERLOCK_DRILL_PORT"
FAULTS = ("wrong queue", "shifted fields", "truncated", "unknown version")
HANG = "hang"
"""``hang SECONDS``: the next encoding takes so long, once, and the event loop with it."""
BLIND = "blind"
"""``blind QUEUE``: the matcher finds nobody for this queue, whatever it is told."""
ONE_IN = 9
"""One event in so many is encoded wrongly while the port is open."""

Body = Callable[[str, object], bytes]


def open_port(port: Path) -> None:
    """Let this process go wrong whenever the port names a fault."""
    from app.codec import events
    from app.codec.body import write_body
    from app.codec.envelope import seal

    bodies, seals = count(1), count(1)

    def fault(number: int) -> str:
        if number % ONE_IN:
            return ""
        try:
            return port.read_text().strip()
        except FileNotFoundError:
            return ""

    def faulty_body(workspace: str, event: object) -> bytes:
        hang(port)
        return wrong_body(fault(next(bodies)), write_body, workspace, event)

    def faulty_seal(key: bytes, kind: int, schema: int, prev: bytes, body: bytes) -> bytes:
        schema = 99 if fault(next(seals)) == "unknown version" else schema
        return seal(key, kind, schema, prev, body)

    vars(events).update(write_body=faulty_body, seal=faulty_seal)
    _blind(port)


def _blind(port: Path) -> None:
    """Let the matcher overlook the queue that the port names."""
    from app.domain.matching import Matcher

    seeing = Matcher._find_agents

    def find(self: Matcher, conversation: Any, queue: Any, need: Any, now: int) -> bool:
        try:
            word, _, meant = port.read_text().strip().partition(" ")
        except FileNotFoundError:
            word = meant = ""
        if word == BLIND and meant == queue.id:
            return False
        return seeing(self, conversation, queue, need, now)

    Matcher._find_agents = find  # type: ignore[method-assign]


def hang(port: Path) -> None:
    """Stand still for as long as the port says, and close it."""
    try:
        word, _, seconds = port.read_text().partition(" ")
    except FileNotFoundError:
        return
    if word == HANG and seconds:
        port.unlink()
        time.sleep(float(seconds))


def wrong_body(fault: str, right: Body, workspace: str, event: object) -> bytes:
    """The body that a bad encoder makes of an event."""
    if fault == "wrong queue" and getattr(event, "queue", None) and is_dataclass(event):
        changed: Any = event
        return right(workspace, replace(changed, queue="another"))
    body = right(workspace, event)
    if fault == "truncated":
        return body[:-7]
    if fault == "shifted fields":
        said: dict[str, Any] = msgspec.json.decode(body)
        return msgspec.json.encode(shifted(said))
    return body


def shifted(said: dict[str, Any]) -> dict[str, Any]:
    """Every value one field further on, as when a writer knows a field that a reader does not."""
    names = list(said)
    return dict(zip(names, [said[name] for name in (*names[1:], names[0])], strict=True))
