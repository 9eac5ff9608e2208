"""Whether a process still runs, as the machine sees it."""

from __future__ import annotations

import os
from pathlib import Path

from tests.waiting import poll_until


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie, which nobody has waited for, does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except FileNotFoundError:  # no /proc on this system, or gone since
        return not Path("/proc/self").exists()
    return state != "Z"


async def ended(pid: int) -> None:
    """Wait for the end of a process."""
    await poll_until(lambda: not alive(pid), f"the end of process {pid}")
