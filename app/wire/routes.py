"""The HTTP interface as data: every call once, for the server, the documents and the tests.

MUST NOT hold behaviour. The edge binds ``name`` to a
handler and refuses to start when one is missing, so nothing is served that is not written here.
"""

from __future__ import annotations

from typing import Any, Final

from app.domain.refusals import Refusal as R
from app.wire import bodies as b
from app.wire import shapes as s
from app.wire.audit_calls import AUDIT
from app.wire.board_shapes import Board
from app.wire.codes import Problem as P
from app.wire.estimates import ESTIMATES
from app.wire.format import FORMAT
from app.wire.history_calls import HISTORY
from app.wire.incidents import INCIDENTS
from app.wire.quarantine import QUARANTINE
from app.wire.route import ADMIN, ANY, DESK, SUPERVISE, Query, Route
from app.wire.routes_config import CONFIGURATION
from app.wire.routes_conversations import CONVERSATIONS
from app.wire.supervision import SUPERVISION
from app.wire.users import USERS
from app.wire.wall import WALL

_BOARD: Final = (
    Route(
        "GET",
        "/v1/board",
        "get_board",
        "The supervisors' figures, same shape as the WebSocket snapshot; now, or as it was.",
        SUPERVISE,
        {200: (Board, "The board.")},
        query=(
            Query(
                "at",
                {"type": "string", "pattern": r"^[0-9]{1,15}(-[0-9]{1,15})?$"},
                "As it was at this instant, or place in the log, as far back as that is kept.",
            ),
        ),
    ),
)
_IDENTITY: Final = (
    Route(
        "POST",
        "/v1/tickets",
        "create_ticket",
        "A single-use ticket for a WebSocket.",
        DESK,
        {201: (s.TicketShape, "Use it within its time, once.")},
        b.TicketBody,
        (R.UNKNOWN_AGENT,),
    ),
    Route(
        "POST",
        "/v1/session",
        "sign_in",
        "Sign a browser in, with a key, a token or a name and password; answers a cookie.",
        None,
        {200: (s.SessionShape, "Signed in.")},
        b.SessionBody,
        (
            R.UNKNOWN_AGENT,
            P.UNAUTHENTICATED,
            P.FORBIDDEN,
            P.ORIGIN_REFUSED,
            P.RATE_LIMITED,
            P.OVERLOADED,
        ),
    ),
    Route(
        "GET",
        "/v1/session/ways",
        "get_sign_in_ways",
        "How a browser may sign in: with a key, and at an identity provider (/login/provider).",
        None,
        {200: (s.SignInWays, "These.")},
    ),
    Route(
        "GET",
        "/v1/session",
        "get_session",
        "Who is signed in.",
        ANY,
        {200: (s.SessionShape, "Signed in.")},
    ),
    Route(
        "DELETE",
        "/v1/session",
        "sign_out",
        "End the browser's session; an ended one is as good.",
        None,
        {204: (None, "Signed out.")},
        refusals=(P.ORIGIN_REFUSED, P.OUTCOME_UNKNOWN, P.OVERLOADED, P.NOT_OWNER, P.INTERNAL),
    ),
    Route(
        "GET",
        "/v1/keys",
        "list_keys",
        "All API keys, without what opens doors.",
        ADMIN,
        {200: (s.KeyList, "Found.")},
    ),
    Route(
        "POST",
        "/v1/keys",
        "create_key",
        "A new API key, shown once.",
        ADMIN,
        {201: (s.KeyCreated, "Created. The key is shown this once.")},
        b.KeyBody,
        (R.UNKNOWN_AGENT, R.UNKNOWN_QUEUE, R.NOT_IN_FORMAT),
    ),
    Route(
        "POST",
        "/v1/keys/{id}/limits",
        "limit_key",
        "Say anew what a key is limited to, as a whole; its sockets come back with that.",
        ADMIN,
        {200: (s.KeyShape, "Done, or so before; the key now.")},
        b.KeyLimits,
        (R.UNKNOWN_KEY, R.UNKNOWN_QUEUE, R.WRONG_STATE, R.NOT_IN_FORMAT),
    ),
    Route(
        "POST",
        "/v1/keys/{id}/rotate",
        "rotate_key",
        "A new secret for the same key, shown once. The one before ends, at once or after a while, "
        "and with it what was opened with it.",
        ADMIN,
        {200: (s.KeyCreated, "Done. The key is shown this once.")},
        b.Rotation,
        (R.UNKNOWN_KEY, R.WRONG_STATE, R.NOT_IN_FORMAT),
    ),
    Route(
        "DELETE",
        "/v1/keys/{id}",
        "revoke_key",
        "Close a key for good; its sessions and sockets end.",
        ADMIN,
        {204: (None, "Revoked, or revoked before.")},
        refusals=(R.UNKNOWN_KEY,),
    ),
)
_OPERATIONS: Final = (
    Route(
        "GET", "/healthz", "healthz", "The loop is alive.", None, {200: (s.AliveShape, "It is.")}
    ),
    Route(
        "GET",
        "/readyz",
        "readyz",
        "Owns its workspace, the store answers, not draining.",
        None,
        {200: (s.ReadyShape, "Ready."), 503: (s.ReadyShape, "Not ready; reasons say why.")},
    ),
    Route(
        "GET",
        "/metrics",
        "metrics",
        "Figures for Prometheus.",
        None,
        {200: (str, "Text format.")},
        media="text/plain",
    ),
    Route("GET", "/version", "version", "What runs here.", None, {200: (s.VersionShape, "This.")}),
    Route(
        "GET",
        "/openapi.json",
        "openapi",
        "This document.",
        None,
        {200: (dict[str, Any], "OpenAPI 3.1.")},
    ),
    Route(
        "GET",
        "/asyncapi.json",
        "asyncapi",
        "The WebSocket's frames.",
        None,
        {200: (dict[str, Any], "AsyncAPI 3.0.")},
    ),
)
ROUTES: Final[tuple[Route, ...]] = (
    *CONVERSATIONS,
    *CONFIGURATION,
    *QUARANTINE,
    *INCIDENTS,
    *SUPERVISION,
    *FORMAT,
    *_BOARD,
    *WALL,
    *ESTIMATES,
    *HISTORY,
    *AUDIT,
    *_IDENTITY,
    *USERS,
    *_OPERATIONS,
)
