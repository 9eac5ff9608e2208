"""Who speaks, as the rest of the edge knows them, whatever they showed to be let in.

MUST NOT hold anything that opens a door.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.wire.scope import EVERYTHING, Scope


@dataclass(slots=True, frozen=True)
class Principal:
    """Who speaks. ``agent`` is set when they speak for one agent; ``by`` is the actor in events.

    ``expires_at`` is the end of it in ms, 0 for a key without one; ``login`` names a browser
    session. ``since``: when it began, for a key in hand the instant of its use. ``desk``: the agent
    as whom a supervisor of a board has signed in, if so. ``mark``: which secret of the key was
    used. ``scope``: what is seen.
    """

    role: str
    by: str
    agent: str | None
    key_id: str
    expires_at: int = 0
    login: str = ""
    since: int = 0
    desk: str | None = None
    mark: str = ""
    scope: Scope = EVERYTHING
