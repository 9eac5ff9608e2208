"""What runs beside a server of one's own, or against any other: the demo's people, and one replay.

MUST use the public protocol only. Each returns an exit code when it is done.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from rich.console import Console

from app.clients import demo_cast as cast
from app.clients.day import DayInvalid
from app.clients.day_source import choose_day
from app.clients.demo import run_demo, set_up
from app.clients.http import ApiClient
from app.clients.replay import ReplayFailed, ReplayOptions, replay
from app.clients.replay_report import ProgressBar, print_result


async def show_demo(url: str, admin_key: str, *, bots: bool) -> int:
    """Furnish the server, print where to look, and let the people come until cancelled."""
    async with ApiClient(url, admin_key) as api:
        await set_up(api)
        seat = {"name": "demo seat", "role": "agent", "agent": cast.SEAT}
        seat_key = (await api.call("POST", "/v1/keys", seat, repeatable=True))["key"]
        watch = {"name": "demo board", "role": "supervisor"}
        board_key = (await api.call("POST", "/v1/keys", watch, repeatable=True))["key"]
    print(
        f"\n  your seat   {url}/login#key={seat_key}&agent={cast.SEAT}\n"
        f"  the board   {url}/login#key={board_key}\n"
        f"  the API     {url}/openapi.json\n\n"
        "Open the seat and set yourself available: an offer comes within seconds. "
        "Ctrl+C stops everything.\n",
        flush=True,
    )
    if bots:
        await run_demo(url, admin_key)
    else:
        await asyncio.Event().wait()
    return 0


async def play_day(
    url: str, admin_key: str, day: str, data_set: Path | None, options: ReplayOptions
) -> int:
    """Replay a day and print what came of it beside the references; 1 when anything was wrong."""
    console = Console()
    try:
        chosen, published = choose_day(day, data_set, os.environ)
        with ProgressBar(console) as bar:
            result = await replay(
                chosen, url, admin_key, options, published=published, progress=bar
            )
    except (DayInvalid, ReplayFailed) as error:
        console.print(f"interlock: {error}", style="red", markup=False)
        return 1
    print_result(console, result)
    return 0 if result.ok else 1
