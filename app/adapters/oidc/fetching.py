"""What is asked of the provider over HTTP: small JSON documents, in bounded time.

MUST NOT follow a redirect, take more than is expected, or use an address that a token names: every
address is the issuer's own, or stands in the issuer's own document.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2

TIMEOUT_S: Final = 5.0
BYTES_MAX: Final = 512 * 1024
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class ProviderAway(Exception):
    """The provider did not answer as it should; the text says how, without any secret."""


def is_safe(url: str) -> bool:
    """Whether what is said there cannot be changed on the way."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


class Fetcher:
    """One client for all that is asked."""

    def __init__(self) -> None:
        self._client = httpx2.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False)
        # A proxy of the environment cannot reach a loopback address of this machine.
        self._near = httpx2.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)

    async def get(self, url: str) -> dict[str, Any]:
        """The JSON object at this address. Raises ProviderAway."""
        return await self._ask("GET", url, None, None)

    async def post(
        self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None
    ) -> dict[str, Any]:
        """The JSON object that a form is answered with; ``basic``: name and password.

        Raises ProviderAway.
        """
        return await self._ask("POST", url, form, basic)

    async def aclose(self) -> None:
        """Let the connections go."""
        await self._client.aclose()
        await self._near.aclose()

    async def _ask(
        self, method: str, url: str, form: Mapping[str, str] | None, basic: tuple[str, str] | None
    ) -> dict[str, Any]:
        if not is_safe(url):
            raise ProviderAway(f"{url} is not https")
        client = self._near if urlsplit(url).hostname in LOOPBACK else self._client
        headers = {"Accept": "application/json"}
        auth = None if basic is None else httpx2.BasicAuth(*basic)
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                client.stream(method, url, data=form, headers=headers, auth=auth) as answer,
            ):
                raw = await _bounded(answer, url)
                if answer.status_code != 200:
                    raise ProviderAway(f"{url} answers {answer.status_code}")
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            # TimeoutError is an OSError.
            raise ProviderAway(f"{url}: {type(error).__name__}") from None
        try:
            said = json.loads(raw)
        except (ValueError, RecursionError):
            raise ProviderAway(f"{url} answers no JSON") from None
        if not isinstance(said, dict):
            raise ProviderAway(f"{url} answers no JSON object")
        return said


async def _bounded(answer: httpx2.Response, url: str) -> bytes:
    chunks, size = [], 0
    async for chunk in answer.aiter_bytes():
        size += len(chunk)
        if size > BYTES_MAX:
            raise ProviderAway(f"{url} answers more than {BYTES_MAX} bytes")
        chunks.append(chunk)
    return b"".join(chunks)
