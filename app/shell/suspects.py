"""Which conversation was in hand each time the engine stopped: twice the same is set aside.

One record that the rules cannot handle must not hold up all the others (a poison head): the engine
is made anew from the log, skips it, and quarantines it. Any other fault stops the engine again and
is seen, because nothing else is skipped.
"""

from __future__ import annotations

from collections import Counter

from app.domain import commands as c

STRIKES = 2


class Suspects:
    """Strikes by conversation, over the life of the process."""

    __slots__ = ("_strikes",)

    def __init__(self) -> None:
        self._strikes: Counter[str] = Counter()

    def note(self, conversation: str | None) -> None:
        """The engine stopped with this one in hand (None: with none)."""
        if conversation is not None:
            self._strikes[conversation] += 1

    def convicted(self) -> frozenset[str]:
        """Those to be skipped."""
        return frozenset(id_ for id_, count in self._strikes.items() if count >= STRIKES)

    def commands(self) -> list[c.Command]:
        """What sets them aside, once each."""
        evidence = f"the engine stopped {STRIKES} times with it in hand"
        return [
            c.QuarantineConversation(id_, "poison_head", evidence, "watchdog")
            for id_ in sorted(self.convicted())
        ]

    def forget_convicted(self) -> None:
        """They are set aside; who is put back starts anew."""
        for id_ in self.convicted():
            del self._strikes[id_]
