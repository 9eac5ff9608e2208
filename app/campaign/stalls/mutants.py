"""Mutants of the engine: wake-ups, releases, deadlines and index updates that are now and then
forgotten, as by a bug in the rules themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.campaign.stalls.plan import Port
from app.campaign.stalls.world import World
from app.domain import engine, observe
from app.domain import events as e
from app.domain.fold import offers as fold_offers
from app.domain.fold import steps as fold_steps
from app.domain.matching import Matcher
from app.domain.pools import Pools
from app.domain.timers import Due, Timers
from app.domain.waiting import Waiting

SHARE = 0.3
DROPS_MAX = 2


@dataclass(frozen=True, slots=True)
class Mutant:
    """``arm`` puts it in place; the list that it gives grows with what is dropped."""

    name: str
    arm: Callable[[World, Port], list[str]]


def _dropping(owner: Any, name: Any, what: str) -> Mutant:
    """Calls of one function are skipped, at most ``DROPS_MAX`` of them."""

    def arm(world: World, port: Port) -> list[str]:
        dropped: list[str] = []
        sound = owner[name] if isinstance(owner, dict) else getattr(owner, name)

        def mutated(*given: Any, **more: Any) -> Any:
            if len(dropped) < DROPS_MAX and world.chance.random() < SHARE:
                dropped.append(what)
                return None
            return sound(*given, **more)

        port.replace(owner, name, mutated)
        return dropped

    return Mutant(what, arm)


def _wake_ups() -> list[Mutant]:
    kinds = (
        e.PresenceChanged,
        e.ConnectionChanged,
        e.ConversationEntered,
        e.ConversationEnded,
        e.ConversationWrapping,
        e.OfferMade,
        e.OfferEnded,
    )
    return [_dropping(observe._WATCHES, kind, f"observe {kind.__name__}") for kind in kinds]


MUTANTS: tuple[Mutant, ...] = (
    *_wake_ups(),
    _dropping(Matcher, "touch_agent", "touch agent"),
    _dropping(Matcher, "touch_conversation", "touch conversation"),
    _dropping(Waiting, "add", "stand in line"),
    _dropping(Pools, "restore", "restore to pool"),
    _dropping(Timers, "add", "set timer"),
    _dropping(engine._DUES, Due.OFFER, "expire offer"),
    _dropping(engine._DUES, Due.WRAP_UP, "end wrap-up"),
    _dropping(engine._DUES, Due.RETRY, "look again"),
    _dropping(fold_offers, "free", "release of an offer"),
    _dropping(fold_steps, "free", "release of a conversation"),
)
