"""Which record types exist, their versions, and the ways between the versions.

A table is data, checked when it is made. Upcasters are pure, work on plain fields, lead from one
version to the next, and are never deleted: business code sees only the newest version. Downcasters
lead back as far as an older format is still written. MUST NOT know any event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from app.codec import body
from app.codec.envelope import FIRST_DERIVED_KIND, Opened
from app.codec.errors import BadBody, NotInFormat, UnknownKind, UnknownSchema

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""The fields of one version to those of the next. May change and return its argument."""
Downcaster = Upcaster
"""The fields of one version to those of the version before. Raises NotInFormat."""

# What a pure function on the fields of a body that lies about its version may run into.
_UPCASTER_TROUBLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)


class Kind(NamedTuple):
    """One record type. ``number`` is its own for ever; ``schema`` is the newest version, from 1."""

    number: int
    schema: int
    event_type: type[Any]


class EventTable:
    """All record types of a log. Raises ValueError when it contradicts itself."""

    def __init__(
        self,
        kinds: Sequence[Kind],
        upcasters: Mapping[tuple[int, int], Upcaster] = MappingProxyType({}),
        downcasters: Mapping[tuple[int, int], Downcaster] = MappingProxyType({}),
    ) -> None:
        self.kinds = tuple(kinds)
        self.upcasters = MappingProxyType(dict(upcasters))
        self.downcasters = MappingProxyType(dict(downcasters))
        self.by_number = MappingProxyType({kind.number: kind for kind in kinds})
        self.by_type = MappingProxyType({kind.event_type: kind for kind in kinds})
        self._check()

    def _check(self) -> None:
        if not len(self.kinds) == len(self.by_number) == len(self.by_type):
            raise ValueError("a record type or an event class stands there twice")
        if any(not 0 < kind.number < FIRST_DERIVED_KIND for kind in self.kinds):
            raise ValueError(f"record types of a log are 1 to {FIRST_DERIVED_KIND - 1}")
        steps = {(kind.number, v) for kind in self.kinds for v in range(1, kind.schema)}
        if wrong := steps ^ self.upcasters.keys():
            raise ValueError(f"upcasters missing, or leading nowhere: {sorted(wrong)}")
        back = {(number, version + 1) for number, version in steps}
        if wrong := self.downcasters.keys() - back:
            raise ValueError(f"downcasters leading nowhere: {sorted(wrong)}")

    def read(self, workspace: str, opened: Opened) -> Any:
        """The event in a record. Raises UnknownKind, UnknownSchema, WrongIdentity, BadBody."""
        kind = self.by_number.get(opened.kind)
        if kind is None:
            raise UnknownKind(opened.kind)
        if not 0 < opened.schema <= kind.schema:
            raise UnknownSchema(opened.kind, opened.schema, kind.schema)
        if opened.schema == kind.schema:
            event = body.read_exact(workspace, opened.body, kind.event_type)
            if event is not None:
                return event
        plain = body.read_plain(workspace, opened.body)
        return body.build(self._upcast(plain, opened.schema, kind), kind.event_type)

    def say(self, event: Any, schema: int) -> dict[str, Any]:
        """The fields of ``event`` as an older version of its type has them. Raises NotInFormat."""
        kind = self.by_type[type(event)]
        plain: dict[str, Any] = msgspec.to_builtins(event, str_keys=True)
        for version in range(kind.schema, schema, -1):
            step = self.downcasters.get((kind.number, version))
            if step is None:
                name = kind.event_type.__name__
                raise NotInFormat(name, f"no way from schema {version} to the one before")
            plain = step(plain)
        return plain

    def _upcast(self, plain: dict[str, Any], schema: int, kind: Kind) -> dict[str, Any]:
        try:
            for version in range(schema, kind.schema):
                plain = self.upcasters[kind.number, version](plain)
        except _UPCASTER_TROUBLE as error:
            name = kind.event_type.__name__
            raise BadBody(f"not a {name} of schema {version}: {error!r}") from None
        return plain
