"""A second opinion: replays events in a model of its own and blows the whistle at a foul.

Shares nothing with the engine but the records of what happened, so a mistake of the engine is not
repeated here. MUST NOT import anything else of the domain. Rules, by their usual names: S1 one
holder, one live offer (or the fan-out); S3 load within capacity; S4 only to a routable member who
qualifies; S5 nobody overtakes without a reason; S6 the agent the strategy names; S10 an acceptance
was in time; L1 no match is left waiting; L3 every offer ends by its deadline; C nothing is lost or
counted twice.
"""

from __future__ import annotations

from typing import Any

from app.domain import events as e
from app.domain.settings import QueueSettings
from tests.domain.rulebook import Line, Person, Proposal, Rulebook, Talk


class Foul(AssertionError):
    """A rule was broken."""


def rule(name: str, holds: object, what: object) -> None:
    """Blow the whistle unless it holds."""
    if not holds:
        raise Foul(f"{name}: {what}")


class Referee(Rulebook):
    """Sees every event in order; ``settled`` is called when a step is over."""

    def see(self, event: e.Event) -> None:
        """Judge one event. Raises Foul."""
        rule("order", event.at >= self.at, "time went back")
        self.at = event.at
        version = getattr(event, "version", None)
        if version is not None and not isinstance(event, e.OfferMade):
            rule("config", version == self.version + 1, event)
            self.version = version
        seen = getattr(self, "_" + type(event).__name__, None)
        if seen is not None:
            seen(event)

    def settled(self, now: int) -> None:
        """Judge the state that a step left behind, when nothing is due any more. Raises Foul."""
        rule("no_answer", not self.to_be_sent_away, f"{self.to_be_sent_away} missed a streak")
        for id_, offer in self.proposals.items():
            agent = self.agents[offer.agent]
            rule("L3", offer.expires_at > now, f"{id_} outlived its deadline")
            rule("S4", agent.presence == "available", f"{id_} stands with {agent.presence}")
            rule("S4", agent.connection != "lost", f"{id_} stands with a lost connection")
            rule("S4", offer.talk.queue in agent.settings.queues, f"{id_}: no member any more")
        for talk in self.talks.values():
            rule("S1", (talk.state == "offered") == bool(talk.offers), talk)
            rule("S1", (talk.state in ("assigned", "wrapping")) == bool(talk.agent), talk)
            if talk.state == "waiting":
                free = [id_ for id_ in self.agents if not self.obstacle(talk, id_, now)]
                rule("L1", not free, f"{talk.id} waits although {free} could take it")
        live = sum(talk.state != "over" for talk in self.talks.values())
        rule("C", self.entered == live + self.ended, "a conversation leaked")

    def _OfferMade(self, event: e.OfferMade) -> None:
        talk, settings = self.talks[event.conversation], self.queues[event.queue].settings
        many = settings.offer.fan_out if settings.offer.strategy == "all_at_once" else 1
        rule("S1", talk.state in ("waiting", "offered") and len(talk.offers) < many, event)
        rule("S1", all(self.proposals[id_].made_at == event.at for id_ in talk.offers), event)
        rule("S4", event.queue == talk.queue and event.version == self.version, event)
        rule("S4", event.units == self.weight(talk), event)
        rule("S4", not (why := self.obstacle(talk, event.agent, event.at)), f"{event}: {why}")
        for other in self.talks.values():
            if other.state == "waiting" and self.goes_before(other, talk, event.at):
                free = other is not talk and not self.obstacle(other, event.agent, event.at)
                rule("S5", not free, f"{other.id} was overtaken: {event}")
        self._judge_choice(event, talk, settings)
        timeout_ms = settings.offer.timeouts_by_channel.get(talk.channel, settings.offer.timeout_ms)
        rule("L3", event.expires_at == event.at + timeout_ms, event)
        offer = Proposal(talk, event.agent, event.units, event.at, event.expires_at)
        self.proposals[event.offer] = offer
        self.made += 1
        self.agents[event.agent].last_offer = self.made
        talk.state = "offered"
        talk.offers.append(event.offer)

    def _judge_choice(self, event: e.OfferMade, talk: Talk, settings: QueueSettings) -> None:
        wish = self.agents.get(talk.wish or "")
        wish = None if wish is None or self.is_passed(talk, wish, event.at) else wish
        if wish is not None and wish.id == event.agent:
            return
        ranks = {
            id_: self.rank(agent, settings, talk.queue)
            for id_, agent in self.agents.items()
            if not self.obstacle(talk, id_, event.at)
        }
        wished = wish is not None and not talk.offers and wish.id in ranks
        rule("S6", not wished, f"{talk.wish} was wished for: {event}")
        best = min(ranks, key=lambda id_: ranks[id_])
        rule("S6", ranks[event.agent] == ranks[best], f"{best} was to be chosen: {event}")

    def _OfferDelivered(self, event: e.OfferDelivered | e.OfferSeen) -> None:
        self.proposals[event.offer].confirmed = True

    _OfferSeen = _OfferDelivered

    def _OfferEnded(self, event: e.OfferEnded) -> None:
        rule("S10", event.offer in self.proposals, f"no such live offer: {event}")
        offer = self.proposals.pop(event.offer)
        talk, agent = offer.talk, self.agents[offer.agent]
        rule("S10", (talk.id, agent.id) == (event.conversation, event.agent), event)
        talk.offers.remove(event.offer)
        outcome, expired = str(event.outcome), offer.expires_at <= event.at
        self.outcomes[talk.queue, outcome] += 1
        if outcome in ("timed_out", "undelivered"):
            rule("L3", expired, f"before its time: {event}")
            rule("S10", offer.confirmed == (outcome == "timed_out"), event)
        elif outcome != "rescinded":
            rule("S10", not expired, f"after its time: {event}")
        if outcome == "accepted":
            rule("S1", talk.state == "offered" and not talk.offers, event)
            agent.missed, agent.accepted = 0, agent.accepted + 1
            self._give(talk, agent, offer.units)
            return
        self._pass_over(talk, agent.id, event)
        if outcome == "timed_out":
            agent.missed += 1
            streak = self.queues[talk.queue].settings.no_answer.streak
            if 0 < streak <= agent.missed and agent.presence == "available":
                self.to_be_sent_away.add(agent.id)
        elif outcome == "undelivered":
            agent.back_off = event.soft_until
        elif outcome == "declined":
            agent.missed = 0
        if not talk.offers:
            talk.state, talk.since = "waiting", event.at

    def _pass_over(self, talk: Talk, agent: str | None, event: Any) -> None:
        if agent is not None and event.pass_until:
            talk.passed[agent] = (event.soft_until, event.pass_until)

    def _give(self, talk: Talk, agent: Person, units: int) -> None:
        talk.state, talk.agent, talk.units, talk.passed = "assigned", agent.id, units, {}
        agent.idle_since = self.at

    def _let_go(self, talk: Talk) -> None:
        if talk.agent is not None:
            self.agents[talk.agent].idle_since = self.at
            talk.agent = None

    def _ConversationEntered(self, event: e.ConversationEntered) -> None:
        rule("C", event.conversation not in self.talks, f"entered twice: {event}")
        rule("intake", self.takes_in(event.queue), event)
        self.entered += 1
        self.talks[event.conversation] = Talk(
            event.conversation,
            event.queue,
            event.channel,
            event.priority,
            event.skills,
            event.preferred_agent,
            event.at,
            event.at,
        )

    def _back(self, event: e.ConversationMoved | e.ConversationRequeued) -> Talk:
        talk = self.talks[event.conversation]
        rule("C", talk.state != "over" and not talk.offers and talk.agent == event.agent, event)
        self._let_go(talk)
        talk.state, talk.since = "waiting", event.at
        return talk

    def _ConversationMoved(self, event: e.ConversationMoved) -> None:
        rule("intake", self.takes_in(event.queue), event)
        talk = self._back(event)
        rule("S5", event.enqueued_at in (talk.enqueued_at, event.at), event)
        talk.queue, talk.enqueued_at, talk.passed = event.queue, event.enqueued_at, {}
        self._pass_over(talk, event.agent, event)

    def _ConversationRequeued(self, event: e.ConversationRequeued) -> None:
        talk = self._back(event)
        talk.passed = {} if event.fresh else talk.passed
        talk.wish = event.preferred_agent or talk.wish
        self._pass_over(talk, event.agent, event)

    def _ConversationPrioritized(self, event: e.ConversationPrioritized) -> None:
        self.talks[event.conversation].priority = event.priority

    def _ConversationAssigned(self, event: e.ConversationAssigned) -> None:
        talk, agent = self.talks[event.conversation], self.agents[event.agent]
        rule("S1", talk.state in ("waiting", "assigned") and not talk.offers, event)
        rule("S1", talk.agent == event.from_agent != event.agent, event)
        rule("S3", self.has_room(agent, talk, self.weight(talk)), event)
        self._let_go(talk)
        self._give(talk, agent, self.weight(talk))

    def _ConversationWrapping(self, event: e.ConversationWrapping) -> None:
        talk = self.talks[event.conversation]
        rule("S1", talk.state in ("assigned", "wrapping") and talk.agent == event.agent, event)
        talk.state = "wrapping"

    def _ConversationEnded(self, event: e.ConversationEnded) -> None:
        talk = self.talks[event.conversation]
        rule("C", talk.state != "over" and not talk.offers and talk.agent == event.agent, event)
        rule("C", event.state != "abandoned" or talk.state == "waiting", event)
        self._let_go(talk)
        talk.state, self.ended = "over", self.ended + 1

    def _ConversationsForgotten(self, event: e.ConversationsForgotten) -> None:
        for id_ in event.conversations:
            rule("C", self.talks.pop(id_).state == "over", f"{id_} was forgotten alive")

    def _QueueConfigured(self, event: e.QueueConfigured) -> None:
        self.queues.setdefault(event.queue, Line(event.settings)).settings = event.settings

    def _QueueStatusChanged(self, event: e.QueueStatusChanged) -> None:
        self.queues[event.queue].status = str(event.status)

    def _QueueRemoved(self, event: e.QueueRemoved) -> None:
        del self.queues[event.queue]
        left = [t.id for t in self.talks.values() if t.queue == event.queue and t.state != "over"]
        rule("C", not left, f"the queue went with {left}")
        rule("C", not any(event.queue in a.settings.queues for a in self.agents.values()), event)

    def _AgentConfigured(self, event: e.AgentConfigured) -> None:
        if event.agent not in self.agents:
            self.ordinals += 1
            new = Person(event.agent, event.settings, self.ordinals, event.at)
            self.agents[event.agent] = new
        self.agents[event.agent].settings = event.settings

    def _AgentRemoved(self, event: e.AgentRemoved) -> None:
        rule("C", not self.load(event.agent), f"went with work: {event}")
        del self.agents[event.agent]

    def _PresenceChanged(self, event: e.PresenceChanged) -> None:
        agent = self.agents[event.agent]
        if event.by == "system":
            due = event.agent in self.to_be_sent_away and event.reason == "no_answer"
            rule("no_answer", due, event)
        self.to_be_sent_away.discard(event.agent)
        if event.presence == "available" != agent.presence:
            agent.idle_since, agent.missed = event.at, 0
        agent.presence = str(event.presence)

    def _ConnectionChanged(self, event: e.ConnectionChanged) -> None:
        agent = self.agents[event.agent]
        agent.connection = str(event.connection)
        agent.back_off = 0 if event.connection == "connected" else agent.back_off

    def _EpochOpened(self, event: e.EpochOpened) -> None:
        rule("epoch", event.epoch > self.epoch, event)
        self.epoch = event.epoch
        for agent in self.agents.values():
            agent.connection = "lost" if agent.connection == "lost" else "grace"
        self._extend(event.gap_ms)

    def _DeadlinesExtended(self, event: e.DeadlinesExtended) -> None:
        self._extend(event.by_ms)

    def _extend(self, by_ms: int) -> None:
        for offer in self.proposals.values():
            offer.expires_at += by_ms
