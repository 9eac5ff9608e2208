"""Makes incidents of what the auditor in the follower process says, and of its silence.

What stands is opened once and resolved when it stands no more; a broken safety rule stays open for
a person. MUST NOT take a pause of our own for the auditor's silence: silence is counted in looks,
not in time. Says nothing while this node is not the owner, is draining or has no store.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from typing import Any, Protocol

from app.domain import commands as c
from app.domain.state import State
from app.shell.limits import Health
from app.shell.work import Answer, Done, Trouble

log = logging.getLogger(__name__)
BY = "auditor"
SILENT = "auditor_silent"
PASSING = frozenset({"auditor_L1", "auditor_L3", SILENT})
LOOK_S = 1.0
DEAD_FACTOR = 3
"""A process that is not there gets so many times as long: it is being started again."""
BUSY_MS = 120_000
KEPT_MAX = 50


class Owner(Protocol):
    """What the desk needs of a router."""

    @property
    def state(self) -> State:
        """The state, to be read only. Raises NotOwner."""
        ...

    def now_ms(self) -> int:
        """The present instant."""
        ...

    def health(self) -> Health:
        """Whether it serves."""
        ...

    def post(self, command: c.Command | None, done: Done) -> None:
        """Hand a command in."""
        ...


class AuditDesk:
    """One node's. ``silent_ms``: a beat must come in this time."""

    def __init__(self, owner: Owner, silent_ms: int) -> None:
        self._owner, self._silent_ms = owner, silent_ms
        self._quiet_ms = 0
        self._allowed_ms = silent_ms * DEAD_FACTOR
        self._unsaid: deque[c.OpenIncident] = deque(maxlen=KEPT_MAX)

    async def run(self) -> None:
        """Look for silence until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def take(self, line: bytes) -> None:
        """One report of the auditor's. What cannot be read is logged and dropped."""
        try:
            self._heard(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            log.warning("the auditor said what cannot be read: %s: %.200r", error, line)

    def _heard(self, report: dict[str, Any]) -> None:
        self._quiet_ms = 0
        match report["kind"]:
            case "busy":
                self._allowed_ms = max(BUSY_MS, self._silent_ms)
            case "found":
                log.error("the auditor found %s: %s", report["rule"], report["text"])
                self._unsaid.append(_incident(report))
                self._say_unsaid()
            case "beat":
                self._allowed_ms = self._silent_ms
                self._reconcile([_incident(one) for one in report["standing"]])

    def ended(self) -> None:
        """The process is gone, and will be started again."""
        self._allowed_ms = self._silent_ms * DEAD_FACTOR

    def look(self) -> None:
        """One look, ``LOOK_S`` after the last."""
        if not self._owner.health().ready:
            self._quiet_ms = 0
            return
        self._say_unsaid()
        self._quiet_ms += round(LOOK_S * 1000)
        if self._quiet_ms > self._allowed_ms and not self._open(SILENT, None):
            seconds = self._quiet_ms // 1000
            since = self._owner.now_ms() - self._quiet_ms
            text = (
                f"The auditor has said nothing for {seconds} s: nobody checks the log beside the "
                "server, and no snapshots are taken."
            )
            self._post(c.OpenIncident(SILENT, since, text))

    def _reconcile(self, standing: list[c.OpenIncident]) -> None:
        """Open what stands, resolve what stands no more."""
        if not self._owner.health().ready:
            return
        stands = {(one.cause, one.queue) for one in standing}
        for one in standing:
            if not self._open(one.cause, one.queue):
                log.error("the auditor sees %s: %s", one.cause, one.text)
                self._post(one)
        for id_, incident in self._owner.state.incidents.items():
            passing = incident.cause in PASSING and not incident.resolved_at
            if passing and (incident.cause, incident.queue) not in stands:
                self._post(c.ResolveIncident(id_, "The auditor sees it no more.", BY))

    def _open(self, cause: str, queue: str | None) -> bool:
        incidents = self._owner.state.incidents.values()
        return any(
            (one.cause, one.queue) == (cause, queue) and not one.resolved_at for one in incidents
        )

    def _say_unsaid(self) -> None:
        if self._owner.health().ready:
            unsaid, self._unsaid = self._unsaid, deque(maxlen=KEPT_MAX)
            for one in unsaid:
                self._post(one)

    def _post(self, command: c.OpenIncident | c.ResolveIncident) -> None:
        """What stands is said again with the next beat; what was found once must be kept."""

        def done(result: Answer | Trouble) -> None:
            if isinstance(result, Answer) or isinstance(command, c.ResolveIncident):
                return
            if command.cause not in PASSING:
                self._unsaid.append(command)

        self._owner.post(command, done)


def _incident(report: dict[str, Any]) -> c.OpenIncident:
    return c.OpenIncident(
        cause=f"auditor_{report['rule']}",
        since=report["since"],
        text=f"The auditor found in the log: {report['text']}.",
        queue=report["queue"],
        evidence=report["evidence"],
    )
