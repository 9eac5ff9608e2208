"""The webhook of a node, put together when the settings name an address; else nothing is loaded.

MUST NOT hold anything up: ``observe`` only notes, ``run`` sends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.config import Settings
    from app.shell.meter import Meter


class Hook:
    """Tells the address of the settings, if there is one."""

    def __init__(self, settings: Settings, now_ms: Callable[[], int], meter: Meter) -> None:
        self._poster: Any = None
        self._webhook: Any = None
        hook = settings.webhook
        if not hook.url or "incident" not in hook.events:
            return
        from app.adapters.poster import HttpPoster
        from app.shell.webhook import Webhook

        self._poster = HttpPoster(hook.url, hook.timeout_ms)
        self._webhook = Webhook(self._poster, hook.secret.get_secret_value(), now_ms, meter)

    @property
    def wanted(self) -> bool:
        """Whether there is anybody to tell."""
        return self._webhook is not None

    def observe(self, engine: Any, events: list[Any]) -> None:
        """Note what a durable batch did."""
        if self._webhook is not None:
            self._webhook.observe(engine, events)

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            await self._webhook.run()
        finally:
            await self._poster.aclose()
