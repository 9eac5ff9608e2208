"""Keys, browser sessions and tickets over HTTP.

MUST NOT keep or log a key: it is shown once, to whoever made it, and only its hash goes on.
"""

from __future__ import annotations

import secrets
from typing import Any

from starlette.responses import Response

from app.edge.call import CHALLENGE, Call, answer, done, prepare
from app.edge.cookies import cookie_header
from app.edge.identity import Principal
from app.edge.problems import RETRY_AFTER, ProblemError, trouble_code
from app.shell.keyring import USER, new_key, sha256_of
from app.shell.sign_ins import end_login
from app.shell.work import Trouble
from app.wire.bodies import (
    KeyBody,
    KeyLimits,
    Rotation,
    SessionBody,
    TicketBody,
    revoke_key,
)
from app.wire.codes import Problem
from app.wire.views import key_view


async def create_ticket(call: Call) -> Response:
    """A single-use ticket for a WebSocket."""
    body = await call.body(TicketBody)
    identity = call.edge.identity
    ticket = identity.issue(call.who, body.role, body.agent)
    return answer({"ticket": ticket, "expires_in_ms": identity.ticket_ttl_ms}, 201)


async def sign_in(call: Call) -> Response:
    """Sign a browser in; the key travels in the body, a guarded cookie comes back."""
    call.guard_origin()
    body = await call.body(SessionBody)
    identity, shown = call.edge.identity, body.key or body.token or ""
    if body.token is not None:
        await prepare(identity, shown)
    try:
        if body.user is not None and body.password is not None:
            who = await identity.by_password(body.user, body.password, call.address)
            principal, token = identity.open_session(who, body.agent)
        else:
            principal, token = identity.sign_in(shown, body.agent)
    except ProblemError as error:
        if error.code == Problem.UNAUTHENTICATED:
            error.headers = CHALLENGE
        raise
    max_age_s = call.edge.identity.left_ms(principal) // 1000
    headers = {"Set-Cookie": cookie_header(token, max_age_s, call.secure)}
    return answer(_session_view(principal), 200, headers)


async def get_sign_in_ways(call: Call) -> Response:
    """What the sign-in page may offer."""
    identity = call.edge.identity
    provider = identity.outside is not None and call.edge.has_address
    password = identity.people is not None
    return answer({"key": True, "password": password, "provider": provider})


async def get_session(call: Call) -> Response:
    """Who is signed in."""
    return answer(_session_view(call.who))


async def sign_out(call: Call) -> Response:
    """End the browser's session, here at once and in the log for good; an ended one is as good.

    The cookie goes in any case: whoever signs out at a desk leaves nothing there.
    """
    call.guard_origin()
    gone = {"Set-Cookie": cookie_header("", 0, call.secure)}
    ended = None if call.cookie is None else call.edge.identity.sign_out(call.cookie)
    if ended is not None:
        call.edge.hub.end_login(ended.login)
        try:
            await end_login(call.router, ended.login, ended.key_id, ended.until, ended.by)
        except Trouble as trouble:
            headers = {**RETRY_AFTER, **gone}
            raise ProblemError(trouble_code(trouble), str(trouble), headers=headers) from None
    response = done()
    response.headers.update(gone)
    return response


async def list_keys(call: Call) -> Response:
    """All keys, without what opens doors."""
    used = call.edge.identity.keyring.last_used_at

    def look(engine: Any, now: int) -> list[dict[str, Any]]:
        keys = (key for key in engine.state.keys.values() if not key.id.startswith(USER))
        return [key_view(key, now, used(key.id)) for key in keys]

    keys, _ = await call.router.read(look)
    return answer({"keys": keys})


async def create_key(call: Call) -> Response:
    """A new key, shown this once."""
    body = await call.body(KeyBody)
    _check_end(call, body)
    id_, key = f"k-{secrets.token_hex(6)}", new_key()
    await call.act(body.command(id_, sha256_of(key), call.who.by), id_)
    return answer({**await _key(call, id_), "key": key}, 201)


async def limit_key(call: Call) -> Response:
    """Other limits, in the stead of all there were; its sockets come back with these."""
    body = await call.body(KeyLimits)
    _check_end(call, body)
    await call.act(body.limit(_no_user(call), call.who.by), call.id)
    return answer(await _key(call, call.id))


async def rotate_key(call: Call) -> Response:
    """Another secret, shown this once; what the one before has opened ends with it."""
    body = await call.body(Rotation)
    key = new_key()
    await call.act(body.command(_no_user(call), sha256_of(key), call.who.by), call.id)
    return answer({**await _key(call, call.id), "key": key})


async def revoke(call: Call) -> Response:
    """Close a key for good; the hub ends its sessions when that is durable."""
    await call.act(revoke_key(_no_user(call), call.who.by), call.id)
    return done()


def _no_user(call: Call) -> str:
    """The key of the path; users have calls of their own, or one could be made a key by mistake."""
    if call.id.startswith(USER):
        raise ProblemError("unknown_key", f"{call.id} is a user: see /v1/users.")
    return call.id


async def _key(call: Call, id_: str) -> dict[str, Any]:
    used = call.edge.identity.keyring.last_used_at(id_)
    view = await call.show(
        lambda engine, now: key_view(engine.state.keys[id_], now, used), "unknown_key"
    )
    del view["position"]
    return view


def _check_end(call: Call, limits: KeyLimits) -> None:
    """Who wants a key to end at once revokes it; an end in the past is a mistake."""
    if limits.expires_at is not None and limits.expires_at <= call.router.now_ms():
        errors = [{"path": "$.expires_at", "message": "is over: name an instant to come"}]
        raise ProblemError(Problem.BODY_INVALID, "expires_at is over.", errors=errors)


def _session_view(principal: Principal) -> dict[str, Any]:
    scope = principal.scope
    return {
        "role": principal.role,
        "agent": principal.agent,
        "expires_at": principal.expires_at or None,
        "queues": None if scope.queues is None else sorted(scope.queues),
        "hides_customers": scope.hides_customers,
    }
