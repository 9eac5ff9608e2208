"""A hash of what the last events named, so that who reads a log along can hold it to its writer.

Costs what happened and not what there is: between two witnesses only the entities that the events
named are hashed, as they are now and as the stored format in force has them. Writer and reader
each keep one of these and feed it the same events; equal digests after each stretch mean equal
memories of all that was ever touched, also where the two are not of the same release.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields
from typing import Any, get_args

import msgspec

from app.codec.state_form import said, schema_of
from app.domain import events as e
from app.domain.state import State

EVERY_EVENTS = 5_000
_TABLES = {
    "conversation": "conversations",
    "queue": "queues",
    "from_queue": "queues",
    "agent": "agents",
    "from_agent": "agents",
    "offer": "offers",
    "key": "keys",
    "login": "sign_outs",
    "broadcast": "broadcasts",
}
_NAMES: dict[type[Any], list[tuple[str, str]]] = {
    kind: [(f.name, _TABLES[f.name]) for f in fields(kind) if f.name in _TABLES]
    for kind in get_args(e.Event)
}
_encode = msgspec.json.Encoder().encode


class Witness:
    """What was named since the last witness, and how many events did it."""

    __slots__ = ("_named", "events")

    def __init__(self) -> None:
        self.events = 0
        self._named: set[tuple[str, str]] = set()

    @property
    def is_due(self) -> bool:
        """Whether the writer should say what its memory holds."""
        return self.events >= EVERY_EVENTS

    def see(self, event: e.Event) -> None:
        """One more event; an owner's first one and a witness begin a new stretch."""
        if isinstance(event, e.EpochOpened | e.StateWitnessed):
            self.events = 0
            self._named.clear()
            return
        self.events += 1
        for name, table in _NAMES[type(event)]:
            id_ = getattr(event, name)
            if id_ is not None:
                self._named.add((table, id_))

    def digest(self, state: State) -> str:
        """16 hexadecimal digits over all that was named, as it is in ``state`` now."""
        found, schema = hashlib.blake2b(digest_size=8), schema_of(state)
        for table, id_ in sorted(self._named):
            entity = getattr(state, table).get(id_)
            found.update(_encode([table, id_]))
            found.update(said(table, [] if entity is None else [entity], schema))
        found.update(_encode([state.version, state.offers_made]))
        found.update(said("totals", state.totals, schema))
        return found.hexdigest()
