"""What a socket means for its agent: there, gone, or proof that an offer was taken.

The edge knows sockets and this module knows the commands, so that neither learns the other's words.
"""

from __future__ import annotations

from collections.abc import Callable

from app.domain import commands as c
from app.domain.words import Connection
from app.shell.hub import Hub
from app.shell.router import Router
from app.shell.work import Answer, Done, Trouble
from app.wire.audit import traced


def arrive(
    router: Router,
    agent: str | None,
    address: str,
    done: Done,
    pending: Callable[[], None],
) -> None:
    """A socket was authenticated; ``done`` comes when all it may see is durable."""
    if agent is None:
        return router.post(None, done, pending)
    router.post(traced(c.ConnectAgent(agent), f"agent:{agent}", address), done, pending)


def stay(router: Router, agent: str | None) -> None:
    """The agent's socket has joined. Another one of his may have left in between, and said so."""
    if agent is not None and router.state.agents[agent].connection is not Connection.CONNECTED:
        router.post(c.ConnectAgent(agent), _ignore, _wait)


def depart(router: Router, agent: str, grace_ms: int) -> None:
    """The agent's last socket is gone."""
    router.post(c.DisconnectAgent(agent, grace_ms), _ignore, _wait)


def confirm(router: Router, agent: str, offer: str) -> None:
    """The agent's page has shown that it took the offer."""
    router.post(c.MarkDelivered(offer, agent), _ignore, _wait)


def reconcile(router: Router, hub: Hub, grace_ms: int) -> None:
    """Make the engine's connections what the sockets are: a lost command must not last.

    An agent with a live socket is connected; one without, who is still called so, is not.
    """
    if not router.owns:
        return
    agents = router.state.agents
    for watched in hub.watched():
        if watched in agents and agents[watched].connection is not Connection.CONNECTED:
            router.post(c.ConnectAgent(watched), _ignore, _wait)
    for id_, agent in agents.items():
        if agent.connection is Connection.CONNECTED and not hub.live(id_):
            depart(router, id_, grace_ms)


def _ignore(_: Answer | Trouble) -> None:
    """Nobody waits for this answer."""


def _wait() -> None:
    """It may wait for the store: the fact stays true."""
