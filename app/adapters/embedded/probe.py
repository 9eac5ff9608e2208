"""The two words the supervisor says to a server: PING and SHUTDOWN, over its unix socket.

MUST NOT raise for a server that is away: that is an answer, too.
"""

from __future__ import annotations

import asyncio

ANSWER_TIMEOUT_S = 1.0


async def _say(socket_path: str, word: bytes) -> bytes:
    """The first line of the answer; empty when there is none in time."""
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            reader, writer = await asyncio.open_unix_connection(socket_path)
            try:
                writer.write(word + b"\r\n")
                return await reader.readline()
            finally:
                writer.close()
    except OSError:
        return b""


async def answers(socket_path: str) -> bool:
    """Whether the server there serves; not while it is still loading its data."""
    return await _say(socket_path, b"PING") == b"+PONG\r\n"


async def shut_down(socket_path: str) -> None:
    """Ask the server there to write its files and end. Returns before it has."""
    await _say(socket_path, b"SHUTDOWN")
