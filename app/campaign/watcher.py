"""What the drill measures, from outside: offers in wrong queues, and how long anybody waited.

Knows each conversation's queue from whoever wrote it, and what each agent has in hand from the
agent's own page. MUST NOT ask the server: during the worst of it there is nobody to ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from app.campaign.traffic import CAPACITY, Traffic
from app.clients.journal import MemoryJournal

EVERY_S = 0.05


class WatchingJournal(MemoryJournal):
    """A journal that holds every offer it hears of to what its writer asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.traffic: Traffic | None = None
        self.wrong: list[str] = []
        self.offers = 0
        self.created: set[str] = set()
        self.cancelled: set[str] = set()

    def note(self, who: str, event: str, detail: Mapping[str, Any]) -> None:
        """See ``app.clients.journal``."""
        super().note(who, event, detail)
        if event == "acknowledged":
            if detail["act"] == "create":
                self.created.add(detail["id"])
            else:
                self.cancelled.add(detail["id"])
        elif event == "received" and detail.get("type") == "offer":
            self._hold(who, detail["offer"])
        elif event == "received" and detail.get("type") == "snapshot":
            for offer in detail.get("offers", ()):
                self._hold(who, offer)

    def _hold(self, who: str, offer: Mapping[str, Any]) -> None:
        assert self.traffic is not None
        self.offers += 1
        asked = self.traffic.queue_of.get(offer["conversation"])
        if offer["queue"] != asked or asked not in self.traffic.agents[who]:
            self.wrong.append(f"{offer['conversation']} to {who} in {offer['queue']}, not {asked}")


class Watcher:
    """``longest_s``: the longest that a conversation waited while somebody could have had it.

    It waits from when its writer first asked, answered or not.
    """

    def __init__(self, traffic: Traffic, journal: WatchingJournal) -> None:
        self._traffic, self._journal = traffic, journal
        self._since: dict[str, float] = {}
        self._served: set[str] = set()
        self.longest_s = 0.0
        self.longest = ""

    async def run(self, tell: Callable[[], str]) -> None:
        """Look, until cancelled. ``tell`` names what goes on, for the record."""
        while True:
            await asyncio.sleep(EVERY_S)
            self.look(asyncio.get_running_loop().time(), tell())

    def look(self, now: float, what: str) -> None:
        """Once."""
        able: set[str] = set()
        offered: set[str] = set()
        for client in self._traffic.clients:
            view = client.view
            offered |= {offer["conversation"] for offer in view.offers.values()}
            self._served |= view.conversations.keys()
            if len(view.offers) + len(view.conversations) < CAPACITY:
                able |= set(self._traffic.agents[client.agent_id])
        known = self._traffic.asked.keys() - self._journal.cancelled - self._served - offered
        waiting = {name for name in known if self._traffic.queue_of[name] in able}
        self._since = {name: self._since.get(name, now) for name in waiting}
        for name, since in self._since.items():
            if now - since > self.longest_s:
                self.longest_s, self.longest = now - since, f"{name}, during {what}"
