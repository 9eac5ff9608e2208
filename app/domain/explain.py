"""Why a conversation is (not) offered: every member of its queue with the reasons against.

Reads the state only; the decision itself is in ``matching``, and the two share ``need`` and
``routability``, so an explanation cannot tell another story than the decision.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from app.domain.engine import Engine
from app.domain.need import ANY_LEVEL, Need, came_while_closed, need_of
from app.domain.state import Agent, Conversation, Queue
from app.domain.verdicts import reasons_against
from app.domain.words import ConversationState, QueueStatus


@dataclass(slots=True, frozen=True)
class MemberVerdict:
    """One member: ``reasons`` against are codes of ``reasons_against`` or holds_it. Who is offered
    it now is eligible (offered_now).
    """

    agent: str
    level: int
    eligible: bool
    reasons: list[str]


@dataclass(slots=True, frozen=True)
class Explanation:
    """The state of affairs at one instant. ``next_change_at``: when waiting alone changes the
    answer.
    """

    state: ConversationState
    sentence: str
    ring: int
    max_level: int
    skills: dict[str, int]
    queue_status: QueueStatus
    next_change_at: int | None
    members: list[MemberVerdict]


def explain(engine: Engine, conversation_id: str, now: int) -> Explanation:
    """Explain one conversation at ``now``. Raises KeyError when it is unknown."""
    state = engine.state
    conversation = state.conversations[conversation_id]
    queue = state.queues.get(conversation.queue)
    if queue is None:
        return _without_queue(conversation)
    need = need_of(state, conversation, queue, now)
    members = [
        _judge(engine, conversation, queue, agent, need, now)
        for agent in engine.matcher.pools.members(queue.id).values()
    ]
    return Explanation(
        state=conversation.state,
        sentence=_sentence(conversation, queue, members, now),
        ring=need.ring,
        max_level=need.kind[2],
        skills=dict(need.kind[1]),
        queue_status=queue.status,
        next_change_at=need.changes_at,
        members=members,
    )


def _without_queue(conversation: Conversation) -> Explanation:
    """Only a conversation that has ended can be left without its queue."""
    sentence = f"{conversation.state}; its queue {conversation.queue} was removed since."
    level = ANY_LEVEL
    status = QueueStatus.DRAINING
    return Explanation(conversation.state, sentence, 0, level, {}, status, None, [])


def _judge(
    engine: Engine, conversation: Conversation, queue: Queue, agent: Agent, need: Need, now: int
) -> MemberVerdict:
    level = agent.settings.queues[queue.id]
    if any(engine.state.offers[id_].agent == agent.id for id_ in conversation.offers):
        return MemberVerdict(agent.id, level, True, ["offered_now"])
    if conversation.id in agent.conversations:
        return MemberVerdict(agent.id, level, False, ["holds_it"])
    reasons = [*reasons_against(engine.state, conversation, queue, agent, need, now)]
    return MemberVerdict(agent.id, level, not reasons, reasons)


WORDS = {
    "at_capacity": "at capacity",
    "wrap_up": "in wrap-up",
    "back_off": "resting after the last offer",
    "finishing": "finishing before going away",
    "blocked": "kept from it by work on another channel",
    "channel": "not taking this channel in the presence chosen",
    "closed": "waiting for the queue to open",
    "no_room": "without room on this channel",
    "passed_over": "passed over after a decline or a missed offer",
    "held_for_preferred": "waiting for the preferred agent to be tried first",
    "level": "on a level that is not open yet",
}


def _sentence(
    conversation: Conversation, queue: Queue, members: list[MemberVerdict], now: int
) -> str:
    name = queue.settings.name
    if conversation.state is ConversationState.OFFERED:
        asked = [member.agent for member in members if "offered_now" in member.reasons]
        return f"{name}: offered to {', '.join(asked)} now."
    if conversation.state is not ConversationState.WAITING:
        return f"{name}: {conversation.state}" + (
            f", with {conversation.agent}." if conversation.agent else "."
        )
    waited_s = (now - conversation.enqueued_at) // 1000
    start = f"{name}: waiting for {waited_s} s; "
    if conversation.quarantine is not None:
        return start + f"set aside in quarantine: {conversation.quarantine.reason}."
    if queue.status is QueueStatus.PAUSED:
        return start + "the queue is paused, nothing is offered."
    if came_while_closed(conversation, queue):
        return start + "the queue is closed by its hours; offering begins when it opens."
    if not members:
        return start + "the queue has no members."
    lacking = set.intersection(*({*member.reasons} for member in members))
    # What no member has lasts, whoever comes; who is away comes back.
    skills = sorted(code.removeprefix("skill:") for code in lacking if code.startswith("skill:"))
    if skills:
        start += f"no member has {' and '.join(skills)} at the level asked for; "
    counts = Counter(member.reasons[0] if member.reasons else "able" for member in members)
    able = counts.pop("able", 0)
    parts = [f"{count} {WORDS.get(code, code)}" for code, count in counts.most_common()]
    if able:
        parts.append(f"{able} routable and not offered")
    people = "1 member: " if len(members) == 1 else f"{len(members)} members: "
    return start + people + ", ".join(parts) + "."
