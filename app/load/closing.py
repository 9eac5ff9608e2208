"""The end of a run: everything that was acknowledged is looked for on the server, then taken away.

MUST touch nothing but what carries the run's prefix. The rule: what a client did not see the end of
is asked for one by one, and one that the server does not know was lost.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from app.load import plan as plans
from app.load.caller import GAVE_UP, Caller
from app.load.ledger import Ledger
from app.load.plan import Plan

OVER = {"closed", "abandoned", "canceled"}
REASON = {"reason": "end of a load run"}
TRIES = 20
AT_ONCE = 16


async def meet(caller: Caller) -> None:
    """Make sure that an Interlock is there and takes the key. Raises one of ``GAVE_UP``."""
    status, answer = await caller.call("GET", "/v1/queues")
    if status != 200:
        raise OSError(f"GET /v1/queues was answered {status}: {(answer or {}).get('detail')}")


async def furnish(caller: Caller, plan: Plan, prefix: str) -> None:
    """Put the queues of a run. Raises OSError when one is refused."""
    for number in range(plan.queues):
        body = {
            "name": f"Load {number}",
            "offer": {"timeout_ms": plan.offer_timeout_ms},
            # Nobody is to be sent away: a late answer is a figure here.
            "no_answer": {"streak": 0},
            "decline": {"cooldown_ms": 5_000},
        }
        path = f"/v1/queues/{plans.queue_name(prefix, number)}"
        status, answer = await insist(caller, "PUT", path, body)
        if status not in (200, 201):
            raise OSError(f"PUT {path} was answered {status}: {(answer or {}).get('detail')}")


async def insist(caller: Caller, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Call until there is an answer that is none of trouble; status 0 when there never is."""
    for number in range(TRIES):
        try:
            status, answer = await caller.call(method, path, body)
        except GAVE_UP:
            status, answer = 0, None
        if status not in (0, 429, 502, 503, 504):
            return status, answer
        await asyncio.sleep(min(1.0, 0.05 * 2**number))
    return 0, None


async def look_for_open(caller: Caller, ledger: Ledger) -> Counter[str]:
    """Ask for all that is open as far as clients know; how many are in which state.

    What is over is closed in the ledger: an answer to *complete* is lost with its connection.
    """
    states: Counter[str] = Counter()

    async def ask(conversation: str) -> None:
        acknowledged = ledger.open.get(conversation, False)
        status, answer = await insist(caller, "GET", f"/v1/conversations/{conversation}")
        if status == 404 and acknowledged:
            ledger.fault(f"{conversation} was acknowledged, and the server has lost it", "lost")
            ledger.over(conversation)
        elif status == 200 and answer["state"] in OVER:
            ledger.over(conversation)
            ledger.counts["found closed"] += 1
        else:
            states[answer["state"] if status == 200 else f"no answer ({status})"] += 1

    await _each(ask, list(ledger.open))
    return states


async def look_for_over(caller: Caller, ledger: Ledger) -> None:
    """Ask for a sample of what was completed: it has to be over on the server, too."""

    async def ask(conversation: str) -> None:
        status, answer = await insist(caller, "GET", f"/v1/conversations/{conversation}")
        state = answer["state"] if status == 200 else f"answered with {status}"
        if state not in OVER:
            ledger.fault(f"{conversation} was completed, and is {state}", "lost")

    await _each(ask, ledger.sample)


async def clear(caller: Caller, plan: Plan, prefix: str, ledger: Ledger) -> int:
    """End what is left of a run; how many it could not end."""
    stuck = 0

    async def end(conversation: str) -> None:
        nonlocal stuck
        for act in ("cancel", "close"):
            path = f"/v1/conversations/{conversation}/{act}"
            status, _ = await insist(caller, "POST", path, REASON)
            if status in (200, 404):
                return
        stuck += 1

    await _each(end, list(ledger.open))
    return stuck


async def clear_queues(caller: Caller, plan: Plan, prefix: str) -> int:
    """Take the queues away; how many would not go."""
    kept = 0
    for number in range(plan.queues):
        path = f"/v1/queues/{plans.queue_name(prefix, number)}"
        status, _ = await insist(caller, "DELETE", path)
        kept += status not in (200, 204, 404)
        if not status:
            break
    return kept


async def _each(call: Callable[[str], Awaitable[None]], many: Iterable[str]) -> None:
    left = iter(many)

    async def line() -> None:
        for one in left:
            await call(one)

    await asyncio.gather(*(line() for _ in range(AT_ONCE)))
