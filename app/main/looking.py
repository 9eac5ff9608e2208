"""The process that looks into the past for the board: a core of its own, gone when it has answered.

Gets what it has to know on its standard input, as the follower does, and answers on a pipe. MUST
NOT write anything. The rule: one at a time, and none longer than ``PATIENCE_S``.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.shell.time_travel import Moment, Travel
    from app.wire.views import View

PATIENCE_S = 60.0
END_S = 2.0
ANSWER_BYTES_MAX = 200_000_000


def traveller(url: str, workspace: str) -> Travel:
    """Travels by a process of its own for each look."""
    from app.ports import Position, StoreUnavailable
    from app.shell.time_travel import OutOfReach

    turn = asyncio.Lock()

    async def travel(moment: Moment) -> View:
        at = str(moment) if isinstance(moment, Position) else moment
        order = {"url": url, "workspace": workspace, "at": at}
        async with turn:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    told = await _asked(json.dumps(order).encode())
            except TimeoutError:
                raise OutOfReach(f"it would take more than {PATIENCE_S:.0f} s") from None
        if not told:
            raise StoreUnavailable("the process that looks back ended without an answer")
        answer: dict[str, Any] = json.loads(told)
        if "board" in answer:
            return dict(answer["board"])
        if answer["trouble"] == "StoreUnavailable":
            raise StoreUnavailable(answer["why"])
        raise OutOfReach(answer["why"])

    return travel


async def _asked(order: bytes) -> bytes:
    """What the process says to this order; empty when it says nothing."""
    from app.adapters.embedded.child import Child

    ear, mouth = os.pipe()
    words = [sys.executable, "-m", "app.main.looking", str(mouth)]
    child = Child(words, output=sys.stderr.fileno(), held=[mouth], piped=True)
    os.close(mouth)
    heard = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(heard), os.fdopen(ear, "rb", 0)
    )
    try:
        child.tell(order)
        return await heard.read(-1)
    finally:
        transport.close()
        await asyncio.shield(child.end(END_S))


async def _look(order: dict[str, Any]) -> dict[str, Any]:
    from app.adapters.redis import RedisStore
    from app.ports import Position, StoreUnavailable
    from app.shell.rebuilding import CannotApply
    from app.shell.time_travel import OutOfReach, board_at

    at = order["at"]
    store = RedisStore(order["url"], order["workspace"])
    try:
        moment = Position.parse(at) if isinstance(at, str) else at
        return {"board": await board_at(store, order["workspace"], moment)}
    except (OutOfReach, CannotApply, StoreUnavailable) as error:
        return {"trouble": type(error).__name__, "why": str(error)}
    finally:
        await store.aclose()


def main() -> None:
    """Answer the order on the standard input, on the pipe that is named."""
    os.nice(5)
    answer = asyncio.run(_look(json.loads(sys.stdin.buffer.read())))
    with os.fdopen(int(sys.argv[1]), "wb") as mouth:
        mouth.write(json.dumps(answer).encode())


if __name__ == "__main__":
    main()
