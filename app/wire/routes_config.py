"""The calls about queues, agents, presences and changes of configuration.

MUST NOT hold behaviour: see ``routes``.
"""

from __future__ import annotations

from typing import Final

from app.domain.refusals import Refusal as R
from app.wire import bodies as b
from app.wire import config_shapes as k
from app.wire import shapes as s
from app.wire.fields import INT_MAX
from app.wire.route import ADMIN, DESK, LIST_MAX, SUPERVISE, Query, Route, at_most
from app.wire.settings import AgentBody, PresenceBody, QueueBody


def _switch(name: str, summary: str) -> Route:
    answer = {200: (k.QueueShape, "Done, or done before; the queue now.")}
    path = f"/v1/queues/{{id}}/{name}"
    refusals = (R.UNKNOWN_QUEUE,)
    return Route("POST", path, f"{name}_queue", summary, SUPERVISE, answer, b.QueueSwitch, refusals)


_QUEUES: Final = (
    Route(
        "GET",
        "/v1/queues",
        "list_queues",
        "All queues.",
        SUPERVISE,
        {200: (k.QueueList, "Found.")},
    ),
    Route(
        "GET",
        "/v1/queues/{id}",
        "get_queue",
        "One queue.",
        SUPERVISE,
        {200: (k.QueueShape, "Found.")},
        refusals=(R.UNKNOWN_QUEUE,),
    ),
    Route(
        "PUT",
        "/v1/queues/{id}",
        "put_queue",
        "Create or replace a queue; what is left out takes its default. Answers warnings.",
        ADMIN,
        {201: (k.QueuePut, "Created."), 200: (k.QueuePut, "Replaced, or the same already.")},
        QueueBody,
        if_match=True,
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
        {200: (k.AgentList, "Found.")},
    ),
    Route(
        "GET",
        "/v1/agents/{id}",
        "get_agent",
        "One agent.",
        SUPERVISE,
        {200: (k.AgentShape, "Found.")},
        refusals=(R.UNKNOWN_AGENT,),
    ),
    Route(
        "PUT",
        "/v1/agents/{id}",
        "put_agent",
        "Create or replace an agent; what is left out takes its default. Answers warnings.",
        ADMIN,
        {201: (k.AgentPut, "Created."), 200: (k.AgentPut, "Replaced, or the same already.")},
        AgentBody,
        (R.UNKNOWN_QUEUE,),
        if_match=True,
    ),
    Route(
        "POST",
        "/v1/agents/{id}/membership",
        "set_membership",
        "Change one membership of an agent, or end it; everything else about the agent stays.",
        ADMIN,
        {200: (k.AgentPut, "Done, or done before; the agent now.")},
        b.Membership,
        (R.UNKNOWN_AGENT, R.UNKNOWN_QUEUE, R.CHANGED_SINCE),
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
        "Set an agent's presence, at once or after the work in hand; possible at any time.",
        SUPERVISE,
        {200: (k.AgentShape, "Done, or done before; the agent now.")},
        b.SetPresence,
        (R.UNKNOWN_AGENT,),
    ),
    Route(
        "GET",
        "/v1/agents/{id}/offers",
        "list_agent_offers",
        "The latest offers made to an agent, with outcome and why; an agent reads only the own.",
        DESK,
        {200: (s.AgentOfferList, "Found.")},
        refusals=(R.UNKNOWN_AGENT,),
        query=(at_most(LIST_MAX),),
    ),
)
_PRESENCES: Final = (
    Route(
        "GET",
        "/v1/presences",
        "list_presences",
        "All custom presences.",
        DESK,
        {200: (k.PresenceList, "Found.")},
    ),
    Route(
        "GET",
        "/v1/presences/{id}",
        "get_presence",
        "One custom presence.",
        DESK,
        {200: (k.PresenceShape, "Found.")},
        refusals=(R.UNKNOWN_PRESENCE,),
    ),
    Route(
        "PUT",
        "/v1/presences/{id}",
        "put_presence",
        "Create or replace a custom presence; who is in it follows at once. Answers warnings.",
        ADMIN,
        {201: (k.PresencePut, "Created."), 200: (k.PresencePut, "Replaced, or the same already.")},
        PresenceBody,
        if_match=True,
    ),
    Route(
        "DELETE",
        "/v1/presences/{id}",
        "delete_presence",
        "Delete a custom presence that nobody is in.",
        ADMIN,
        {204: (None, "Deleted.")},
        refusals=(R.UNKNOWN_PRESENCE, R.PRESENCE_IN_USE),
    ),
)
_CHANGES: Final = (
    Route(
        "GET",
        "/v1/config/history",
        "list_changes",
        "Changes of queues, agents and presences, the newest first.",
        SUPERVISE,
        {200: (k.ChangeList, "Found.")},
        query=(
            at_most(LIST_MAX),
            Query(
                "before",
                {"type": "integer", "minimum": 1, "maximum": INT_MAX},
                "Only versions before this one.",
            ),
        ),
    ),
    Route(
        "GET",
        "/v1/config/history/{version}",
        "get_change",
        "One change.",
        SUPERVISE,
        {200: (k.ChangeShape, "Found.")},
        refusals=(R.UNKNOWN_VERSION,),
    ),
    Route(
        "POST",
        "/v1/config/undo",
        "undo_change",
        "Put back what a change replaced, as a change of its own, which is answered.",
        ADMIN,
        {200: (k.ChangeShape, "Undone.")},
        b.Undo,
        (
            R.UNKNOWN_VERSION,
            R.CHANGED_SINCE,
            R.UNKNOWN_QUEUE,
            R.QUEUE_IN_USE,
            R.AGENT_IN_USE,
            R.PRESENCE_IN_USE,
        ),
    ),
)
CONFIGURATION: Final = (*_QUEUES, *_AGENTS, *_PRESENCES, *_CHANGES)
