"""Composition root: the only place where the parts meet, and the entry of the command line.

MUST NOT work at import time: everything heavy is imported inside the function that needs it.
"""

from app.main.commands import check_format, demo, replay, serve
from app.main.following import follow
from app.main.gateways import gateway

__all__ = ["check_format", "cli", "demo", "follow", "gateway", "replay", "serve"]


def cli() -> None:
    """Run the command line."""
    from app.cli import cli as commands

    commands()
