"""The stored format over HTTP: look, and put the next one in force.

MUST NOT judge: what is missing is said by ``shell.format_gate``.
"""

from __future__ import annotations

from dataclasses import asdict

from msgspec import UNSET
from starlette.responses import Response

from app.edge.call import Call, answer
from app.edge.problems import ProblemError
from app.shell.format_gate import FormatGate, FormatLimits, NotReady
from app.wire.codes import Problem
from app.wire.format import Finalize, format_view


async def get_format(call: Call) -> Response:
    """Where the workspace is."""
    return answer(format_view(asdict(await _gate(call).status())))


async def finalize_format(call: Call) -> Response:
    """Put a format in force; answers where the workspace is then."""
    body = await call.body(Finalize)
    gate = _gate(call)
    try:
        done = await gate.finalize(
            None if body.format is UNSET else body.format,
            call.who.by,
            in_a_hurry=body.now,
            allow_downgrade=body.allow_downgrade,
        )
    except NotReady as error:
        raise ProblemError(
            Problem.FORMAT_NOT_READY,
            "Not now; what is missing is listed.",
            errors=[{"path": "$", "message": text} for text in error.missing],
        ) from None
    if done.refusal is not None:
        raise ProblemError(done.refusal.code, done.refusal.message)
    return answer(format_view(asdict(await gate.status())))


def _gate(call: Call) -> FormatGate:
    settings = call.edge.format
    limits = FormatLimits(settings.clean_ms, settings.clean_records)
    return FormatGate(call.router, limits)
