"""The names of everything a workspace keeps in Redis.

All carry the workspace as hash tag, so a cluster holds them in one slot and one script may touch
several. MUST stay as they are: renaming a key hides the data of every installation.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.ports import Position


@dataclass(slots=True, frozen=True)
class Keys:
    """Key names of one workspace."""

    workspace: str

    def __post_init__(self) -> None:
        if not self.workspace or "{" in self.workspace or "}" in self.workspace:
            raise ValueError(f"not a workspace name: {self.workspace!r}")

    @property
    def log(self) -> str:
        """Stream: the truth. Field ``r`` of an entry is the record."""
        return f"{{{self.workspace}}}:log"

    @property
    def log_draft(self) -> str:
        """Stream: the log without what a stranger wrote, until it takes the log's name."""
        return f"{{{self.workspace}}}:log:draft"

    def log_aside(self, token: str) -> str:
        """Stream: a log as it was when a stranger's records were found in it. Nobody reads it."""
        return f"{{{self.workspace}}}:log:aside:{token}"

    @property
    def own(self) -> str:
        """Hash ``epoch, nonce, node`` of the owner; ``born`` once there was a log, ``end`` where it
        ended when it was last written.
        """
        return f"{{{self.workspace}}}:own"

    @property
    def lease(self) -> str:
        """String with expiry: the nonce of the owner that is alive."""
        return f"{{{self.workspace}}}:lease"

    @property
    def barrier(self) -> str:
        """String without meaning, written so that WAIT has something to wait for."""
        return f"{{{self.workspace}}}:barrier"

    @property
    def snaps(self) -> str:
        """Set of the positions at which there are snapshots."""
        return f"{{{self.workspace}}}:snap:index"

    @property
    def nodes(self) -> str:
        """Hash of the nodes: until when each is there, and what it says of itself."""
        return f"{{{self.workspace}}}:nodes"

    def chronicle(self, series: str) -> str:
        """Stream: samples whose ids are their instants. Field ``r`` of an entry is the record."""
        return f"{{{self.workspace}}}:chronicle:{series}"

    @property
    def vault(self) -> str:
        """Hash of secrets."""
        return f"{{{self.workspace}}}:vault"

    def snap(self, at: Position) -> str:
        """Hash of the chunks of one snapshot, numbered from 0."""
        return f"{{{self.workspace}}}:snap:{at}"

    def snap_draft(self, token: str) -> str:
        """A snapshot being written; it expires if its writer dies."""
        return f"{{{self.workspace}}}:snap:draft:{token}"
