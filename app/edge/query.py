"""What stands behind the question mark, checked: every fault is named with its parameter.

MUST NOT guess or skip: a parameter that the route does not know is a mistake of the caller.
"""

from __future__ import annotations

from starlette.datastructures import QueryParams

from app.edge.call import Call
from app.edge.problems import ProblemError
from app.wire.codes import Problem

DIGITS_MAX = 16


def known_query(call: Call) -> QueryParams:
    """The parameters. Raises ProblemError for one that the route does not know, or may not name."""
    known = [query.name for query in call.route.query]
    query = call.request.query_params
    unknown = set(query) - set(known)
    if unknown:
        message = f"unknown parameter; known are {', '.join(known)}"
        raise bad_query(min(unknown), message)
    for parameter in call.route.query:
        most = parameter.schema.get("maxLength")
        if most and parameter.name in query and not 1 <= len(query[parameter.name]) <= most:
            raise bad_query(parameter.name, f"must have 1 to {most} characters")
    if "queue" in query:
        call.check_queue(query["queue"])
    return query


def limit_of(call: Call, most: int, default: int | None = None) -> int:
    """The parameter ``limit``, or ``default`` (``most``). Raises ProblemError."""
    return number_of(call, "limit", most) or default or most


def number_of(call: Call, name: str, most: int) -> int | None:
    """A whole number from 1; None when it was not given. Raises ProblemError."""
    text = call.request.query_params.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > DIGITS_MAX:
        raise bad_query(name, f"must be a whole number from 1 to {most}")
    if not 1 <= int(text) <= most:
        raise bad_query(name, f"must be a whole number from 1 to {most}")
    return int(text)


def bad_query(name: str, message: str) -> ProblemError:
    """What is wrong with one parameter."""
    errors = [{"path": f"?{name}", "message": message}]
    return ProblemError(Problem.QUERY_INVALID, f"{name} {message}.", errors=errors)
