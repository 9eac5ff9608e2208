"""``interlock format export``: the log as lines of JSON on the standard output."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from app.main.serving import guarded
from app.main.stores import store_to_read

if TYPE_CHECKING:
    from app.config import Settings


def export_log(settings: Settings, after: str) -> int:
    """Write every record after ``after``; 1 when that is no position. Owns and changes nothing."""
    from app.campaign.export import export
    from app.ports import Position

    try:
        place = Position.parse(after)
    except ValueError:
        print(f"interlock: {after!r} is no position like 3-141", file=sys.stderr)
        return 1

    async def run() -> int:
        async with store_to_read(settings) as store:
            await export(store, settings.workspace.id, sys.stdout.buffer.write, after=place)
        sys.stdout.flush()
        return 0

    return guarded(run)
