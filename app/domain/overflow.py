"""When waiting has gone on long enough: to another queue, closed, or a message to the customer.

A rule acts on those who still wait after everybody was matched, and on a conversation that comes
back from an offer after its time: an offer that is out is one last chance (domain fault 40). A
conversation never goes back to a queue that a rule took it from, so rules that point at each other
cannot move it for ever. MUST NOT act on a conversation that is offered or held.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from app.domain import events as e
from app.domain.need import came_while_closed
from app.domain.settings import OverflowRule
from app.domain.state import Conversation, Queue
from app.domain.timers import Due
from app.domain.waiting import waits
from app.domain.words import FOREVER, ConversationState, QueueStatus

if TYPE_CHECKING:
    from app.domain.engine import Engine

TRY_AGAIN_MS = 5_000
"""A rule whose target takes nothing in now is tried again after this."""


class Overflow:
    """Who has to be looked at, and the carrying out of rules."""

    __slots__ = ("_engine", "_joined", "_look", "_look_at", "_nobody", "_queues", "_returned")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._joined: dict[str, None] = {}
        self._look: dict[str, None] = {}
        self._queues: dict[str, None] = {}
        self._returned: dict[str, None] = {}
        self._nobody: dict[str, int | None] = {}
        self._look_at: dict[str, int] = {}
        for conversation in engine.state.conversations.values():
            if waits(conversation):
                self.look_at(conversation)

    def look_at(self, conversation: Conversation, *, joined: bool = False) -> None:
        """Something changed for it; ``joined``: it has just come into its queue."""
        if self._engine.state.queues[conversation.queue].settings.overflow:
            (self._joined if joined else self._look)[conversation.id] = None

    def look_at_queue(self, queue_id: str) -> None:
        """Its rules may hold now for everybody who waits in it."""
        self._queues[queue_id] = None

    def came_back(self, conversation: Conversation) -> None:
        """An offer of it ended: a rule that holds comes before the next offer."""
        self._returned[conversation.id] = None
        self.look_at(conversation)

    def before_matching(self, now: int) -> None:
        """Those who came back from an offer too late do not get another one."""
        self._nobody.clear()
        for id_ in self._returned:
            conversation = self._waiting_one(id_)
            if conversation is not None and id_ not in self._joined:
                self._apply(conversation, now)
        self._returned.clear()

    def after_matching(self, now: int) -> bool:
        """Look at those who still wait. True when somebody stands in another line now."""
        joined, look = self._joined, self._look
        for queue_id in self._queues:
            queue = self._engine.state.queues.get(queue_id)
            if queue is not None and queue.settings.overflow:
                look |= dict.fromkeys(self._engine.matcher.in_line(queue_id))
        self._joined, self._look, self._queues = {}, {}, {}
        before, left = self._before(joined), Counter[str]()
        for id_ in (*joined, *self._engine.matcher.by_claim(look.keys() - joined.keys(), now)):
            conversation = self._waiting_one(id_)
            if conversation is None:
                continue
            queue_id = conversation.queue
            ahead = before[id_] - left[queue_id] if id_ in before else None
            if self._apply(conversation, now, ahead):
                left[queue_id] += 1
            else:
                self._wait_on(conversation, now)
        return bool(left)

    def _before(self, joined: dict[str, None]) -> dict[str, int]:
        """How many wait that were there before each of those who have just joined."""
        before, since = {}, Counter[str]()
        for conversation in filter(None, map(self._waiting_one, reversed(joined))):
            queue = self._engine.state.queues[conversation.queue]
            since[queue.id] += 1
            before[conversation.id] = queue.counts[ConversationState.WAITING] - since[queue.id]
        return before

    def _waiting_one(self, id_: str) -> Conversation | None:
        conversation = self._engine.state.conversations.get(id_)
        return conversation if conversation is not None and waits(conversation) else None

    def _apply(self, conversation: Conversation, now: int, ahead: int | None = None) -> bool:
        """Carry out the first rule that holds and can be; False: it waits on.

        ``ahead``: how many were there before one who has just joined.
        """
        queue = self._engine.state.queues[conversation.queue]
        for number, rule in enumerate(queue.settings.overflow):
            if not self._holds(rule, conversation, queue, now, ahead):
                continue
            if rule.to == "message":
                self._notify(conversation, number, rule, now)
            elif rule.to == "close":
                self._close(conversation, rule, now)
                return True
            elif self._admits(rule.queue, conversation):
                self._move(conversation, rule, now)
                return True
        return False

    def _holds(
        self,
        rule: OverflowRule,
        conversation: Conversation,
        queue: Queue,
        now: int,
        ahead: int | None,
    ) -> bool:
        if rule.when == "depth":
            return ahead is not None and ahead >= rule.value
        due_at = self._due_at(rule, conversation, queue)
        return due_at is not None and due_at <= now

    def _due_at(self, rule: OverflowRule, conversation: Conversation, queue: Queue) -> int | None:
        """From when on the rule holds as things are; None while it does not."""
        if rule.when == "after_ms":
            return conversation.joined_at + rule.value
        if rule.when == "closed" and came_while_closed(conversation, queue):
            return conversation.joined_at + rule.value
        if rule.when == "no_agents":
            since = self._nobody_since(queue.id)
            return None if since is None else max(since, conversation.joined_at) + rule.value
        return None

    def _nobody_since(self, queue_id: str) -> int | None:
        """As ``Staff``, asked once in each step."""
        if queue_id not in self._nobody:
            self._nobody[queue_id] = self._engine.staff.nobody_since(queue_id)
        return self._nobody[queue_id]

    def _wait_on(self, conversation: Conversation, now: int) -> None:
        """Look again when the next rule holds, or when a target may take it in."""
        queue, look_at = self._engine.state.queues[conversation.queue], FOREVER
        for rule in queue.settings.overflow:
            due_at = self._due_at(rule, conversation, queue)
            if due_at is not None and due_at > now:
                look_at = min(look_at, due_at)
            elif due_at is not None and rule.to != "message":
                look_at = min(look_at, now + TRY_AGAIN_MS)
        known = self._look_at.get(conversation.id, 0)
        if look_at < FOREVER and not now < known <= look_at:
            self._look_at[conversation.id] = look_at
            self._engine.timers.add(look_at, Due.OVERFLOW, conversation.id)

    def due(self, id_: str, now: int) -> None:
        """A rule may hold now for one conversation."""
        if self._look_at.get(id_, 0) <= now:
            self._look_at.pop(id_, None)
        conversation = self._waiting_one(id_)
        if conversation is not None:
            self.look_at(conversation)

    def _admits(self, id_: str | None, conversation: Conversation) -> bool:
        """Whether the target takes it in and would offer it, and no rule took it from there."""
        target = self._engine.state.queues.get(id_ or "")
        if target is None or target.id == conversation.queue or target.id in conversation.visited:
            return False
        limit = target.settings.max_waiting
        full = limit and target.counts[ConversationState.WAITING] >= limit
        return target.status is QueueStatus.OPEN and target.open and not full

    def _notify(
        self, conversation: Conversation, number: int, rule: OverflowRule, now: int
    ) -> None:
        """Once for each rule of each queue."""
        known = ((notice.queue, notice.rule) for notice in conversation.notices)
        if (conversation.queue, number) not in known:
            self._engine.emit(
                e.ConversationNotified(
                    now,
                    conversation.id,
                    conversation.queue,
                    number,
                    rule.when,
                    rule.message or "",
                )
            )

    def _close(self, conversation: Conversation, rule: OverflowRule, now: int) -> None:
        self._engine.emit(
            e.ConversationEnded(
                at=now,
                conversation=conversation.id,
                queue=conversation.queue,
                agent=None,
                state=ConversationState.CLOSED,
                reason=f"overflow:{rule.when}",
                by="system",
                overflow=rule.when,
            )
        )

    def _move(self, conversation: Conversation, rule: OverflowRule, now: int) -> None:
        assert rule.queue is not None
        self._engine.emit(
            e.ConversationMoved(
                at=now,
                conversation=conversation.id,
                queue=rule.queue,
                from_queue=conversation.queue,
                enqueued_at=conversation.enqueued_at,
                agent=None,
                reason=f"overflow:{rule.when}",
                by="system",
                overflow=rule.when,
            )
        )
