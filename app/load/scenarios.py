"""What happens during a run: one coroutine for each scenario, orders in time.

MUST NOT measure or judge. The rule: each scenario says in ``facts`` what only it can know, as a
sentence, and marks the moments at which it did something.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from app.load.crew import Crew
from app.load.figures import Figures
from app.load.own_server import OwnServer
from app.load.plan import Plan

RAMP_STEPS = 10
SLOW_SHARE = 0.1
BACK_WITHIN_S = 180.0


class Stage(Protocol):
    """What a scenario has to play with."""

    plan: Plan
    crew: Crew
    figures: Figures
    server: OwnServer | None
    facts: list[str]

    async def lasts(self, seconds: float) -> None:
        """Let time pass."""

    def now(self) -> float:
        """Seconds of the run."""

    def fault(self, text: str) -> None:
        """A promise was broken."""


async def steady(stage: Stage) -> None:
    """The same rate all the time."""
    await stage.crew.order("go")
    await stage.lasts(stage.plan.seconds)


async def ramp(stage: Stage) -> None:
    """Ten steps up to the rate."""
    for step in range(1, RAMP_STEPS + 1):
        rate = stage.plan.rate * step / RAMP_STEPS
        stage.figures.phase = f"{rate:g}/s"
        await stage.crew.order("go", rate=rate)
        await stage.lasts(stage.plan.seconds / RAMP_STEPS)
    stage.figures.phase = ""


async def storm(stage: Stage) -> None:
    """All drop and come back, twice."""
    await stage.crew.order("go")
    for number in (1, 2):
        await stage.lasts(stage.plan.seconds / 3)
        began = stage.now()
        stage.figures.mark(began, "all sockets drop")
        await stage.crew.order("drop", share=1.0, over_s=0.0)
        await _all_back(stage, began, f"storm {number}")
    await stage.lasts(stage.plan.seconds / 3)


async def _all_back(stage: Stage, began: float, what: str) -> None:
    """Wait until every seat is certain again, and say how long that took."""
    await stage.lasts(1.0)
    while stage.figures.now("firm") < stage.plan.sockets:
        if stage.now() - began > BACK_WITHIN_S:
            away = stage.plan.sockets - stage.figures.now("firm")
            stage.fault(f"{what}: {away} sockets were not back within {BACK_WITHIN_S:g} s")
            return
        await stage.lasts(0.25)
    stage.figures.mark(stage.now(), "all are back")
    stage.facts.append(
        f"{what}: {stage.plan.sockets:,} sockets were back after {stage.now() - began:.1f} s"
    )


async def slow(stage: Stage) -> None:
    """Some stop reading for the middle half."""
    await stage.crew.order("go")
    stage.figures.phase = "before"
    await stage.lasts(stage.plan.seconds / 4)
    stage.figures.mark(stage.now(), f"{SLOW_SHARE:.0%} stop reading")
    stage.figures.phase = "some do not read"
    await stage.crew.order("freeze", share=SLOW_SHARE)
    await stage.lasts(stage.plan.seconds / 2)
    stage.figures.mark(stage.now(), "all read again")
    stage.figures.phase = "after"
    await stage.crew.order("thaw")
    await stage.lasts(stage.plan.seconds / 4)
    stage.figures.phase = ""
    closed = sum(stage.figures.counts[f"closed {code}"] for code in (1006, 4009, 4011))
    stage.facts.append(
        f"slow: {round(SLOW_SHARE * stage.plan.agents):,} stopped reading; the server ended "
        f"{closed:,} connections"
    )


async def flap(stage: Stage) -> None:
    """Every agent drops six times and comes back within two seconds."""
    await stage.crew.order("go")
    await stage.crew.order("flap", every_s=max(5.0, stage.plan.seconds / 6))
    await stage.lasts(stage.plan.seconds)
    await stage.crew.order("flap", every_s=0.0)
    drops = stage.figures.counts["closed 1006"]
    stage.facts.append(f"flap: {drops:,} connections were dropped")


async def deploy(stage: Stage) -> None:
    """The server is drained and started again under load, twice."""
    assert stage.server is not None
    await stage.crew.order("go")
    for number in (1, 2):
        await stage.lasts(stage.plan.seconds / 3)
        began = stage.now()
        stage.figures.mark(began, "the server is told to stop")
        away_s = await stage.server.restart()
        stage.figures.mark(stage.now(), "the server is ready again")
        stage.facts.append(
            f"deploy {number}: no server for {away_s:.1f} s, between drain and ready"
        )
        await _all_back(stage, began, f"deploy {number}")
    await stage.lasts(stage.plan.seconds / 3)


SCRIPTS: dict[str, Callable[[Stage], Awaitable[None]]] = {
    "steady": steady,
    "ramp": ramp,
    "storm": storm,
    "slow": slow,
    "flap": flap,
    "deploy": deploy,
    "board": steady,
    "soak": steady,
}
