"""The sockets' own code for the nodes of ``interlock campaign sim``: only a root brings the edge.

Keys are made without any that could be guessed; what is random in a ticket never shows in what a
client is told.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.campaign.sim.node import OpenDoor
    from app.config import Settings
    from app.edge.identity import Identity, Principal
    from app.edge.sockets import Sockets
    from app.shell.hub import Hub
    from app.shell.meter import Meter
    from app.shell.router import Router

SECRET = b"the world's cookies are never looked at"
OUTBOX_FRAMES_MAX = 16
"""Few, so that slow readers are met before their network is."""
ADMIN_KEY = "the world's own"


class EdgeDoor:
    """Tickets and sockets of one node."""

    def __init__(self, identity: Identity, sockets: Sockets) -> None:
        self._identity, self._sockets = identity, sockets

    def ticket(self, agent: str | None, key: str | None) -> str:
        """See ``app.campaign.sim.node.Door``."""
        from app.edge.problems import ProblemError
        from app.shell.work import Trouble

        try:
            who = self._identity.by_key(key or ADMIN_KEY)
            if who is None:
                raise LookupError("the key opens nothing")
            return self._issue(who, agent)
        except (ProblemError, Trouble) as error:
            raise LookupError(str(error)) from error

    def _issue(self, who: Principal, agent: str | None) -> str:
        return self._identity.issue(who, "supervisor" if agent is None else "agent", agent)

    async def serve(self, scope: Any, receive: Any, send: Any) -> None:
        """See ``app.campaign.sim.node.Door``."""
        from starlette.websockets import WebSocket

        await self._sockets.endpoint(WebSocket(scope, receive, send))


def open_door(settings: Settings, router: Router, hub: Hub, meter: Meter) -> EdgeDoor:
    """The edge of one node, with the limits that the settings say."""
    from app.edge.identity import Identity
    from app.edge.sockets import Sockets
    from app.main.node import _socket_limits

    identity = Identity(router, settings, SECRET)
    return EdgeDoor(identity, Sockets(router, hub, identity, _socket_limits(settings), meter))


def new_door() -> OpenDoor:
    """Opens the doors of all nodes of one process, with the settings of a server."""
    from app.config import Settings

    own = {"auth": {"admin_key": ADMIN_KEY}, "limits": {"outbox_frames_max": OUTBOX_FRAMES_MAX}}
    settings = Settings.model_validate(own)
    return partial(open_door, settings)
