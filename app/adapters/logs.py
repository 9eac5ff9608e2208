"""Log lines on standard error: structlog's renderers behind the standard ``logging`` that all use.

MUST NOT print secrets: nothing logs tickets, keys or what customers wrote, and control characters
are escaped, so that one line is one entry whatever a name contains.
"""

from __future__ import annotations

import logging
import sys

import structlog


def _escape(_: object, __: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    event = str(entry["event"])
    entry["event"] = "".join(c if c.isprintable() else repr(c)[1:-1] for c in event)
    return entry


def set_up_logs(level: str, form: str) -> None:
    """Send the log to standard error: ``form`` is ``json`` or ``console``."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _escape,
    ]
    renderer: list[structlog.typing.Processor]
    if form == "json":
        renderer = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    else:
        # Plain: the pretty traceback prints locals, which hold secrets, and takes a second to draw.
        renderer = [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # uvicorn's own lines name every address and every failed handshake.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("websockets").setLevel(logging.WARNING)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
