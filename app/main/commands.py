"""What the command line runs; each returns an exit code."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.main.serving import guarded, run_server
from app.main.stores import store_to_read

if TYPE_CHECKING:
    from app.clients.replay import ReplayOptions
    from app.config import Settings

log = logging.getLogger("interlock")


def serve(settings: Settings) -> int:
    """Run the server alone. An exit code."""
    return run_server(settings)


def demo(settings: Settings, *, bots: bool) -> int:
    """Run a server with sample queues, simulated people and one free seat. An exit code."""
    from app.clients.guests import show_demo

    with _own_data(settings) as own:
        key = own.auth.admin_key.get_secret_value()
        return run_server(own, lambda url: show_demo(url, key, bots=bots))


def replay(
    settings: Settings,
    options: ReplayOptions,
    *,
    day: str,
    url: str | None,
    key: str | None,
    data_set: Path | None,
) -> int:
    """Replay a day against ``url``, or against a server of its own. An exit code."""
    from app.clients.guests import play_day

    if url is not None and key is not None:
        return asyncio.run(play_day(url, key, day, data_set, options))
    # Nobody else is meant to find it: any free port will do.
    server = settings.server.model_copy(update={"port": 0})
    with _own_data(settings.model_copy(update={"server": server})) as own:
        own_key = own.auth.admin_key.get_secret_value()
        return run_server(own, lambda url: play_day(url, own_key, day, data_set, options))


def check_format(settings: Settings) -> int:
    """Read the whole log with this build and say what it holds. 1 when a record cannot be read."""
    from app.shell.rebuilding import CannotApply
    from app.shell.verify import verify

    async def look() -> int:
        async with store_to_read(settings) as store:
            try:
                found = await verify(store, settings.workspace.id)
            except CannotApply as error:
                print(f"interlock: this build cannot read the log: {error}", file=sys.stderr)
                return 1
        if found is None:
            print(f"workspace {settings.workspace.id} has no log yet")
            return 0
        print(
            f"{found.records} records up to {found.last}, every one readable by this build: "
            f"{found.queues} queues, {found.agents} agents, {found.live} live conversations"
        )
        for at, wrong in found.snapshots.items():
            print(f"snapshot {at}: {wrong or 'readable, and its state is that of the log'}")
        return 1 if any(found.snapshots.values()) else 0

    return guarded(look)


@contextlib.contextmanager
def _own_data(settings: Settings) -> Iterator[Settings]:
    """Settings for a server that leaves nothing behind, unless told where its data shall be."""
    from app.config.sections import Auth
    from app.config.store_sections import Embedded

    auth, embedded = settings.auth, settings.embedded
    if not auth.admin_key.get_secret_value():
        auth = Auth(**{**auth.model_dump(), "admin_key": secrets.token_urlsafe(24)})
    with contextlib.ExitStack() as stack:
        if embedded.data == Embedded().data:
            data = stack.enter_context(tempfile.TemporaryDirectory(prefix="interlock-"))
            embedded = embedded.model_copy(update={"data": Path(data)})
        yield settings.model_copy(update={"auth": auth, "embedded": embedded})
