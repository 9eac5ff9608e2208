"""Brings together who waits and who is free, and keeps the indexes that make this cheap.

The invariant: after ``settle`` no waiting conversation and able agent who match are left without
an offer. A change therefore only has to look at what it touched: a conversation that began to wait
looks for an agent among the pools, an agent who became able looks for a conversation among the
lines.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from heapq import heapify, heappop, heappush
from typing import Any

from app.domain import events as e
from app.domain.line import Rank
from app.domain.need import NOBODY, Need, need_of
from app.domain.pools import Pools
from app.domain.routability import fits, is_present, units_of
from app.domain.search import Search
from app.domain.state import Agent, Conversation, Queue, State
from app.domain.timers import Due, Timers
from app.domain.verdicts import reasons_against
from app.domain.waiting import Waiting, rank_among_queues, rank_of, waits
from app.domain.words import ConversationState, QueueStatus, Strategy

Emit = Callable[[e.Event], None]
OTHERS_NAMED_MAX = 20


class Matcher:
    """The indexes of one workspace, what was touched, and the making of offers.

    ``in_hand`` is the conversation that is looked at, for whoever has to explain a fault; those in
    ``aside`` are not looked at at all.
    """

    __slots__ = (
        "_agents",
        "_conversations",
        "_emit",
        "_state",
        "aside",
        "in_hand",
        "pools",
        "search",
        "timers",
        "waiting",
    )

    def __init__(self, state: State, timers: Timers, emit: Emit) -> None:
        self._state = state
        self._emit = emit
        self.timers = timers
        self.pools = Pools(state)
        self.waiting = Waiting()
        self.search = Search(state, self.pools, self.waiting)
        self.aside: frozenset[str] = frozenset()
        self.in_hand: str | None = None
        self._agents: dict[str, None] = {}
        self._conversations: dict[str, None] = {}
        for conversation in state.conversations.values():
            if waits(conversation):
                self._conversations[conversation.id] = None

    def touch_agent(self, agent: Agent) -> None:
        """The agent may be able to take (other) work."""
        self._agents[agent.id] = None

    def touch_conversation(self, id_: str) -> None:
        """The conversation waits and may find somebody it could not before."""
        self.waiting.discard(id_)
        self._conversations[id_] = None

    def touch_queue(self, id_: str) -> None:
        """The rules of the queue changed: its index is made anew and all of it is looked at."""
        self.pools.drop_queue(id_)
        for waiting in self.in_line(id_):
            self.touch_conversation(waiting)

    def in_line(self, queue_id: str) -> list[str]:
        """Those who stand in line, in order."""
        line = self.waiting.queues.get(queue_id)
        return [rank[-1] for rank in line.line] if line else []

    def heads(self, queue_id: str) -> Iterator[Conversation]:
        """The first of each kind that waits in a queue, in the order of the line."""
        line = self.waiting.queues.get(queue_id)
        buckets = [*line.buckets.values()] if line else []
        firsts = [next(self.waiting.walk(bucket)) for bucket in buckets]
        firsts.sort(key=lambda id_: self.waiting.places[id_].rank)
        yield from (self._state.conversations[id_] for id_ in firsts)

    def touch_excluding(self, agent: Agent | None) -> None:
        """The agent (None: many) left: those who passed somebody over may have nobody else now."""
        for id_ in [*self.waiting.excluding]:
            if agent is None or self._state.conversations[id_].queue in agent.settings.queues:
                self.touch_conversation(id_)

    def touch_preferring(self) -> None:
        """Many agents came or went at once."""
        for wishes in [*self.waiting.preferring.values()]:
            for id_ in [*wishes]:
                self.touch_conversation(id_)

    def met_agent(self, agent: Agent) -> None:
        """The agent came or went: conversations that prefer him are judged anew."""
        for id_ in [*self.waiting.preferring.get(agent.id, ())]:
            self.touch_conversation(id_)

    def settle(self, now: int) -> None:
        """Make every offer that can be made."""
        if self._agents:
            self._settle_agents(now)
        while self._conversations:
            touched, self._conversations = self._conversations, {}
            for id_ in self.by_claim(touched, now):
                conversation = self._waiting_one(id_)
                if conversation is not None:
                    self._place(conversation, now)

    def line_up(self, now: int) -> None:
        """Put those who wait into their lines and offer nothing: to look at a state of the past."""
        for conversation in filter(None, map(self._waiting_one, [*self._conversations])):
            queue = self._state.queues[conversation.queue]
            need = need_of(self._state, conversation, queue, now)
            self._stand_in_line(conversation, queue, need)
        self._conversations.clear()

    def _settle_agents(self, now: int) -> None:
        """Freed agents and returned conversations meet, and the highest claim is served first.

        A claim is a conversation that was touched, or the best one that a freed agent could take:
        only the order of claims decides whose turn it is, and then the queue's strategy who of the
        able gets it. What an agent could take only gets worse meanwhile, so a claim is looked up
        again when its turn has come.
        """
        agents = [self._state.agents[id_] for id_ in self._agents if id_ in self._state.agents]
        self._agents.clear()
        claims: list[tuple[Rank, int, str]] = []
        for id_ in list(self._conversations):
            conversation = self._waiting_one(id_)
            if conversation is not None:
                queue = self._state.queues[conversation.queue]
                need = need_of(self._state, conversation, queue, now)
                self._stand_in_line(conversation, queue, need)
                claims.append((self._claim(conversation, now), 0, id_))
        self._conversations.clear()
        for agent in agents:
            self.pools.restore(agent)
        claims += [claim for agent in agents if (claim := self._best_claim(agent, now))]
        heapify(claims)
        while claims:
            claim = heappop(claims)
            if claim[1]:
                self._serve_agent(claim, claims, now)
            elif claim[2] in self.waiting.places:
                self._serve(self._state.conversations[claim[2]], now)

    def _serve_agent(
        self, claim: tuple[Rank, int, str], claims: list[tuple[Rank, int, str]], now: int
    ) -> None:
        """The turn of a freed agent: serve what he claims, then let him claim again."""
        agent = self._state.agents[claim[2]]
        again = self._best_claim(agent, now)
        if again == claim and self._serve(self._state.conversations[claim[0][-1]], now):
            again = self._best_claim(agent, now)
        if again is not None and again != claim:
            heappush(claims, again)

    def _serve(self, conversation: Conversation, now: int) -> bool:
        """Offer one that stands in line; it stays there when nobody takes it."""
        self.waiting.discard(conversation.id)
        return self._place(conversation, now)

    def _place(self, conversation: Conversation, now: int) -> bool:
        """Offer one that is in no line, or put it into one; True: it is offered."""
        queue = self._state.queues[conversation.queue]
        need = need_of(self._state, conversation, queue, now)
        if self._find_agents(conversation, queue, need, now):
            return True
        self._stand_in_line(conversation, queue, need)
        return False

    def _best_claim(self, agent: Agent, now: int) -> tuple[Rank, int, str] | None:
        chosen = self.search.best_for(agent, now) if is_present(agent) else None
        return (self._claim(chosen, now), 1, agent.id) if chosen else None

    def _claim(self, conversation: Conversation, now: int) -> Rank:
        return rank_among_queues(conversation, self._state.queues[conversation.queue].settings, now)

    def by_claim(self, ids: Collection[str], now: int) -> list[str]:
        """Those to be served first in front; who is not known any more is left out."""
        if len(ids) < 2:
            return [*ids]
        conversations = self._state.conversations
        known = [conversations[id_] for id_ in ids if id_ in conversations]
        known.sort(key=lambda conversation: self._claim(conversation, now))
        return [conversation.id for conversation in known]

    def _waiting_one(self, id_: str) -> Conversation | None:
        conversation = self._state.conversations.get(id_)
        if conversation is None or not waits(conversation) or id_ in self.aside:
            return None
        self.in_hand = id_
        return conversation

    def _stand_in_line(self, conversation: Conversation, queue: Queue, need: Need) -> None:
        if conversation.id in self.waiting.places:
            self.waiting.discard(conversation.id)
        self._conversations.pop(conversation.id, None)
        self.waiting.add(
            conversation, need.kind, rank_of(conversation, queue.settings), need.held_for
        )
        if need.changes_at is not None:
            self.timers.add(need.changes_at, Due.RETRY, conversation.id)

    def _find_agents(self, conversation: Conversation, queue: Queue, need: Need, now: int) -> bool:
        """Offer the conversation to the best agent (or agents); False when there is none."""
        if queue.status is QueueStatus.PAUSED or need.held_for == NOBODY:
            return False
        if conversation.preferred_agent is not None:
            preferred = self.search.preferred(conversation, queue, need, now)
            if preferred is not None:
                self._offer(conversation, queue, preferred, need, now)
                return True
        if need.held_for is not None:
            return False
        pool = self.pools.pool(queue, *need.kind)
        if not pool.anyone:
            # Of a long backlog nearly all go this way when a node takes over.
            return False
        many = queue.settings.offer.strategy is Strategy.ALL_AT_ONCE
        for _ in range(queue.settings.offer.fan_out if many else 1):
            agent = self.search.pick(conversation, pool, now)
            if agent is None:
                break
            self._offer(conversation, queue, agent, need, now)
        return conversation.state is ConversationState.OFFERED

    def _considered(
        self, conversation: Conversation, queue: Queue, chosen: Agent, need: Need, now: int
    ) -> dict[str, Any]:
        """The rest of the decision record: how many members, and why not each of the others.

        The others by name only in a small team: the record of a decision must not make decisions
        dearer where many are at work. ``later`` says: could, but stood behind the chosen one.
        """
        members = self.pools.members(queue.id)
        if len(members) > OTHERS_NAMED_MAX:
            return {"members": len(members)}
        others = {
            agent.id: next(
                reasons_against(self._state, conversation, queue, agent, need, now), "later"
            )
            for agent in members.values()
            if agent is not chosen
        }
        return {"members": len(members), "others": others}

    def _offer(
        self, conversation: Conversation, queue: Queue, agent: Agent, need: Need, now: int
    ) -> None:
        rule = queue.settings.offer
        units = units_of(queue.settings, conversation.channel)
        assert fits(agent, conversation.channel, units)
        timeout_ms = rule.timeouts_by_channel.get(conversation.channel, rule.timeout_ms)
        why = {
            "strategy": str(rule.strategy),
            "level": agent.settings.queues[queue.id],
            "ring": need.ring,
            "preferred": agent.id == conversation.preferred_agent,
            **self._considered(conversation, queue, agent, need, now),
        }
        self._emit(
            e.OfferMade(
                at=now,
                offer=f"o{self._state.offers_made + 1}",
                conversation=conversation.id,
                queue=queue.id,
                agent=agent.id,
                units=units,
                expires_at=now + timeout_ms,
                version=self._state.version,
                why=why,
            )
        )
