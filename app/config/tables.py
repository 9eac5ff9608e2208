"""The ``queues``, ``agents`` and ``presences`` tables of the file, made into types of the domain.

Does not know the other sections. The rule: shape is checked strictly by the types themselves,
bounds by the lines below, and every fault carries the path of its key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError, to_json

from app.config.bounds import (
    Fault,
    agent_faults,
    built_in_faults,
    id_faults,
    presence_faults,
    queue_faults,
)
from app.domain.settings import AgentSettings, PresenceSettings, QueueSettings

T = TypeVar("T")


@cache
def _queues() -> TypeAdapter[dict[str, QueueSettings]]:
    config = ConfigDict(extra="forbid", strict=True)
    return TypeAdapter(dict[str, QueueSettings], config=config)


@cache
def _agents() -> TypeAdapter[dict[str, AgentSettings]]:
    config = ConfigDict(extra="forbid", strict=True)
    return TypeAdapter(dict[str, AgentSettings], config=config)


@cache
def _presences() -> TypeAdapter[dict[str, PresenceSettings]]:
    config = ConfigDict(extra="forbid", strict=True)
    return TypeAdapter(dict[str, PresenceSettings], config=config)


def read_queues(table: Any) -> dict[str, QueueSettings]:
    """Check the ``queues`` table. Raises ValidationError with every fault."""
    return _checked(_queues().validate_json(to_json(table)), queue_faults)


def read_agents(table: Any) -> dict[str, AgentSettings]:
    """Check the ``agents`` table. Raises ValidationError with every fault."""
    return _checked(_agents().validate_json(to_json(table)), agent_faults)


def read_presences(table: Any) -> dict[str, PresenceSettings]:
    """Check the ``presences`` table. Raises ValidationError with every fault."""
    read = _presences().validate_json(to_json(table))
    return _checked(read, presence_faults, built_in_faults)


def _no_faults(_: str) -> Iterator[Fault]:
    return iter(())


def _checked(
    table: dict[str, T],
    faults: Callable[[T], Iterator[Fault]],
    name_faults: Callable[[str], Iterator[Fault]] = _no_faults,
) -> dict[str, T]:
    errors = [
        InitErrorDetails(
            type=PydanticCustomError("bound", "{text}", {"text": text}),
            loc=(name, *path),
            input=name,
        )
        for name, one in table.items()
        for path, text in (*id_faults((), name), *name_faults(name), *faults(one))
    ]
    if errors:
        raise ValidationError.from_exception_data("table", errors)
    return table
