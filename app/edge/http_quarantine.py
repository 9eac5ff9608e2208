"""What was set aside, over HTTP: look, put back, discard.

MUST NOT act on a conversation that is not set aside: the ordinary actions are for those.
"""

from __future__ import annotations

from starlette.responses import Response

from app.edge.call import Call, answer, done
from app.edge.problems import ProblemError
from app.wire.bodies import Cancel, Requeue
from app.wire.codes import Problem
from app.wire.quarantine import quarantine_view


async def list_quarantine(call: Call) -> Response:
    """All that is set aside."""
    scope = call.scope
    view, position = await call.router.read(lambda engine, _: quarantine_view(engine))
    items = [item for item in view["items"] if scope.sees_queue(item["queue"])]
    return answer({"items": items, "position": str(position)})


async def requeue_quarantined(call: Call) -> Response:
    """Back into line."""
    body = await call.body(Requeue)
    _check(call)
    await call.act(body.command(call.id, call.who.by), call.id)
    return done()


async def discard_quarantined(call: Call) -> Response:
    """End it."""
    body = await call.body(Requeue)
    _check(call)
    void = Cancel(reason=body.reason or "discarded", outcome="canceled")
    await call.act(void.command(call.id, call.who.by), call.id)
    return done()


def _check(call: Call) -> None:
    known = call.router.state.conversations.get(call.id)
    if known is None or known.quarantine is None:
        raise ProblemError(Problem.NOT_FOUND, f"Conversation {call.id} is not in quarantine.")
