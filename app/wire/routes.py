"""The HTTP interface as data: every call once, for the server, the documents and the tests.

MUST NOT hold behaviour. ``roles`` is who may call (None: anyone); the edge binds ``name`` to a
handler and refuses to start when one is missing, so nothing is served that is not written here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from app.domain.refusals import Refusal as R
from app.wire import bodies as b
from app.wire import shapes as s
from app.wire.board_shapes import Board
from app.wire.codes import Problem as P
from app.wire.settings import AgentBody, QueueBody

Roles = frozenset[str]
INGEST: Final[Roles] = frozenset({"ingest", "admin"})
SUPERVISE: Final[Roles] = frozenset({"supervisor", "admin"})
FOLLOW: Final[Roles] = INGEST | SUPERVISE
DESK: Final[Roles] = frozenset({"agent", "supervisor", "admin"})
ADMIN: Final[Roles] = frozenset({"admin"})
ANY: Final[Roles] = frozenset({"ingest", "agent", "supervisor", "admin"})

LIST_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Query:
    """One query parameter."""

    name: str
    schema: dict[str, Any]
    description: str


@dataclass(frozen=True, slots=True)
class Route:
    """One call."""

    method: str
    path: str
    name: str
    summary: str
    roles: Roles | None
    answers: dict[int, tuple[Any, str]]
    body: Any = None
    refusals: tuple[str, ...] = ()
    query: tuple[Query, ...] = field(default=())
    media: str = "application/json"

    @property
    def writes(self) -> bool:
        """Whether it changes anything, and so needs the store and a same-origin browser."""
        return self.method in ("POST", "PUT", "DELETE")


_ID: Final[dict[str, Any]] = {"type": "string", "minLength": 1, "maxLength": 128}
_STATES: Final = ["waiting", "offered", "assigned", "wrapping", "ended"]
_FILTERS: Final = (
    Query("queue", _ID, "Only of this queue."),
    Query("agent", _ID, "Only held by, or on offer to, this agent."),
    Query("state", {"type": "string", "enum": _STATES}, "Only in this state; default: any live."),
    Query("limit", {"type": "integer", "minimum": 1, "maximum": LIST_MAX}, "At most so many."),
)
_SINCE: Final = (
    Query("after", {"type": "string", "pattern": r"^\d+-\d+$"}, "Only after this position."),
    Query("limit", {"type": "integer", "minimum": 1, "maximum": 1_000}, "At most so many."),
)
_LIVE: Final = (R.UNKNOWN_CONVERSATION, R.CONVERSATION_ENDED, R.WRONG_STATE)


def _action(name: str, body: Any, roles: Roles, summary: str, *more: str) -> Route:
    path = f"/v1/conversations/{{id}}/{name}"
    answer = {200: (s.ConversationShape, "Done, or done before; the conversation now.")}
    refusals = (*_LIVE, *more)
    return Route("POST", path, f"{name}_conversation", summary, roles, answer, body, refusals)


def _switch(name: str, summary: str) -> Route:
    answer = {200: (s.QueueShape, "Done, or done before; the queue now.")}
    path = f"/v1/queues/{{id}}/{name}"
    refusals = (R.UNKNOWN_QUEUE,)
    return Route("POST", path, f"{name}_queue", summary, SUPERVISE, answer, b.QueueSwitch, refusals)


_CONVERSATIONS: Final = (
    Route(
        "POST",
        "/v1/conversations",
        "create_conversation",
        "Enter a conversation. Repeat it with the same id until an answer comes.",
        INGEST,
        {
            201: (s.ConversationShape, "Entered."),
            200: (s.ConversationShape, "It had been entered before with the same body."),
        },
        b.ConversationBody,
        (R.UNKNOWN_QUEUE, R.CONVERSATION_EXISTS, R.QUEUE_FULL, R.QUEUE_DRAINING),
    ),
    Route(
        "GET",
        "/v1/conversations",
        "list_conversations",
        "Conversations of a queue in the order of their places, of an agent, or the latest ended.",
        SUPERVISE,
        {200: (s.ConversationList, "Found.")},
        query=_FILTERS,
    ),
    Route(
        "GET",
        "/v1/conversations/{id}",
        "get_conversation",
        "One conversation.",
        FOLLOW,
        {200: (s.ConversationShape, "Found.")},
        refusals=(R.UNKNOWN_CONVERSATION,),
    ),
    Route(
        "GET",
        "/v1/conversations/{id}/timeline",
        "get_timeline",
        "Every transition with time, actor, reason and log position.",
        FOLLOW,
        {200: (s.Timeline, "Found.")},
        refusals=(R.UNKNOWN_CONVERSATION,),
        query=_SINCE,
    ),
    Route(
        "GET",
        "/v1/conversations/{id}/explain",
        "explain_conversation",
        "Why it is (not) offered now, member by member, and when that changes.",
        SUPERVISE,
        {200: (s.ExplanationShape, "Found.")},
        refusals=(R.UNKNOWN_CONVERSATION,),
    ),
    _action("cancel", b.Cancel, FOLLOW, "The customer left, or it is void."),
    _action("move", b.Move, SUPERVISE, "Into another queue.", R.UNKNOWN_QUEUE, R.SAME_QUEUE),
    _action(
        "assign",
        b.Assign,
        SUPERVISE,
        "To one agent, without an offer.",
        R.UNKNOWN_AGENT,
        R.NO_CAPACITY,
        R.NOT_A_MEMBER,
    ),
    _action("requeue", b.Requeue, SUPERVISE, "Back into its queue, at its original place."),
    _action("release", b.Release, SUPERVISE, "Free a stuck conversation, back to its place."),
    _action("priority", b.Prioritize, SUPERVISE, "Change its priority."),
    _action("close", b.Close, SUPERVISE, "End it as closed."),
)
_QUEUES: Final = (
    Route(
        "GET",
        "/v1/queues",
        "list_queues",
        "All queues.",
        SUPERVISE,
        {200: (s.QueueList, "Found.")},
    ),
    Route(
        "GET",
        "/v1/queues/{id}",
        "get_queue",
        "One queue.",
        SUPERVISE,
        {200: (s.QueueShape, "Found.")},
        refusals=(R.UNKNOWN_QUEUE,),
    ),
    Route(
        "PUT",
        "/v1/queues/{id}",
        "put_queue",
        "Create or replace a queue; what is left out takes its default. Answers warnings.",
        ADMIN,
        {201: (s.QueuePut, "Created."), 200: (s.QueuePut, "Replaced, or the same already.")},
        QueueBody,
    ),
    Route(
        "DELETE",
        "/v1/queues/{id}",
        "delete_queue",
        "Delete a queue that holds nothing; memberships in it go with it.",
        ADMIN,
        {204: (None, "Deleted.")},
        refusals=(R.UNKNOWN_QUEUE, R.QUEUE_IN_USE),
    ),
    _switch("pause", "Stop offering; conversations are still taken in."),
    _switch("resume", "Offer, and take in."),
    _switch("drain", "Offer what waits; take nothing in."),
)
_AGENTS: Final = (
    Route(
        "GET",
        "/v1/agents",
        "list_agents",
        "All agents.",
        SUPERVISE,
        {200: (s.AgentList, "Found.")},
    ),
    Route(
        "GET",
        "/v1/agents/{id}",
        "get_agent",
        "One agent.",
        SUPERVISE,
        {200: (s.AgentShape, "Found.")},
        refusals=(R.UNKNOWN_AGENT,),
    ),
    Route(
        "PUT",
        "/v1/agents/{id}",
        "put_agent",
        "Create or replace an agent; what is left out takes its default. Answers warnings.",
        ADMIN,
        {201: (s.AgentPut, "Created."), 200: (s.AgentPut, "Replaced, or the same already.")},
        AgentBody,
        (R.UNKNOWN_QUEUE,),
    ),
    Route(
        "DELETE",
        "/v1/agents/{id}",
        "delete_agent",
        "Delete an agent who holds no conversation.",
        ADMIN,
        {204: (None, "Deleted.")},
        refusals=(R.UNKNOWN_AGENT, R.AGENT_IN_USE),
    ),
    Route(
        "POST",
        "/v1/agents/{id}/presence",
        "set_agent_presence",
        "Set an agent's presence; possible at any time.",
        SUPERVISE,
        {200: (s.AgentShape, "Done, or done before; the agent now.")},
        b.SetPresence,
        (R.UNKNOWN_AGENT,),
    ),
)
_BOARD: Final = (
    Route(
        "GET",
        "/v1/board",
        "get_board",
        "The supervisors' figures, same shape as the WebSocket snapshot.",
        SUPERVISE,
        {200: (Board, "The board now.")},
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
        "Sign a browser in with an API key; answers a cookie.",
        None,
        {200: (s.SessionShape, "Signed in.")},
        b.SessionBody,
        (R.UNKNOWN_AGENT, P.UNAUTHENTICATED, P.FORBIDDEN, P.ORIGIN_REFUSED),
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
        refusals=(P.ORIGIN_REFUSED,),
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
        (R.UNKNOWN_AGENT,),
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
    *_CONVERSATIONS,
    *_QUEUES,
    *_AGENTS,
    *_BOARD,
    *_IDENTITY,
    *_OPERATIONS,
)
