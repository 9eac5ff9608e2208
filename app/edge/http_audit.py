"""The audit over HTTP: a page of it, or all of it as a table.

Reads the log beside the living state. MUST NOT be asked by anybody but admins of the whole
workspace, and MUST NOT hold more than a page in memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response, StreamingResponse

from app.edge.call import Call, answer
from app.edge.query import bad_query, known_query, limit_of, number_of
from app.ports import START, Position
from app.shell.trail import trail
from app.wire.audit import Reader, Wanted
from app.wire.audit_calls import PAGE_DEFAULT, PAGE_MAX, lines_of
from app.wire.fields import INT_MAX

DAY_MS = 86_400_000
READ_MAX = 50_000
"""Records read for one page; a page of a large floor may be short, or empty, and goes on."""
PLACE_CHARS_MAX = 40


async def get_audit(call: Call) -> Response:
    """One page, the oldest first."""
    wanted = _wanted(call)
    limit = limit_of(call, PAGE_MAX, PAGE_DEFAULT)
    reader = Reader(wanted, await _changes(call))
    entries: list[dict[str, Any]] = []
    read, last, more = 0, "", False
    async for piece in trail(call.router, *_span(call), _after(call)):
        for position, event in piece:
            entries += reader.take(str(position), event)
            read, last = read + 1, str(position)
        more = len(entries) > limit or read >= READ_MAX
        if more:
            break
    if not more:
        entries += reader.rest()
        more = len(entries) > limit
    if not more:
        return answer({"entries": entries, "next_after": None})
    if len(entries) > limit:
        entries = entries[:limit]
        return answer({"entries": entries, "next_after": entries[-1]["position"]})
    entries += reader.rest()
    return answer({"entries": entries[:limit], "next_after": last})


async def get_audit_table(call: Call) -> Response:
    """All of it, line by line."""
    name, media = call.route.name, call.route.media
    # All that may be wrong is looked at before the first line is out.
    span, reader = _span(call), Reader(_wanted(call), await _changes(call))
    table = _table(call, reader, span)
    ending = name.rpartition("_")[2]
    headers = {"Content-Disposition": f'attachment; filename="interlock-audit.{ending}"'}
    return StreamingResponse(table, headers=headers, media_type=f"{media}; charset=utf-8")


async def _table(call: Call, reader: Reader, span: tuple[int, int]) -> AsyncIterator[str]:
    head, line = lines_of(call.route.name)
    yield head
    async for piece in trail(call.router, *span):
        done = [entry for position, event in piece for entry in reader.take(str(position), event)]
        yield "".join(map(line, done))
    yield "".join(map(line, reader.rest()))


async def _changes(call: Call) -> Any:
    """What is remembered of the configuration's history, of this instant."""
    changes, _ = await call.router.read(lambda engine, _: dict(engine.state.changes))
    return changes


def _wanted(call: Call) -> Wanted:
    query = known_query(call)
    work = query.get("work", "false")
    if work not in ("true", "false"):
        raise bad_query("work", "must be true or false")
    return Wanted(query.get("actor"), query.get("subject"), work == "true")


def _span(call: Call) -> tuple[int, int]:
    until = number_of(call, "until", INT_MAX) or call.router.now_ms() + 1
    return number_of(call, "from", INT_MAX) or max(0, until - DAY_MS), until


def _after(call: Call) -> Position:
    text = call.request.query_params.get("after")
    if text is None:
        return START
    epoch, _, n = text.partition("-")
    if len(text) > PLACE_CHARS_MAX or not (epoch.isdecimal() and n.isdecimal() and text.isascii()):
        raise bad_query("after", "must be a place of the log, as next_after says it")
    return Position(int(epoch), int(n))
