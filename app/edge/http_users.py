"""Local users over HTTP: made, listed, given another password, removed.

MUST NOT keep or log a password. A user is a key (``people``): to make one anew ends what the one
before of that name had open.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from app.edge.call import Call, answer, done
from app.edge.people import People, user_key
from app.edge.problems import ProblemError
from app.shell.keyring import USER
from app.wire.bodies import revoke_key
from app.wire.codes import Problem
from app.wire.users import PasswordBody, UserBody, set_password, user_view

UNKNOWN = Problem.UNKNOWN_USER
NAME_MAX = 64


async def list_users(call: Call) -> Response:
    """All users, the removed ones not."""

    def look(engine: Any, now: int) -> list[dict[str, Any]]:
        keys = engine.state.keys.values()
        users = (key for key in keys if key.id.startswith(USER) and not key.revoked_at)
        return [user_view(key) for key in users]

    users, _ = await call.router.read(look)
    return answer({"users": users})


async def put_user(call: Call) -> Response:
    """A new user, or one of that name anew: whoever was signed in as that is out."""
    people = _people(call)
    if len(call.id) > NAME_MAX:
        errors = [{"path": "$.id", "message": f"must be {NAME_MAX} characters at most"}]
        raise ProblemError(Problem.BODY_INVALID, "The name is too long.", errors=errors)
    id_ = user_key(call.id_to_be)
    body = await call.body(UserBody)
    hashed = await people.hash(body.password)
    known = call.router.state.keys.get(id_)
    created = known is None or bool(known.revoked_at)
    if not created:
        await call.act(revoke_key(id_, call.who.by), call.id)
    await call.act(body.command(id_, call.id, hashed, call.who.by), call.id)
    return answer(await _user(call, id_), 201 if created else 200)


async def set_user_password(call: Call) -> Response:
    """Another password; whoever is signed in with the one before is out."""
    people = _people(call)
    body = await call.body(PasswordBody)
    id_ = _known(call)
    hashed = await people.hash(body.password)
    await call.act(set_password(id_, hashed, call.who.by), call.id)
    return answer(await _user(call, id_))


async def delete_user(call: Call) -> Response:
    """Gone, with all sign-ins and sockets."""
    await call.act(revoke_key(_known(call), call.who.by), call.id)
    return done()


def _people(call: Call) -> People:
    people = call.edge.identity.people
    if people is None:
        raise ProblemError(Problem.FORBIDDEN, "Local users are off here: auth.local_users.")
    return people


def _known(call: Call) -> str:
    id_ = user_key(call.id)
    key = call.router.state.keys.get(id_)
    if key is None or key.revoked_at:
        raise ProblemError(UNKNOWN, f"There is no user {call.id}.")
    return id_


async def _user(call: Call, id_: str) -> dict[str, Any]:
    view = await call.show(lambda engine, _: user_view(engine.state.keys[id_]), UNKNOWN)
    del view["position"]
    return view
