"""What a limited key or sign-in sees: some queues and the agents who are members of them, or all.

Every call and every frame of supervisors has its rule here, and what has none is refused, so that
nothing can be forgotten: the edge refuses to start when a call lacks one. MUST NOT tell a limited
key whether something outside exists: it is answered as what does not exist is. The rule: a thing is
seen where its queue is; an agent by any membership in a queue of the scope.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from app.domain.refusals import Refusal as R
from app.domain.state import Broadcast, Incident, State
from app.wire.codes import Problem

View = dict[str, Any]


@dataclass(slots=True, frozen=True)
class Scope:
    """``queues`` None: everything. ``hides_customers``: nothing about who the customers are."""

    queues: frozenset[str] | None = None
    hides_customers: bool = False

    @property
    def is_limited(self) -> bool:
        """Whether there is anything that it does not see."""
        return self.queues is not None

    def sees_queue(self, queue: str | None) -> bool:
        """Whether this queue is of the scope; what has no queue (None) is of none."""
        return self.queues is None or queue in self.queues

    def sees_agent(self, state: State, agent: str | None) -> bool:
        """Whether the agent is a member of a queue of the scope."""
        if self.queues is None:
            return True
        known = state.agents.get(agent or "")
        return known is not None and not self.queues.isdisjoint(known.settings.queues)

    def sees_conversation(self, state: State, conversation: str | None) -> bool:
        """Whether it is, or was last, in a queue of the scope."""
        if self.queues is None:
            return True
        known = state.conversations.get(conversation or "")
        return known is not None and known.queue in self.queues

    def sees_incident(self, state: State, incident: Incident | None) -> bool:
        """Whether all that it is about is of the scope, and it is about anything."""
        if self.queues is None:
            return True
        if incident is None:
            return False
        about = (
            incident.queue is None or self.sees_queue(incident.queue),
            incident.conversation is None or self.sees_conversation(state, incident.conversation),
            incident.agent is None or self.sees_agent(state, incident.agent),
        )
        named = (incident.queue, incident.conversation, incident.agent)
        return all(about) and any(name is not None for name in named)

    def sees_broadcast(self, state: State, broadcast: Broadcast | None) -> bool:
        """Whether it is meant for a queue of the scope or one of its agents."""
        if self.queues is None:
            return True
        if broadcast is None:
            return False
        if broadcast.queue is not None:
            return broadcast.queue in self.queues
        return broadcast.agent is not None and self.sees_agent(state, broadcast.agent)


EVERYTHING: Final = Scope()


class Rule(StrEnum):
    """What a call means to a key that is limited to queues."""

    OPEN = "open"
    """It tells of no queue and no person, or anybody may ask."""
    NEVER = "never"
    """It is about the whole workspace: 403."""
    CONVERSATION = "conversation"
    QUEUE = "queue"
    AGENT = "agent"
    INCIDENT = "incident"
    BROADCAST = "broadcast"
    """What the path names must be of the scope; else it is not found."""
    NAMED = "named"
    """The body must name a queue or an agent of the scope, and nothing beyond."""
    FILTERED = "filtered"
    """The handler leaves out what is not of the scope, and must have asked for it."""


RULES: Final = MappingProxyType(
    {
        "create_conversation": Rule.NAMED,
        "list_conversations": Rule.FILTERED,
        "get_conversation": Rule.CONVERSATION,
        "get_timeline": Rule.CONVERSATION,
        "explain_conversation": Rule.CONVERSATION,
        "cancel_conversation": Rule.CONVERSATION,
        "move_conversation": Rule.CONVERSATION,
        "assign_conversation": Rule.CONVERSATION,
        "requeue_conversation": Rule.CONVERSATION,
        "release_conversation": Rule.CONVERSATION,
        "priority_conversation": Rule.CONVERSATION,
        "close_conversation": Rule.CONVERSATION,
        "activity_conversation": Rule.CONVERSATION,
        "list_queues": Rule.FILTERED,
        "get_queue": Rule.QUEUE,
        "put_queue": Rule.NEVER,
        "delete_queue": Rule.NEVER,
        "pause_queue": Rule.QUEUE,
        "resume_queue": Rule.QUEUE,
        "drain_queue": Rule.QUEUE,
        "list_agents": Rule.FILTERED,
        "get_agent": Rule.AGENT,
        "put_agent": Rule.NEVER,
        "set_membership": Rule.NEVER,
        "delete_agent": Rule.NEVER,
        "set_agent_presence": Rule.AGENT,
        "list_agent_offers": Rule.AGENT,
        "sign_out_agent": Rule.AGENT,
        "list_presences": Rule.OPEN,
        "get_presence": Rule.OPEN,
        "put_presence": Rule.NEVER,
        "delete_presence": Rule.NEVER,
        "list_changes": Rule.NEVER,
        "get_audit": Rule.NEVER,
        "get_audit_csv": Rule.NEVER,
        "get_audit_ndjson": Rule.NEVER,
        "get_change": Rule.NEVER,
        "undo_change": Rule.NEVER,
        "list_quarantine": Rule.FILTERED,
        "requeue_quarantined": Rule.CONVERSATION,
        "discard_quarantined": Rule.CONVERSATION,
        "list_incidents": Rule.FILTERED,
        "get_incident": Rule.INCIDENT,
        "acknowledge_incident": Rule.INCIDENT,
        "report_incident": Rule.NEVER,
        "get_repairs": Rule.OPEN,
        "freeze_repairs": Rule.NEVER,
        "thaw_repairs": Rule.NEVER,
        "list_broadcasts": Rule.FILTERED,
        "send_broadcast": Rule.NAMED,
        "withdraw_broadcast": Rule.BROADCAST,
        "get_format": Rule.NEVER,
        "finalize_format": Rule.NEVER,
        "get_board": Rule.FILTERED,
        "get_wall": Rule.FILTERED,
        "get_estimates": Rule.FILTERED,
        "get_history": Rule.FILTERED,
        "get_history_csv": Rule.FILTERED,
        "create_ticket": Rule.OPEN,
        "sign_in": Rule.OPEN,
        "get_session": Rule.OPEN,
        "get_sign_in_ways": Rule.OPEN,
        "sign_out": Rule.OPEN,
        "list_keys": Rule.NEVER,
        "create_key": Rule.NEVER,
        "limit_key": Rule.NEVER,
        "rotate_key": Rule.NEVER,
        "revoke_key": Rule.NEVER,
        "list_users": Rule.NEVER,
        "put_user": Rule.NEVER,
        "set_user_password": Rule.NEVER,
        "delete_user": Rule.NEVER,
        "healthz": Rule.OPEN,
        "readyz": Rule.OPEN,
        "metrics": Rule.OPEN,
        "version": Rule.OPEN,
        "openapi": Rule.OPEN,
        "asyncapi": Rule.OPEN,
    }
)
"""Call -> its rule."""

Refusal = tuple[Problem | R, str]
"""A code and a sentence."""
_UNKNOWN: Final = MappingProxyType(
    {
        Rule.CONVERSATION: R.UNKNOWN_CONVERSATION,
        Rule.QUEUE: R.UNKNOWN_QUEUE,
        Rule.AGENT: R.UNKNOWN_AGENT,
        Rule.INCIDENT: R.UNKNOWN_INCIDENT,
        Rule.BROADCAST: R.UNKNOWN_BROADCAST,
    }
)


def refusal_of_path(scope: Scope, state: State, name: str, id_: str | None) -> Refusal | None:
    """Why a limited scope may not make the call ``name`` about ``id_``; None when it may."""
    if not scope.is_limited:
        return None
    rule = RULES.get(name, Rule.NEVER)
    if rule is Rule.NEVER:
        message = "This is about the whole workspace, and your key is limited to some queues."
        return Problem.FORBIDDEN, message
    if rule in _UNKNOWN and not _sees(scope, state, rule, id_):
        return _not_found(rule, id_)
    return None


def refusal_of_names(scope: Scope, state: State, said: Any, *, must: bool) -> Refusal | None:
    """Why a body or a frame may not name what it names; None when it may.

    ``must``: it has to name something, because without it would mean everything.
    """
    if not scope.is_limited:
        return None
    named = False
    for kind in _UNKNOWN:
        id_ = getattr(said, str(kind), None)
        if id_ is None:
            continue
        named = True
        if not _sees(scope, state, kind, id_):
            return _foreign_queue(id_) if kind is Rule.QUEUE else _not_found(kind, id_)
    if must and not named:
        message = "Your key is limited to some queues: name one of them, or an agent of theirs."
        return Problem.FORBIDDEN, message
    return None


def queue_refusal(scope: Scope, queue: str) -> Refusal | None:
    """Why a limited scope may not ask for this queue by name."""
    return None if scope.sees_queue(queue) else _foreign_queue(queue)


def _foreign_queue(queue: str) -> Refusal:
    return Problem.FORBIDDEN, f"Queue {queue} is not among the queues that your key is limited to."


def _not_found(kind: Rule, id_: str | None) -> Refusal:
    message = f"There is no {kind} {id_} in the queues that your key is limited to."
    return _UNKNOWN[kind], message


def _sees(scope: Scope, state: State, kind: Rule, id_: str | None) -> bool:
    if kind is Rule.QUEUE:
        return scope.sees_queue(id_)
    if kind is Rule.AGENT:
        return scope.sees_agent(state, id_)
    if kind is Rule.CONVERSATION:
        return scope.sees_conversation(state, id_)
    if kind is Rule.INCIDENT:
        return scope.sees_incident(state, state.incidents.get(id_ or ""))
    return scope.sees_broadcast(state, state.broadcasts.get(id_ or ""))


def veil(view: Any) -> Any:
    """The same JSON without who the customers are and what they said."""
    if isinstance(view, dict):
        return {name: _HIDDEN.get(name, veil(value)) for name, value in view.items()}
    return [veil(one) for one in view] if isinstance(view, list) else view


_HIDDEN: Final[MappingProxyType[str, Any]] = MappingProxyType(
    {"customer": {}, "subject": None, "attributes": {}}
)
