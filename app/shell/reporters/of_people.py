"""Agents whom the state calls connected and whom no socket reaches, and many who go at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from app.domain import events as e
from app.domain.state import Agent, State
from app.domain.watch import Cause, Finding
from app.domain.words import Connection, Presence

EVERY_MS: Final = 2_000
"""All agents are gone over: not in every look."""
MANY: Final = 5
SHARE: Final = 0.2
WITHIN_MS: Final = 60_000
AWAY_MS: Final = 5_000
"""Who is back by then had only come by another socket."""


class Ghosts:
    """``live`` tells how many sockets an agent has; ``grace_ms`` is what a lost one is given."""

    def __init__(self, live: Callable[[str], int], grace_ms: int) -> None:
        self._live, self._grace_ms = live, grace_ms
        self._since: dict[str, int] = {}
        self._next_at = 0

    def look(self, agents: Mapping[str, Agent], now: int) -> list[Finding]:
        """Those who looked so in the look before, too."""
        if now < self._next_at:
            return []
        self._next_at = now + EVERY_MS
        since = {
            id_: self._since.get(id_, now)
            for id_, agent in agents.items()
            if agent.connection is Connection.CONNECTED and not self._live(id_)
        }
        self._since = since
        ghosts = [agents[id_] for id_, at in since.items() if at < now]
        if len(ghosts) >= MANY and len(ghosts) > SHARE * len(agents):
            text = f"{len(ghosts)} agents are called connected, and no socket reaches them."
            return [many(text, min(since.values()), [one.id for one in ghosts])]
        return [self._ghost(one, since[one.id]) for one in ghosts]

    def _ghost(self, agent: Agent, since: int) -> Finding:
        return Finding(
            Cause.GHOST_AGENT,
            since,
            f"{agent.settings.name} is called connected, and no socket reaches the agent.",
            agent=agent.id,
            evidence={"grace_ms": self._grace_ms},
        )


class Losses:
    """Agents at work whose sockets went, by the events."""

    def __init__(self) -> None:
        self._lost: dict[str, int] = {}

    def note(self, state: State, event: e.ConnectionChanged) -> None:
        """Somebody's socket went, or came back. Who signed off, or was away, is not missed."""
        self._lost.pop(event.agent, None)
        agent = state.agents.get(event.agent)
        at_work = agent is not None and agent.presence is Presence.AVAILABLE
        if event.connection is Connection.GRACE and at_work:
            self._lost[event.agent] = event.at

    def look(self, agents: Mapping[str, Agent], now: int) -> list[Finding]:
        """One finding while more than a fifth is missing."""
        self._lost = {id_: at for id_, at in self._lost.items() if at > now - WITHIN_MS}
        gone = [id_ for id_, at in self._lost.items() if at <= now - AWAY_MS and id_ in agents]
        if len(gone) < MANY:
            return []
        there = sum(one.connection is Connection.CONNECTED for one in agents.values())
        if len(gone) <= SHARE * (there + len(gone)):
            return []
        text = f"{len(gone)} of {there + len(gone)} agents lost their sockets within a minute."
        return [many(text, min(self._lost[id_] for id_ in gone), gone)]

    def forget(self) -> None:
        """Another memory: everybody was told to come again."""
        self._lost.clear()


def many(text: str, since: int, ids: list[str]) -> Finding:
    """So many at once are our network's doing: observed, never repaired one by one."""
    evidence = {"agents": ids[:10], "count": len(ids)}
    return Finding(Cause.GHOST_AGENT, since, text, evidence=evidence, grave=True)
