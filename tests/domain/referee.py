"""A second opinion: replays events in a model of its own and blows the whistle at a foul.

Shares nothing with the engine but the records of what happened, so a mistake of the engine is not
repeated here. MUST NOT import anything else of the domain. Rules, by their usual names: S1 one
holder, one live offer (or the fan-out); S3 load within capacity, but for what woke; S4 only to a
routable member who qualifies; S5 nobody overtakes without a reason; S6 the agent the strategy
names; S10 an acceptance was in time; L1 no match is left waiting; L3 every offer ends by its
deadline; C nothing is lost or counted twice. By the names of their settings: rest, plan, presence,
idle, pull, overflow.
"""

from __future__ import annotations

from typing import Any

from app.domain import events as e
from app.domain.settings import OverflowRule, QueueSettings
from tests.domain.rulebook import RETRY_MS, Line, Person, Plan, Proposal, Rulebook, Talk

SOFT_MS = 5_000
FOREVER = 1 << 62


class Foul(AssertionError):
    """A rule was broken."""


def rule(name: str, holds: object, what: object) -> None:
    """Blow the whistle unless it holds."""
    if not holds:
        raise Foul(f"{name}: {what}")


class Referee(Rulebook):
    """Sees every event in order; ``begin`` and ``settled`` are called around each step."""

    def begin(self) -> None:
        """Begin another step."""
        for talk in self.talks.values():
            talk.fresh = talk.returned = False

    def see(self, event: e.Event) -> None:
        """Judge one event. Raises Foul."""
        rule("order", event.at >= self.at, "time went back")
        self.at = event.at
        self._note_refusing(event.at)
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
        rule("plan", not self.planned, f"{self.planned} hold nothing any more")
        self._note_refusing(now)
        for id_, offer in self.proposals.items():
            agent = self.agents[offer.agent]
            rule("L3", offer.expires_at > now, f"{id_} outlived its deadline")
            rule("S4", agent.presence == "available", f"{id_} stands with {agent.presence}")
            rule("S4", agent.connection != "lost", f"{id_} stands with a lost connection")
            rule("S4", offer.talk.queue in agent.settings.queues, f"{id_}: no member any more")
            rule("S4", self.serves(agent, offer.talk), f"{id_}: the channel is shut")
            rule("plan", agent.plan is None, f"{id_} stands with one who finishes")
        for agent in self.agents.values():
            named = self.named(agent.custom or agent.presence)
            rule("presence", named == (agent.presence, agent.custom), agent)
        for talk in self.talks.values():
            self._judge_talk(talk, now)
        live = sum(talk.state != "over" for talk in self.talks.values())
        rule("C", self.entered == live + self.ended, "a conversation leaked")

    def _judge_talk(self, talk: Talk, now: int) -> None:
        rule("S1", (talk.state == "offered") == bool(talk.offers), talk)
        rule("S1", (talk.state in ("assigned", "wrapping")) == bool(talk.agent), talk)
        if talk.state == "waiting":
            free = self.takers(talk, now)
            rule("L1", not free, f"{talk.id} waits although {free} could take it")
            undone = [deed for deed in self.deeds(talk, now) if self._is_late(deed[1], now)]
            rule("overflow", not undone, f"{talk.id} waits in spite of {undone}")
        if talk.state == "assigned" and not talk.idle:
            after_ms = self.queues[talk.queue].settings.idle.after_ms
            rule("idle", not after_ms or talk.spoke_at + after_ms > now, f"still busy: {talk}")

    def _is_late(self, deed: OverflowRule, now: int) -> bool:
        target = self.queues[deed.queue or ""] if deed.to == "queue" else None
        return target is None or now - target.refused_at >= RETRY_MS

    def _note_refusing(self, now: int) -> None:
        for id_, line in self.queues.items():
            if not self.takes_overflow(id_):
                line.refused_at = now

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
        if talk.returned and not talk.fresh:
            due = [deed for deed in self.deeds(talk, event.at) if self._is_late(deed[1], event.at)]
            rule("overflow", not due, f"had its last chance: {event}: {due}")
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
        self._judge_rest(event, agent)
        if outcome == "accepted":
            rule("S1", talk.state == "offered" and not talk.offers, event)
            agent.missed, agent.accepted = 0, agent.accepted + 1
            self._give(talk, agent, offer.units)
            return
        self._pass_over(talk, agent.id, event)
        if outcome == "timed_out":
            agent.missed += 1
            no_answer = self.queues[talk.queue].settings.no_answer
            if 0 < no_answer.streak <= agent.missed and agent.presence == "available":
                named = self.named(no_answer.presence) or ("away", None)
                self.to_be_sent_away[agent.id] = named
        elif outcome == "declined":
            agent.missed = 0
        if not talk.offers:
            talk.state, talk.since, talk.returned = "waiting", event.at, True

    def _judge_rest(self, event: e.OfferEnded, agent: Person) -> None:
        settings, cause = self.queues[event.queue].settings, str(event.outcome)
        rests = {
            "declined": settings.back_off.declined_ms,
            "timed_out": settings.back_off.missed_ms,
            "undelivered": settings.back_off.undelivered_ms,
        }
        busy = cause == "declined" and event.reason == "busy"
        rest_ms = settings.back_off.busy_ms if busy else rests.get(cause, 0)
        rule("rest", event.back_off_until == (event.at + rest_ms if rest_ms else 0), event)
        if event.back_off_until > event.at:
            rests_already = agent.rest_until > event.at and not agent.only_unreached
            agent.only_unreached = cause == "undelivered" and not rests_already
            agent.rest_until = max(agent.rest_until, event.back_off_until)
        if cause not in rests:
            rule("passed", not event.pass_until, event)
        elif cause == "declined" and event.reason in [
            reason.code for reason in settings.decline.reasons if not reason.again
        ]:
            rule("passed", event.soft_until == event.pass_until == FOREVER, event)
        else:
            self._judge_passing(event, event.queue)

    def _judge_passing(self, event: Any, queue: str) -> None:
        for_ms = self.queues[queue].settings.decline.cooldown_ms
        until = (event.at + min(for_ms, SOFT_MS), event.at + for_ms)
        rule("passed", (event.soft_until, event.pass_until) == until, event)

    def _pass_over(self, talk: Talk, agent: str | None, event: Any) -> None:
        if agent is not None and event.pass_until:
            talk.passed[agent] = (event.soft_until, event.pass_until)

    def _give(self, talk: Talk, agent: Person, units: int) -> None:
        talk.state, talk.agent, talk.units, talk.passed = "assigned", agent.id, units, {}
        talk.spoke_at = agent.idle_since = self.at
        talk.aside = False

    def _let_go(self, talk: Talk) -> None:
        talk.idle = False
        if talk.agent is None:
            return
        agent, talk.agent = self.agents[talk.agent], None
        agent.idle_since = self.at
        if agent.plan is not None and not self.holds(agent.id):
            self.planned[agent.id] = agent.plan

    def _ConversationEntered(self, event: e.ConversationEntered) -> None:
        rule("C", event.conversation not in self.talks, f"entered twice: {event}")
        rule("intake", self.takes_in(event.queue), event)
        self.entered += 1
        self.joinings += 1
        self.talks[event.conversation] = Talk(
            event.conversation,
            event.queue,
            event.channel,
            event.priority,
            event.skills,
            event.preferred_agent,
            event.at,
            event.at,
            self.joinings,
            event.at,
        )

    def _back(self, event: e.ConversationMoved | e.ConversationRequeued) -> Talk:
        talk = self.talks[event.conversation]
        rule("C", talk.state != "over" and not talk.offers and talk.agent == event.agent, event)
        if event.agent is not None and event.by == f"agent:{event.agent}":
            self._judge_passing(event, event.queue)
        else:
            rule("passed", not event.pass_until, event)
        self._let_go(talk)
        talk.state, talk.since, talk.aside = "waiting", event.at, False
        return talk

    def _ConversationQuarantined(self, event: e.ConversationQuarantined) -> None:
        talk = self.talks[event.conversation]
        rule("C", talk.state != "over" and not talk.offers and talk.agent == event.agent, event)
        self._let_go(talk)
        talk.state, talk.since, talk.aside = "waiting", event.at, True

    def _CapacityCorrected(self, event: Any) -> None:
        rule("C", False, f"the load was wrong: {event}")

    def _ConversationMoved(self, event: e.ConversationMoved) -> None:
        rule("intake", self.takes_in(event.queue), event)
        if event.overflow is not None:
            self._judge_overflow(event, "queue", event.queue)
        talk = self._back(event)
        rule("S5", event.enqueued_at in (talk.enqueued_at, event.at), event)
        talk.visited = talk.visited | {talk.queue} if event.overflow is not None else set()
        talk.queue, talk.enqueued_at, talk.passed = event.queue, event.enqueued_at, {}
        self.joinings += 1
        talk.joined_at, talk.joined, talk.fresh = event.at, self.joinings, True
        self._pass_over(talk, event.agent, event)

    def _judge_overflow(
        self, event: Any, to: str, queue: str | None = None
    ) -> tuple[int, OverflowRule]:
        """Only one who waits and whom nobody takes, and only by the first rule that can be."""
        talk = self.talks[event.conversation]
        rule("overflow", talk.state == "waiting", f"does not wait: {event}")
        free = [] if talk.returned else self.takers(talk, event.at)
        rule("overflow", not free, f"{free} could take it: {event}")
        deed = next(self.deeds(talk, event.at), None)
        rule("overflow", deed is not None, f"no rule holds: {event}")
        assert deed is not None
        named = (deed[1].when, deed[1].to, deed[1].queue if to == "queue" else None)
        rule("overflow", named == (event.overflow, to, queue), f"{deed} comes first: {event}")
        if self._is_late(deed[1], event.at) and not (talk.fresh or talk.returned):
            self._judge_turn(talk, deed, event)
        place = getattr(event, "enqueued_at", talk.enqueued_at)
        rule("overflow", place == talk.enqueued_at, f"lost its place: {event}")
        return deed

    def _judge_turn(self, talk: Talk, deed: tuple[int, OverflowRule], event: Any) -> None:
        for other in self.talks.values():
            same = (other.queue, other.state, other.fresh) == (talk.queue, "waiting", False)
            if same and self.goes_before(other, talk, event.at):
                rule("overflow", deed not in self.deeds(other, event.at), f"{other} first: {event}")

    def _ConversationNotified(self, event: e.ConversationNotified) -> None:
        number, deed = self._judge_overflow(event, "message")
        told = (event.queue, event.rule, event.message)
        talk = self.talks[event.conversation]
        rule("overflow", told == (talk.queue, number, deed.message), event)
        talk.notices.add((talk.queue, number))

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
        if event.by == f"agent:{agent.id}":
            rule("pull", agent.settings.pull and talk.state == "waiting", event)
            there = agent.connection == "connected" and agent.presence != "offline"
            rule("pull", there, f"{event}: not there")
            rule("pull", not (why := self.bar(talk, agent, event.at)), f"{event}: {why}")
        self._let_go(talk)
        self._give(talk, agent, self.weight(talk))

    def _ConversationWrapping(self, event: e.ConversationWrapping) -> None:
        talk = self.talks[event.conversation]
        rule("S1", talk.state in ("assigned", "wrapping") and talk.agent == event.agent, event)
        rule("idle", not talk.idle, f"nobody wraps up what is silent: {event}")
        talk.state = "wrapping"

    def _ConversationActive(self, event: e.ConversationActive) -> None:
        talk = self.talks[event.conversation]
        rule("idle", (talk.state, talk.agent) == ("assigned", event.agent), event)
        rule("idle", not talk.idle, f"it was silent: {event}")
        talk.spoke_at = event.at

    def _ConversationIdled(self, event: e.ConversationIdled) -> None:
        talk = self.talks[event.conversation]
        rule("idle", (talk.state, talk.agent) == ("assigned", event.agent), event)
        after_ms = self.queues[talk.queue].settings.idle.after_ms
        if event.by == "system":
            rule("idle", 0 < after_ms <= event.at - talk.spoke_at, f"too early: {event}")
        rule("idle", not talk.idle, f"twice: {event}")
        talk.idle = True

    def _ConversationWoke(self, event: e.ConversationWoke) -> None:
        talk = self.talks[event.conversation]
        rule("idle", talk.idle and talk.agent == event.agent, event)
        talk.idle, talk.spoke_at = False, event.at

    def _ConversationEnded(self, event: e.ConversationEnded) -> None:
        talk = self.talks[event.conversation]
        rule("C", talk.state != "over" and not talk.offers and talk.agent == event.agent, event)
        rule("C", event.state != "abandoned" or talk.state == "waiting", event)
        if event.overflow is not None:
            rule("overflow", event.state == "closed", event)
            self._judge_overflow(event, "close")
        self._let_go(talk)
        talk.state, self.ended = "over", self.ended + 1

    def _ConversationsForgotten(self, event: e.ConversationsForgotten) -> None:
        for id_ in event.conversations:
            rule("C", self.talks.pop(id_).state == "over", f"{id_} was forgotten alive")

    def _QueueConfigured(self, event: e.QueueConfigured) -> None:
        new = Line(event.settings, refused_at=event.at)
        self.queues.setdefault(event.queue, new).settings = event.settings

    def _QueueStatusChanged(self, event: e.QueueStatusChanged) -> None:
        self.queues[event.queue].status = str(event.status)

    def _QueueHoursChanged(self, event: e.QueueHoursChanged) -> None:
        line = self.queues[event.queue]
        rule("hours", line.open is not event.open, event)
        line.open, line.shut_at = event.open, event.at

    def _QueueRemoved(self, event: e.QueueRemoved) -> None:
        del self.queues[event.queue]
        left = [t.id for t in self.talks.values() if t.queue == event.queue and t.state != "over"]
        rule("C", not left, f"the queue went with {left}")
        rule("C", not any(event.queue in a.settings.queues for a in self.agents.values()), event)

    def _AgentConfigured(self, event: e.AgentConfigured) -> None:
        if event.agent not in self.agents:
            self.ordinals += 1
            new = Person(event.agent, event.settings, self.ordinals, event.at, event.at)
            self.agents[event.agent] = new
        self.agents[event.agent].settings = event.settings

    def _AgentRemoved(self, event: e.AgentRemoved) -> None:
        rule("C", not self.load(event.agent), f"went with work: {event}")
        del self.agents[event.agent]

    def _PresenceConfigured(self, event: e.PresenceConfigured) -> None:
        self.customs[event.presence] = event.settings

    def _PresenceRemoved(self, event: e.PresenceRemoved) -> None:
        for agent in self.agents.values():
            planned = agent.plan.named[1] if agent.plan else None
            rule("presence", event.presence not in (agent.custom, planned), agent)
        del self.customs[event.presence]

    def _PresenceChanged(self, event: e.PresenceChanged) -> None:
        agent, named = self.agents[event.agent], (str(event.presence), event.custom)
        rule("presence", self.named(event.custom or named[0]) == named, event)
        if event.by == "system":
            due = self.to_be_sent_away.get(event.agent) == named and event.reason == "no_answer"
            rule("no_answer", due, event)
        self.to_be_sent_away.pop(event.agent, None)
        plan = self.planned.pop(event.agent, None)
        if plan is not None:
            as_said = (plan.named[1] or plan.named[0], plan.reason, plan.by)
            rule("plan", (event.custom or named[0], event.reason, event.by) == as_said, event)
        if event.presence == "available" != agent.presence:
            agent.idle_since, agent.missed = event.at, 0
        agent.plan = None
        self._note_on(agent, str(event.presence), agent.connection)
        agent.custom = event.custom

    def _PresencePlanned(self, event: e.PresencePlanned) -> None:
        agent, agent.plan = self.agents[event.agent], None
        if event.presence is not None:
            rule("plan", self.holds(agent.id), f"nothing to finish: {event}")
            rule("plan", event.presence != "available", event)
            named = (str(event.presence), event.custom)
            agent.plan = Plan(named, event.reason, event.by)

    def _note_on(self, agent: Person, presence: str, connection: str) -> None:
        was_on = agent.is_on
        agent.presence, agent.connection = presence, connection
        agent.off_since = self.at if was_on and not agent.is_on else agent.off_since

    def _ConnectionChanged(self, event: e.ConnectionChanged) -> None:
        agent = self.agents[event.agent]
        self._note_on(agent, agent.presence, str(event.connection))
        if event.connection == "connected" and agent.only_unreached:
            agent.rest_until = 0

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
