"""The last look at an answer before it leaves: did the handler mind what the caller may see.

MUST let nothing out to a limited caller that its handler did not look at with the caller's scope:
a forgotten filter is a fault of ours, never a leak.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import orjson
from starlette.responses import Response

from app.edge.call import Call
from app.edge.problems import ProblemError
from app.wire.codes import Problem
from app.wire.scope import veil

log = logging.getLogger(__name__)
JSON = "application/json"


async def serve_scoped(handler: Callable[[Call], Awaitable[Response]], call: Call) -> Response:
    """The handler's answer, without customers where they are hidden from the caller."""
    response = await handler(call)
    if not call.is_within_scope:
        log.error("%s did not look at the caller's scope", call.route.name)
        raise ProblemError(Problem.INTERNAL)
    who = call.principal
    if who is not None and who.scope.hides_customers and response.media_type == JSON:
        response.body = orjson.dumps(veil(orjson.loads(response.body)))
        response.headers["content-length"] = str(len(response.body))
    return response
