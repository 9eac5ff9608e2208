"""Bounds of the shell, given by the composition root, and what it tells of itself.

Holds no behaviour.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.ports import Durability, Position


@dataclass(slots=True, frozen=True)
class RouterLimits:
    """Bounds and times of one router, in milliseconds where not said otherwise."""

    inbox_max: int = 10_000
    batch_records_max: int = 256
    lease_ttl_ms: int = 6_000
    lease_renew_ms: int = 2_000
    grace_ms: int = 20_000
    retention_ms: int = 86_400_000
    patience_ms: int = 10_000
    gap_min_ms: int = 500


@dataclass(slots=True, frozen=True)
class HubLimits:
    """Bounds of sessions; times in milliseconds."""

    resume_frames: int = 300
    resume_ms: int = 120_000
    ping_every_ms: int = 10_000
    lost_after_ms: int = 25_000
    sockets_per_agent: int = 4


@dataclass(slots=True, frozen=True)
class Health:
    """Whether this router serves, and if not, why."""

    ready: bool
    reasons: list[str]
    workspace: str
    epoch: int
    position: Position
    durability: Durability | None
