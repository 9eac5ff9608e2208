"""``shell.webhook.Poster`` over HTTP: one POST, one status, and no surprises.

MUST NOT follow a redirect, read an answer's body, or raise for anything that a network can do: the
address belongs to somebody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx2

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class HttpPoster:
    """Posts to ``url``; ``timeout_ms`` bounds the whole of one post."""

    def __init__(self, url: str, timeout_ms: int) -> None:
        self._url, self._timeout_s = url, timeout_ms / 1000
        # A proxy of the environment cannot reach a loopback address of this machine.
        trust = urlsplit(url).hostname not in LOOPBACK
        self._client = httpx2.AsyncClient(timeout=self._timeout_s, trust_env=trust)

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int | None:
        """The status of the answer; None when none came in time."""
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._client.stream(
                    "POST", self._url, content=body, headers=dict(headers)
                ) as answer,
            ):
                return answer.status_code
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
            # TimeoutError is an OSError.
            return None

    async def aclose(self) -> None:
        """Let its connections go."""
        await self._client.aclose()
