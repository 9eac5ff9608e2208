"""What a socket means for its agent: there, gone, or proof that an offer was taken.

The edge knows sockets and this module knows the commands, so that neither learns the other's words.
"""

from __future__ import annotations

from collections.abc import Callable

from app.domain import commands as c
from app.shell.router import Router
from app.shell.work import Answer, Done, Trouble


def arrive(router: Router, agent: str | None, done: Done, pending: Callable[[], None]) -> None:
    """A socket was authenticated; ``done`` comes when all it may see is durable."""
    router.post(c.ConnectAgent(agent) if agent is not None else None, done, pending)


def depart(router: Router, agent: str, grace_ms: int) -> None:
    """The agent's last socket is gone."""
    router.post(c.DisconnectAgent(agent, grace_ms), _ignore, _wait)


def confirm(router: Router, agent: str, offer: str) -> None:
    """The agent's page has shown that it took the offer."""
    router.post(c.MarkDelivered(offer, agent), _ignore, _wait)


def _ignore(_: Answer | Trouble) -> None:
    """Nobody waits for this answer."""


def _wait() -> None:
    """It may wait for the store: the fact stays true."""
