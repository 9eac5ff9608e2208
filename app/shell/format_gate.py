"""Finalizing a stored format: what is missing for it, and the command once nothing is.

Before, every node can go back to the build it came from; after, a build that cannot read the
format refuses to start. So the conditions look at all live nodes and at the shadow writes. MUST
NOT finalize what one of them cannot read, whatever the caller is in a hurry for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.codec.formats import NEWEST, READS, WRITES
from app.domain.commands import FinalizeFormat
from app.ports import Facts
from app.shell.router import Router
from app.shell.shadow import Shadow
from app.shell.work import Answer

HOUR_MS = 3_600_000


@dataclass(slots=True, frozen=True)
class FormatLimits:
    """How long, and over how many records, the shadow writes must have been clean."""

    clean_ms: int = 86_400_000
    clean_records: int = 10_000


@dataclass(slots=True, frozen=True)
class FormatStatus:
    """Where the workspace is. ``target`` is what can be finalized next (None: nothing newer), and
    ``missing`` what stands against it.
    """

    finalized: int
    reads: tuple[int, int]
    writes: tuple[int, int]
    nodes: dict[str, Facts]
    shadow_records: int
    shadow_mismatches: int
    shadow_since: int
    target: int | None
    missing: list[str]


class NotReady(Exception):
    """The format cannot be finalized now; ``missing`` says why, a sentence each."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__("; ".join(missing))
        self.missing = missing


class FormatGate:
    """The gate of the workspace that ``router`` owns."""

    def __init__(self, router: Router, limits: FormatLimits) -> None:
        self._router, self._limits = router, limits

    async def status(self) -> FormatStatus:
        """Raises Trouble, StoreUnavailable."""
        (finalized, now), _ = await self._router.read(lambda engine, at: (engine.state.format, at))
        nodes, shadow = await self._router.nodes.all(), self._router.shadow
        target = finalized + 1 if finalized < NEWEST else None
        against: list[str] = []
        if target is not None:
            against += obstacles(finalized, target, nodes)
            against += doubts(shadow, self._limits, now, in_a_hurry=False)
        return FormatStatus(
            finalized,
            (READS[0], READS[-1]),
            (WRITES[0], WRITES[-1]),
            nodes,
            shadow.records,
            shadow.mismatches,
            shadow.since_ms,
            target,
            against,
        )

    async def finalize(
        self, target: int | None, by: str, *, in_a_hurry: bool, allow_downgrade: bool
    ) -> Answer:
        """Put ``target`` (None: the newest) in force. The answer may be a refusal of the engine.

        ``in_a_hurry`` does without the waiting. Raises NotReady, Trouble, StoreUnavailable.
        """
        (finalized, now), _ = await self._router.read(lambda engine, at: (engine.state.format, at))
        target = NEWEST if target is None else target
        against = [*obstacles(finalized, target, await self._router.nodes.all())]
        if target > finalized:
            against += doubts(self._router.shadow, self._limits, now, in_a_hurry=in_a_hurry)
        elif target < finalized and not allow_downgrade:
            against.append(f"{target} is older than {finalized}: add --allow-downgrade")
        if against:
            raise NotReady(against)
        return await self._router.submit(FinalizeFormat(target, by))


def obstacles(finalized: int, target: int, nodes: Mapping[str, Facts]) -> Iterator[str]:
    """What no hurry makes good: this build, the distance, and every node that is there."""
    if target == finalized:
        return
    if target not in WRITES:
        yield f"this build writes stored formats {WRITES[0]} to {WRITES[-1]}, not {target}"
    elif abs(target - finalized) > 1:
        yield f"the log is at {finalized}: one step at a time"
    for name, facts in nodes.items():
        least, most = int(facts.get("read_min", 0)), int(facts.get("read_max", 0))
        if not least <= target <= most:
            version = facts.get("version", "unknown")
            yield f"node {name} (version {version}) reads {least} to {most}: update or stop it"


def doubts(shadow: Shadow, limits: FormatLimits, now: int, *, in_a_hurry: bool) -> Iterator[str]:
    """What the shadow writes say against a newer format, or have not had the time to say."""
    if shadow.mismatches:
        count = f"{shadow.mismatches} of {shadow.records}"
        yield f"{count} shadow writes did not come back as they were: the log of this node has why"
    if in_a_hurry:
        return
    if shadow.records < limits.clean_records:
        yield f"{shadow.records} of {limits.clean_records} clean shadow writes"
    age_ms = now - shadow.since_ms if shadow.since_ms else 0
    if age_ms < limits.clean_ms:
        hours, wanted = age_ms / HOUR_MS, limits.clean_ms / HOUR_MS
        yield f"{hours:.1f} of {wanted:.1f} hours of clean shadow writes"
