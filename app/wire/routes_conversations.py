"""The calls about conversations.

MUST NOT hold behaviour: see ``routes``.
"""

from __future__ import annotations

from typing import Any, Final

from app.domain.refusals import Refusal as R
from app.wire import bodies as b
from app.wire import shapes as s
from app.wire.route import (
    DESK,
    FOLLOW,
    ID,
    INGEST,
    LIST_MAX,
    SUPERVISE,
    TIMELINE_MAX,
    Query,
    Roles,
    Route,
    at_most,
)

_STATES: Final = ["waiting", "offered", "assigned", "wrapping", "ended"]
_FILTERS: Final = (
    Query("queue", ID, "Only of this queue."),
    Query("agent", ID, "Only held by, or on offer to, this agent."),
    Query("state", {"type": "string", "enum": _STATES}, "Only in this state; default: any live."),
    at_most(LIST_MAX),
)
_SINCE: Final = (
    Query("after", {"type": "string", "pattern": r"^\d+-\d+$"}, "Only after this position."),
    at_most(TIMELINE_MAX),
)
_LIVE: Final = (R.UNKNOWN_CONVERSATION, R.CONVERSATION_ENDED, R.WRONG_STATE)


def _action(name: str, body: Any, roles: Roles, summary: str, *more: str) -> Route:
    path = f"/v1/conversations/{{id}}/{name}"
    answer = {200: (s.ConversationRow, "Done, or done before; the conversation now.")}
    refusals = (*_LIVE, *more)
    return Route("POST", path, f"{name}_conversation", summary, roles, answer, body, refusals)


CONVERSATIONS: Final = (
    Route(
        "POST",
        "/v1/conversations",
        "create_conversation",
        "Enter a conversation. Repeat it with the same id until an answer comes.",
        INGEST,
        {
            201: (s.ConversationRow, "Entered."),
            200: (s.ConversationRow, "It had been entered before with the same body."),
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
        "One conversation, with how long it is likely to wait.",
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
        "Why it is (not) offered now, member by member, and when that changes. An agent is told of "
        "conversations in the own queues, and only what concerns the asker.",
        DESK,
        {200: (s.ExplanationShape, "Found.")},
        refusals=(R.UNKNOWN_CONVERSATION,),
    ),
    _action("cancel", b.Cancel, FOLLOW, "The customer left, or it is void."),
    _action("move", b.Move, SUPERVISE, "Into another queue.", R.UNKNOWN_QUEUE),
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
    _action(
        "activity",
        b.Activity,
        FOLLOW,
        "Something was said in it, or it is quiet: what is idle gives its agent's units back.",
    ),
)
