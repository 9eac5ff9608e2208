"""What a run came to: the figures, the promises, and whether the client was the bottleneck.

Computes from what was measured and MUST NOT measure. The rule: a run fails only for a broken
promise or a limit that was asked for; a slow client makes its figures worthless, and is said first.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from app.load.figures import Figures
from app.load.histogram import Histogram
from app.load.ledger import Ledger
from app.load.plan import Plan

Json = dict[str, Any]

LAG_P99_S = 0.05
CPU_SHARE = 0.85
BUSY_SHARE = 0.2
FULL = 0.97
KNEE_TIMES = 4.0
KNEE_FLOOR_S = 0.02
SERVED = 0.9
KNEE_LEAST = 100
SOAK_HALF = 0.5
MB_PER_MIB = 1.048576


def bottleneck(figures: Figures) -> list[str]:
    """Why the figures say more of the client than of the server; empty when they do not."""
    found = []
    lag = figures.whole.get("client lag", Histogram())
    if lag.quantile(0.99) > LAG_P99_S:
        found.append(
            f"the client processes were late themselves: p99 {lag.quantile(0.99) * 1e3:.0f} ms, "
            f"most {lag.most_s * 1e3:.0f} ms"
        )
    for number, shares in sorted(figures.client_cpu.items()):
        busy = sum(share > CPU_SHARE for share in shares)
        if busy > BUSY_SHARE * len(shares):
            found.append(
                f"client process {number} used its core up in {busy} of {len(shares)} looks: "
                "more --processes, or fewer agents"
            )
    if dropped := figures.counts["arrivals not sent: too many under way"]:
        found.append(f"{dropped:,} arrivals were not sent, too many were under way")
    looks = [point for point in figures.points if point.get("machine") is not None]
    full = [point for point in looks if point["machine"] > FULL]
    if len(full) > BUSY_SHARE * len(looks):
        clients = sum(point["cpu"]["clients"] for point in full) / len(full)
        found.append(
            f"all cores of this machine were used up in {len(full)} of {len(looks)} looks "
            f"(the clients used {clients:.2f} of them): load from another machine"
        )
    return found


def knee(figures: Figures, plan: Plan) -> str:
    """Where a ramp bends, as a sentence: the first step that is much slower, or falls behind."""
    steps = [(name, by) for name, by in figures.phases.items() if "offer" in by and "enter" in by]
    if len(steps) < 2:
        return "ramp: too few steps had offers to find a knee"
    first_s = max(KNEE_FLOOR_S, min(by["offer"].quantile(0.99) for _, by in steps[:2]))
    for (before, _), (name, by) in pairwise(steps):
        offer, entered = by["offer"], by["enter"].count
        p99 = f"p99 of the offer is {offer.quantile(0.99) * 1e3:.0f} ms there"
        if offer.quantile(0.99) > KNEE_TIMES * first_s:
            return (
                f"ramp: the knee lies between {before} and {name}: {p99}, and was "
                f"{first_s * 1e3:.0f} ms at the start"
            )
        if offer.count < SERVED * entered and entered > KNEE_LEAST:
            return (
                f"ramp: the knee lies between {before} and {name}: {offer.count:,} of {entered:,} "
                f"conversations were offered there in time ({p99})"
            )
    return f"ramp: no knee up to {plan.rate:g}/s"


def memory(points: list[Json]) -> str | None:
    """How the server's memory grew in the second half, as a sentence; None without figures."""
    told = [(point["t"], point["rss"]["server"]) for point in points if "server" in point["rss"]]
    told = told[int(len(told) * SOAK_HALF) :]
    if len(told) < 10:
        return None
    mean_t = sum(t for t, _ in told) / len(told)
    mean = sum(rss for _, rss in told) / len(told)
    spread = sum((t - mean_t) ** 2 for t, _ in told)
    slope = sum((t - mean_t) * (rss - mean) for t, rss in told) / spread
    done = [point["completed"] for point in points[-len(told) :]]
    each = slope * MB_PER_MIB * 1e3 / (sum(done) / len(done)) if sum(done) else 0.0
    return (
        f"memory of the server in the second half: {slope * 3600:+.0f} MiB an hour at "
        f"{told[-1][1]:.0f} MiB, {each:+.1f} kB for each conversation served (the server "
        "remembers those of a day)"
    )


def result(plan: Plan, figures: Figures, ledger: Ledger, *, about: Json, facts: list[str]) -> Json:
    """Everything as JSON. ``faults`` is empty when every promise held."""
    faults = list(ledger.faults)
    if ledger.broken > len(faults):
        faults.append(f"and {ledger.broken - len(faults):,} more of these")
    offer = figures.whole.get("offer", Histogram())
    if plan.p99_ms and offer.quantile(0.99) * 1e3 > plan.p99_ms:
        faults.append(
            f"p99 of the offer time is {offer.quantile(0.99) * 1e3:.1f} ms, over --p99 "
            f"{plan.p99_ms:g}"
        )
    lag = figures.whole.get("client lag", Histogram())
    return {
        "format": "interlock-load/1",
        **about,
        "ok": not faults,
        "faults": faults,
        "facts": facts,
        "client": {
            "bottleneck": bottleneck(figures),
            "lag_ms": lag.summary(),
            "cpu": {
                str(number): round(sum(shares) / len(shares), 3)
                for number, shares in sorted(figures.client_cpu.items())
            },
        },
        "latency_ms": {
            name: figures.whole[name].summary()
            for name in ("offer", "enter", "accept", "complete", "connect", "board age")
            if name in figures.whole and figures.whole[name].count
        },
        "phases": {
            phase: {name: one.summary() for name, one in by.items()}
            for phase, by in figures.phases.items()
        },
        "counts": dict(sorted((figures.counts + ledger.counts).items())),
        "marks": figures.marks,
        "points": figures.points,
    }
