"""What one client may cost at the edge, given by the composition root; see the section ``limits``.

Holds no behaviour but to say what a client should know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.edge.transport import OutboxLimits


@dataclass(slots=True, frozen=True)
class ConnectionLimits:
    """Connections before and between requests; times in milliseconds."""

    connections_max: int = 12_000
    strangers_max: int = 2_000
    strangers_per_address: int = 1_000
    header_ms: int = 10_000
    header_bytes_max: int = 16_384
    body_ms: int = 20_000
    frames_per_s: float = 20
    frames_burst: int = 40
    frame_bytes_max: int = 65_536


@dataclass(slots=True, frozen=True)
class AdmissionLimits:
    """Sockets of those who said who they are; 0: none."""

    per_address: int = 0
    per_supervisor: int = 1_000
    new_per_user: int = 20
    new_window_ms: int = 10_000
    admissions_per_s: int = 500
    admission_wait_ms: int = 5_000


@dataclass(slots=True, frozen=True)
class CallLimits:
    """HTTP calls of one person, and of one program; 0: none."""

    per_s: int = 50
    burst: int = 200
    program_per_s: int = 500
    program_burst: int = 1_000


@dataclass(slots=True, frozen=True)
class SocketLimits:
    """What one socket may cost; times in milliseconds."""

    frame_bytes_max: int
    board_frame_bytes_max: int
    frames_per_s: float
    frames_burst: int
    hello_ms: int
    sockets_max: int
    grace_ms: int
    ping_every_ms: int
    agent_outbox: OutboxLimits
    board_outbox: OutboxLimits
    admission: AdmissionLimits = AdmissionLimits()

    def told(self, board: bool) -> dict[str, Any]:
        """The limits that a client should know."""
        frame_bytes_max = self.board_frame_bytes_max if board else self.frame_bytes_max
        return {
            "frame_bytes_max": frame_bytes_max,
            "frames_per_s": self.frames_per_s,
            "frames_burst": self.frames_burst,
        }
