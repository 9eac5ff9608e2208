"""Changes of configuration over HTTP: what was changed, by whom, and taking it back.

MUST NOT take anything back by itself: the engine refuses what somebody has changed again since.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from app.edge.call import Call, answer
from app.edge.problems import ProblemError
from app.edge.query import known_query, limit_of, number_of
from app.wire.bodies import Undo
from app.wire.changes import change_view, changes_view, latest_change_view
from app.wire.fields import INT_MAX
from app.wire.route import LIST_MAX

UNKNOWN = "unknown_version"
CHANGES_DEFAULT = 50
DIGITS_MAX = 15


async def list_changes(call: Call) -> Response:
    """The newest changes, page by page."""
    known_query(call)
    limit = limit_of(call, LIST_MAX, CHANGES_DEFAULT)
    before = number_of(call, "before", INT_MAX)
    view, _ = await call.router.read(lambda engine, _: changes_view(engine, limit, before))
    return answer(view)


async def get_change(call: Call) -> Response:
    """One change."""
    text = str(call.request.path_params["version"])
    digits = text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX
    version = int(text) if digits else 0
    return answer(await _shown(call, lambda engine, _: change_view(engine, version)))


async def undo_change(call: Call) -> Response:
    """Put back what a change replaced; answers the change that this makes."""
    body = await call.body(Undo)
    asked = call.router.state.changes.get(body.version)
    await call.act(body.command(call.who.by), str(body.version))
    if asked is None:
        raise ProblemError(UNKNOWN)
    kind, id_ = asked.kind, asked.id
    return answer(await _shown(call, lambda engine, _: latest_change_view(engine, kind, id_)))


async def _shown(call: Call, look: Any) -> dict[str, Any]:
    view = await call.show(look, UNKNOWN)
    del view["position"]
    return view
