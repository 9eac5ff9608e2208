"""What a server holds and has counted, before and after an attack: nothing may be left of it.

Looks from outside: at the process and at ``/metrics``.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx2

from app.campaign.machine import Late, Server, until

SETTLE_S = 20.0
SPARE_FILES = 4
"""Files that come and go by themselves: a connection to the store, this very look."""
SPARE_TASKS = 12
"""Tasks that do."""
LINE = re.compile(r"^interlock_(\w+?)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Tally:
    """``files`` the process holds, ``tasks`` and ``sockets`` it has, and what it counted."""

    files: int
    tasks: int
    sockets: int
    requests: int
    faults: int
    refusals: dict[str, int]


async def tally_of(server: Server) -> Tally:
    """Look now."""
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as http:
        told = (await http.get(server.base + "/metrics")).text
    counts: Counter[str] = Counter()
    refusals: dict[str, int] = {}
    for name, labels, value in LINE.findall(told):
        number = int(float(value))
        if name == "http_requests_total":
            counts["requests"] += number
            # 503 says that the store is away or too much waits: an answer, and no fault.
            broken = re.search(r'status="5\d\d"', labels) and 'status="503"' not in labels
            counts["faults"] += number if broken else 0
        elif name == "engine_faults_total":
            counts["faults"] += number
        elif name in ("sockets", "tasks"):
            counts[name] += number
        elif name == "refusals_total" and number:
            refusals[labels.partition('"')[2].rstrip('"')] = number
    return Tally(
        _open_files(server.pid),
        counts["tasks"],
        counts["sockets"],
        counts["requests"],
        counts["faults"],
        refusals,
    )


def _open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def left_over(server: Server, before: Tally) -> list[str]:
    """What of it is still there after a while, and what broke, in words."""
    now = before

    async def settled() -> bool:
        nonlocal now
        now = await tally_of(server)
        return (
            now.sockets <= before.sockets
            and now.files <= before.files + SPARE_FILES
            and now.tasks <= before.tasks + SPARE_TASKS
        )

    found = []
    with contextlib.suppress(Late):
        await until(settled, "all of it is gone", SETTLE_S, 0.2)
    if now.sockets > before.sockets:
        found.append(f"{now.sockets - before.sockets} sockets are left")
    if now.files > before.files + SPARE_FILES:
        found.append(f"{now.files - before.files} open files are left")
    if now.tasks > before.tasks + SPARE_TASKS:
        found.append(f"{now.tasks - before.tasks} tasks are left")
    if now.faults > before.faults:
        found.append(f"{now.faults - before.faults} answers were faults of the server")
    if "Traceback" in server.log.read_text(errors="replace"):
        found.append(f"the log tells of a fault: {server.tail()[-1_500:]}")
    return found
