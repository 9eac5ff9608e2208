"""``python -m app.campaign.sleeper BASE KEY AGENT``: one agent's client in a process of its own.

It is there to be frozen, as a laptop or a browser's tab is. MUST do nothing but the agent's work.
"""

from __future__ import annotations

import asyncio
import sys

from app.campaign.traffic import quick
from app.clients.agent import AgentClient
from app.clients.behaviour import Bot


async def work(base: str, key: str, agent: str) -> None:
    """Until the process is ended."""
    async with AgentClient(base, key, agent) as client:
        await Bot(client, quick(agent)).run()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:4]))
