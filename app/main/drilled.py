"""``python -m app.main.drilled serve …``: ``interlock serve`` with a fault port, for drills alone.

The port is the file that ``INTERLOCK_DRILL_PORT`` names; without it this is the ordinary program.
"""

from __future__ import annotations

import os
from pathlib import Path


def main() -> None:
    """Open the port, if one is named, and run the command line."""
    from app.campaign.faulty import PORT, open_port
    from app.main import cli

    port = os.environ.get(PORT)
    if port:
        open_port(Path(port))
    cli()


if __name__ == "__main__":
    main()
