"""What looks like a mistake in settings that are allowed: warnings, never refusals.

Takes settings by id and nothing else, so a PUT and ``interlock config check`` say the same. MUST
NOT be asked by anything that decides about offers.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.wire.lint.agents import agent_warnings
from app.wire.lint.ground import Configured, configured_in
from app.wire.lint.presences import presence_warnings
from app.wire.lint.queues import queue_warnings
from app.wire.views import View

__all__ = [
    "Configured",
    "agent_warnings",
    "all_warnings",
    "configured_in",
    "presence_warnings",
    "queue_warnings",
]


def all_warnings(ground: Configured) -> Iterator[tuple[str, str, View]]:
    """Every warning as (kind, id, warning); the kinds are the tables of the settings file."""
    for id_ in ground.presences:
        yield from (("presences", id_, one) for one in presence_warnings(ground, id_))
    for id_ in ground.queues:
        yield from (("queues", id_, one) for one in queue_warnings(ground, id_))
    for id_ in ground.agents:
        yield from (("agents", id_, one) for one in agent_warnings(ground, id_))
