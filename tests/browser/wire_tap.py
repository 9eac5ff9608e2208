"""Words put into a page's socket: frames of the server that a healthy server would not send.

Duty: let a real session run and add pushes to it, numbered so that the page finds no gap. It MUST
NOT hold back or change what the server says, except those numbers.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

from playwright.async_api import Page, WebSocketRoute

SOCKET = re.compile(r"/ws$")


class Tap:
    """Stands in the line of one page; open it before the page loads."""

    def __init__(self) -> None:
        self._page_end: WebSocketRoute | None = None
        self._added = 0
        self._last = 0
        self.changes: dict[str, Any] = {}

    @classmethod
    async def on(cls, page: Page) -> Tap:
        """Stand in the line of this page."""
        tap = cls()
        await page.route_web_socket(SOCKET, tap._meet)
        return tap

    def push(self, type_: str, **fields: Any) -> None:
        """Say something as the server."""
        assert self._page_end is not None, "the page has no socket yet"
        self._added += 1
        self._last += 1
        frame = {"type": type_, "seq": self._last, "at": int(time.time() * 1000), **fields}
        self._page_end.send(json.dumps(frame))

    def _meet(self, page_end: WebSocketRoute) -> None:
        self._page_end = page_end
        self._added = self._last = 0
        server_end = page_end.connect_to_server()
        server_end.on_message(lambda text: self._pass(page_end, text))

    def _pass(self, page_end: WebSocketRoute, text: str | bytes) -> None:
        frame = json.loads(text)
        if "seq" in frame:
            self._last = frame["seq"] = frame["seq"] + self._added
        page_end.send(json.dumps(frame))
