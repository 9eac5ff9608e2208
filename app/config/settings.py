"""All settings as one frozen value, and the relations between them.

Reads nothing: ``Settings()`` is the defaults whatever the environment says; ``app.config.load``
reads. The rule: what is built here can be run, so no reader of a setting checks it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from app.config import sections, store_sections
from app.config.tables import read_agents, read_presences, read_queues
from app.domain.settings import AgentSettings, PresenceSettings, QueueSettings


@dataclass(frozen=True, slots=True)
class Relation:
    """``factor`` times the value at ``low`` must not exceed the value at ``high``."""

    low: str
    high: str
    factor: int
    why: str

    def broken(self, low: int, high: int) -> str:
        """The sentence to show, or '' when the two agree."""
        least = low * self.factor
        if least <= high:
            return ""
        times = f"{self.factor} times " if self.factor > 1 else ""
        return (
            f"{high} is less than {times}{self.low} ({low}): {self.why}; "
            f"set {self.high} to {least} or more, or {self.low} to {high // self.factor} or less"
        )


RELATIONS = (
    Relation("lease.renew_ms", "lease.ttl_ms", 2, "one renewal must be able to fail"),
    Relation("redis.socket_timeout_ms", "lease.ttl_ms", 2, "a hanging call must end in the lease"),
    Relation("session.ping_every_ms", "session.lost_after_ms", 1, "nobody could answer in time"),
    Relation("auth.ticket_ttl_ms", "auth.session_ttl_ms", 1, "a ticket would outlive its sign-in"),
    Relation("limits.sockets_max", "limits.connections_max", 1, "each socket is a connection"),
    Relation("limits.sockets_per_agent", "limits.sockets_max", 1, "one agent could take them all"),
)


def broken_relations(value_of: Callable[[str], int | None]) -> Iterator[tuple[str, str]]:
    """The path and the sentence of each broken relation; a value of None is not compared."""
    for relation in RELATIONS:
        low, high = value_of(relation.low), value_of(relation.high)
        if low is not None and high is not None and (text := relation.broken(low, high)):
            yield relation.high, text


class Settings(BaseSettings):
    """Everything an operator can set. Raises ValidationError with every problem at once."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", validate_default=False)

    server: sections.Server = Field(default_factory=sections.Server)
    redis: store_sections.Redis = Field(default_factory=store_sections.Redis)
    embedded: store_sections.Embedded = Field(default_factory=store_sections.Embedded)
    workspace: sections.Workspace = Field(default_factory=sections.Workspace)
    auth: sections.Auth = Field(default_factory=sections.Auth)
    limits: sections.Limits = Field(default_factory=sections.Limits)
    session: sections.Session = Field(default_factory=sections.Session)
    lease: sections.Lease = Field(default_factory=sections.Lease)
    batch: sections.Batch = Field(default_factory=sections.Batch)
    retention: sections.Retention = Field(default_factory=sections.Retention)
    audit: sections.Audit = Field(default_factory=sections.Audit)
    snapshots: sections.Snapshots = Field(default_factory=sections.Snapshots)
    watchdog: sections.Watchdog = Field(default_factory=sections.Watchdog)
    format: sections.Format = Field(default_factory=sections.Format)
    webhook: sections.Webhook = Field(default_factory=sections.Webhook)
    log: sections.Logging = Field(default_factory=sections.Logging)
    queues: Annotated[dict[str, QueueSettings], BeforeValidator(read_queues)] = Field(
        default_factory=dict, description="Queues by id, configured at start."
    )
    agents: Annotated[dict[str, AgentSettings], BeforeValidator(read_agents)] = Field(
        default_factory=dict, description="Agents by id, configured at start."
    )
    presences: Annotated[dict[str, PresenceSettings], BeforeValidator(read_presences)] = Field(
        default_factory=dict, description="Custom presences by id, configured at start."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take no value from anywhere but the arguments."""
        return (init_settings,)

    @classmethod
    def merged(cls, *layers: dict[str, Any]) -> Self:
        """Build from layers of nested tables, the strongest first. Raises ValidationError."""
        sources = tuple(InitSettingsSource(cls, layer) for layer in layers)
        arguments: dict[str, Any] = {"_build_sources": (sources, {})}
        return cls(**arguments)

    @model_validator(mode="after")
    def _relations_hold(self) -> Self:
        errors = [
            InitErrorDetails(
                type=PydanticCustomError("relation", "{text}", {"text": text}),
                loc=tuple(path.split(".")),
                input=None,
            )
            for path, text in broken_relations(lambda path: attrgetter(path)(self))
        ]
        if errors:
            raise ValidationError.from_exception_data("Settings", errors)
        return self
