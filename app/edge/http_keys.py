"""Keys, browser sessions and tickets over HTTP.

MUST NOT keep or log a key: it is shown once, to whoever made it, and only its hash goes on.
"""

from __future__ import annotations

import secrets
from typing import Any

from starlette.responses import Response

from app.edge.call import CHALLENGE, Call, answer, done
from app.edge.cookies import cookie_header
from app.edge.identity import Principal, new_key, sha256_of
from app.edge.problems import RETRY_AFTER, ProblemError, trouble_code
from app.shell.sign_ins import end_login
from app.shell.work import Trouble
from app.wire.bodies import KeyBody, SessionBody, TicketBody, revoke_key
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
    try:
        principal, token = call.edge.identity.sign_in(body.key, body.agent)
    except ProblemError as error:
        if error.code == Problem.UNAUTHENTICATED:
            error.headers = CHALLENGE
        raise
    max_age_s = call.edge.identity.session_ttl_ms // 1000
    headers = {"Set-Cookie": cookie_header(token, max_age_s, call.secure)}
    return answer(_session_view(principal), 200, headers)


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

    def look(engine: Any, _: int) -> list[dict[str, Any]]:
        return [key_view(key) for key in engine.state.keys.values()]

    keys, _ = await call.router.read(look)
    return answer({"keys": keys})


async def create_key(call: Call) -> Response:
    """A new key, shown this once."""
    body = await call.body(KeyBody)
    id_, key = f"k-{secrets.token_hex(6)}", new_key()
    await call.act(body.command(id_, sha256_of(key), call.who.by), id_)
    view = await call.show(lambda engine, _: key_view(engine.state.keys[id_]), "unknown_key")
    del view["position"]
    return answer({**view, "key": key}, 201)


async def revoke(call: Call) -> Response:
    """Close a key for good; the hub ends its sessions when that is durable."""
    await call.act(revoke_key(call.id, call.who.by), call.id)
    return done()


def _session_view(principal: Principal) -> dict[str, Any]:
    return {
        "role": principal.role,
        "agent": principal.agent,
        "expires_at": principal.expires_at or None,
    }
