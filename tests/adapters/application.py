"""An application that only keeps an embedded store, as a process that tests can kill.

``python -m tests.adapters.application DIRECTORY`` prints the socket and the server's process id.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvloop

from app.adapters.embedded import DataDirBusy, EmbeddedServer


async def main(data_dir: Path) -> None:
    server = EmbeddedServer(data_dir)
    try:
        print(await server.start(), server.pid, flush=True)
    except DataDirBusy as busy:
        print(f"BUSY {busy}", flush=True)
        return
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1])))
