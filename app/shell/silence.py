"""Who has said nothing for how long, found without looking at those who have.

MUST be told of every word and of every socket that goes; closes nothing by itself.
"""

from __future__ import annotations

from app.shell.session import Session


class Silence:
    """Sessions with a socket in the order in which they were last heard, the most silent first."""

    __slots__ = ("_order",)

    def __init__(self) -> None:
        self._order: dict[str, Session] = {}

    def heard(self, session: Session, now: int) -> None:
        """It has come, or answered a ping."""
        session.ponged_at = now
        self._order.pop(session.id, None)
        self._order[session.id] = session

    def forget(self, session: Session) -> None:
        """Its socket is gone."""
        self._order.pop(session.id, None)

    def take_since_before(self, at: int) -> list[Session]:
        """Those last heard before this instant; they are told of once."""
        silent: list[Session] = []
        for session in self._order.values():
            if session.ponged_at >= at:
                break
            silent.append(session)
        for session in silent:
            del self._order[session.id]
        return silent

    def stood_still(self, for_ms: int) -> None:
        """This process did not run: what nobody could say or hear meanwhile was no silence."""
        for session in self._order.values():
            session.ponged_at += for_ms
