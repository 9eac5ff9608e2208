"""One address in front of several nodes, as in any installation that must not go away with one.

Asks each node's ``/readyz`` and hands connections to the one that is ready; what still hangs on
another is cut, so that it comes again. MUST NOT look into what passes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import httpx2

CHUNK = 65_536
ASK_EVERY_S = 0.1
ASK_S = 2.0
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Balancer:
    """Listens on a port of its own and knows the ``ports`` of the nodes. An async context."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._server: asyncio.Server | None = None
        self._asking: asyncio.Task[None] | None = None
        self._open: dict[asyncio.Task[None], int | None] = {}
        self.ready: int | None = None
        self.base = ""

    async def __aenter__(self) -> Balancer:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.base = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._asking = asyncio.create_task(self._ask())
        return self

    async def __aexit__(self, *trouble: object) -> None:
        assert self._server is not None and self._asking is not None
        self._server.close()
        tasks = [self._asking, *self._open]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self) -> None:
        """Find the ready one, over and over."""
        async with httpx2.AsyncClient(trust_env=False, timeout=ASK_S) as http:
            while True:
                found = await asyncio.gather(*(_is_ready(http, port) for port in self._ports))
                ready = [port for port, yes in zip(self._ports, found, strict=True) if yes]
                self.ready = ready[0] if ready else None
                for task, port in list(self._open.items()):
                    if port is not None and ready and port not in ready:
                        task.cancel()
                await asyncio.sleep(ASK_EVERY_S)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = None
        try:
            port = self.ready
            if port is not None:
                with contextlib.suppress(OSError):
                    node = await asyncio.open_connection("127.0.0.1", port)
                    self._open[task] = port
                    await _both_ways((reader, writer), node)
        except asyncio.CancelledError:
            # Cut by us: to the event loop this connection just ends.
            pass
        finally:
            del self._open[task]
            writer.close()


async def _is_ready(http: httpx2.AsyncClient, port: int) -> bool:
    try:
        return (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
    except httpx2.TransportError:
        return False


async def _both_ways(client: Pair, node: Pair) -> None:
    """Until either end closes."""
    ways = [
        asyncio.create_task(_one_way(client[0], node[1])),
        asyncio.create_task(_one_way(node[0], client[1])),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        node[1].close()


async def _one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
