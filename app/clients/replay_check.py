"""What became of a replayed day: every conversation read back from the server and judged.

Duty: count final states and waits from the server's own times, and name every conversation that is
not in exactly one final state or was served by two. MUST NOT trust what the actors believe, save
for who was assigned.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.clients.agent_view import Json
from app.clients.figures import Figures
from app.clients.http import ApiClient, ApiRefused

FINAL = frozenset({"closed", "abandoned", "canceled"})
AT_ONCE = 16


@dataclass(slots=True, frozen=True)
class Ended:
    """One conversation as the server tells it, and the agents who were assigned it."""

    name: str
    found: Json | None
    agents: tuple[str, ...]


async def read_back(
    api: ApiClient, names: Sequence[str], served_by: Mapping[str, Sequence[str]]
) -> list[Ended]:
    """Ask for every conversation; ``found`` is None for one that the server does not know."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> Ended:
        async with gate:
            try:
                found: Json | None = await api.conversation(name)
            except ApiRefused as refused:
                if refused.status != 404:
                    raise
                found = None
        return Ended(name, found, tuple(served_by.get(name, ())))

    return list(await asyncio.gather(*(one(name) for name in names)))


def figures(ended: Sequence[Ended], speed: float) -> Figures:
    """Count; waits in recorded seconds, from entering the queue to the assignment."""
    waits_s = [
        max(0, one.found["assigned_at"] - one.found["enqueued_at"]) / 1000 * speed
        for one in ended
        if one.found is not None and one.found["state"] == "closed" and one.found["assigned_at"]
    ]
    return Figures.of(len(ended), waits_s)


def faults(ended: Sequence[Ended]) -> list[str]:
    """One sentence for everything that must not be; empty when all is well."""
    return [f"{one.name}: {fault}" for one in ended if (fault := _fault(one)) is not None]


def _fault(one: Ended) -> str | None:
    if one.found is None:
        return "lost: the server does not know it"
    state, agent = one.found["state"], one.found.get("agent")
    if state not in FINAL:
        return f"not ended: still {state}"
    if one.found["ended_at"] is None:
        return f"{state}, yet without the time of its end"
    if len(set(one.agents)) > 1:
        return f"served by two: {', '.join(one.agents)}"
    if state == "closed" and one.agents != (agent,):
        return f"closed by {agent}, but assigned to {', '.join(one.agents) or 'nobody'}"
    if state != "closed" and one.agents:
        return f"{state}, yet served by {one.agents[0]}"
    return None
