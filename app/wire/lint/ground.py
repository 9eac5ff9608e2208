"""The settings that a warning is judged against, and how one is written down.

MUST stay cheap to make: a state is wrapped, not copied, and who is a member of what is looked up
once and only when somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from app.domain.settings import AgentSettings, PresenceSettings, QueueSettings
from app.domain.state import State
from app.wire.views import View

T = TypeVar("T")


class Configured:
    """All queues, agents and presences by id.

    ``whole`` False: there may be more elsewhere (a file beside what the API has made), so nothing
    is said about agents who are not named when none is.
    """

    def __init__(
        self,
        queues: Mapping[str, QueueSettings],
        agents: Mapping[str, AgentSettings],
        presences: Mapping[str, PresenceSettings],
        *,
        whole: bool = True,
    ) -> None:
        self.queues, self.agents, self.presences = queues, agents, presences
        self.knows_agents = whole or bool(agents)
        self._members: dict[str, list[AgentSettings]] | None = None

    def members(self, queue: str) -> list[AgentSettings]:
        """The agents of a queue."""
        if self._members is None:
            self._members = {}
            for agent in self.agents.values():
                for id_ in agent.queues:
                    self._members.setdefault(id_, []).append(agent)
        return self._members.get(queue, [])


def configured_in(state: State) -> Configured:
    """What a workspace has."""
    return Configured(_Settings(state.queues), _Settings(state.agents), _Settings(state.presences))


class _Settings(Mapping[str, T]):
    """The settings of records that have some."""

    def __init__(self, records: Mapping[str, Any]) -> None:
        self._records = records

    def __getitem__(self, id_: str) -> T:
        settings: T = self._records[id_].settings
        return settings

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)


def warning(code: str, path: str, message: str) -> View:
    """Likely a mistake."""
    return {"code": code, "level": "warning", "path": path, "message": message}


def info(code: str, path: str, message: str) -> View:
    """Good to know, and often meant so."""
    return warning(code, path, message) | {"level": "info"}


def nearest(word: str, known: Mapping[str, object]) -> str:
    """A hint at the id that was perhaps meant; empty when none is like it."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {found[0]}?" if found else ""
