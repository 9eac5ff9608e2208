"""What processes use, as the kernel tells it: memory, CPU time, and how full the machine is.

Reads ``/proc`` and MUST NOT ask the processes. The rule: where the kernel tells nothing (another
system, another machine) there is no figure, never a zero.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
MIB = 1 << 20


@dataclass
class Usage:
    """Memory in MiB and CPU time in seconds, by role: ``server``, ``gateways``, ``store``,
    ``follower``."""

    rss_mib: dict[str, float] = field(default_factory=dict)
    cpu_s: dict[str, float] = field(default_factory=dict)


def usage_of(pid: int) -> Usage:
    """A server with its children; empty where nothing is told."""
    usage = Usage()
    for child, role in _family(pid):
        try:
            words = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        rss_mib = int(words[21]) * PAGE / MIB
        cpu_s = (int(words[11]) + int(words[12])) / TICKS
        usage.rss_mib[role] = usage.rss_mib.get(role, 0.0) + rss_mib
        usage.cpu_s[role] = usage.cpu_s.get(role, 0.0) + cpu_s
    return usage


def _family(pid: int) -> list[tuple[int, str]]:
    if not pid:
        return []
    found = [(pid, "server")]
    for parent, _ in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [(int(word), _role(int(word))) for word in task.read_text().split()]
            except OSError:
                continue
    return found


def _role(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return "other"
    if b"valkey" in words or b"redis" in words:
        return "store"
    if b"gateway" in words.split(b"\0"):
        return "gateways"
    return "follower" if b"follow" in words else "other"


class Machine:
    """How busy all cores are since the last look."""

    def __init__(self) -> None:
        self._before = _ticks()

    def busy(self) -> float | None:
        """The share of all cores' time that was used, 0 to 1; None where nothing is told."""
        now, before = _ticks(), self._before
        self._before = now
        if now is None or before is None or now[1] <= before[1]:
            return None
        return 1 - (now[0] - before[0]) / (now[1] - before[1])


def _ticks() -> tuple[int, int] | None:
    """Idle ticks and all ticks since the machine's start."""
    try:
        words = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    except OSError:
        return None
    counts = [int(word) for word in words]
    # What runs at a low priority gives way to everybody: its time was to be had.
    return counts[1] + counts[3] + counts[4], sum(counts)
