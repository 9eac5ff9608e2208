"""What the rules say, in a model of its own: who may be offered what, and whose turn it is.

The referee's memory and judgement. Shares nothing with the engine but the settings; each question
is answered by a plain scan: slow, and short enough to be believed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from app.domain.settings import AgentSettings, QueueSettings

Rank = tuple[float, ...]


@dataclass
class Line:
    """A queue."""

    settings: QueueSettings
    status: str = "open"


@dataclass
class Person:
    """An agent."""

    id: str
    settings: AgentSettings
    ordinal: int
    idle_since: int
    presence: str = "offline"
    connection: str = "lost"
    back_off: int = 0
    missed: int = 0
    accepted: int = 0
    last_offer: int = 0

    @property
    def there(self) -> bool:
        """Wants work and can be reached."""
        return self.presence == "available" and self.connection == "connected"


@dataclass
class Talk:
    """A conversation."""

    id: str
    queue: str
    channel: str
    priority: int
    skills: dict[str, int]
    wish: str | None
    enqueued_at: int
    since: int
    state: str = "waiting"
    agent: str | None = None
    units: int = 0
    offers: list[str] = field(default_factory=list)
    passed: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass
class Proposal:
    """A live offer."""

    talk: Talk
    agent: str
    units: int
    made_at: int
    expires_at: int
    confirmed: bool = False


class Rulebook:
    """What is known, and what may be done with it."""

    def __init__(self) -> None:
        self.at = self.version = self.epoch = self.ordinals = self.made = 0
        self.entered = self.ended = 0
        self.queues: dict[str, Line] = {}
        self.agents: dict[str, Person] = {}
        self.talks: dict[str, Talk] = {}
        self.proposals: dict[str, Proposal] = {}
        self.to_be_sent_away: set[str] = set()
        self.outcomes: Counter[tuple[str, str]] = Counter()

    def counts(self, queue: str) -> dict[str, int]:
        """Count the live conversations of a queue by state."""
        found = Counter(t.state for t in self.talks.values() if t.queue == queue)
        return {name: found[name] for name in ("waiting", "offered", "assigned", "wrapping")}

    def takes_in(self, queue: str) -> bool:
        """Tell whether the queue may take in one more."""
        line = self.queues[queue]
        bound = line.settings.max_waiting
        return line.status != "draining" and (not bound or self.counts(queue)["waiting"] < bound)

    def load(self, agent: str) -> dict[str, int]:
        """Count the units an agent has in use, by channel."""
        used: Counter[str] = Counter()
        for offer in self.proposals.values():
            if offer.agent == agent:
                used[offer.talk.channel] += offer.units
        for talk in self.talks.values():
            if talk.agent == agent:
                used[talk.channel] += talk.units
        return dict(used)

    def weight(self, talk: Talk) -> int:
        """Count the units that a conversation takes by the settings of now."""
        return self.queues[talk.queue].settings.weight_by_channel.get(talk.channel, 1)

    def has_room(self, agent: Person, talk: Talk, more: int) -> bool:
        """Tell whether so many more units stay within both bounds."""
        used, bound = self.load(agent.id), agent.settings.units
        if used.get(talk.channel, 0) + more > agent.settings.capacity.get(talk.channel, 0):
            return False
        return bound is None or sum(used.values()) + more <= bound

    def _qualifies(self, agent: Person, talk: Talk, now: int) -> bool:
        """Whether the rings that have opened let this member serve."""
        settings = self.queues[talk.queue].settings
        opened = [ring for ring in settings.rings if ring.after_ms <= now - talk.enqueued_at]
        if opened and agent.settings.queues[talk.queue] > opened[-1].max_level:
            return False
        relaxed = {name for ring in opened for name in ring.relax_skills}
        asked = {name: least for name, least in talk.skills.items() if name not in relaxed}
        return all(agent.settings.skills.get(name, 0) >= asked[name] for name in asked)

    def _kept_for(self, talk: Talk, now: int) -> str | None:
        """Name the preferred agent a conversation is kept for."""
        agent = self.agents.get(talk.wish or "")
        if agent is None or talk.queue not in agent.settings.queues or agent.id in talk.passed:
            return None
        hold = self.queues[talk.queue].settings.preferred
        online = agent.there or agent.presence == "away"
        kept_ms = hold.online_ms if online else hold.offline_ms
        return agent.id if now < talk.since + kept_ms else None

    def is_passed(self, talk: Talk, agent: Person, now: int) -> bool:
        """Tell whether the agent is passed over for this conversation."""
        return talk.passed.get(agent.id, (0, 0))[1] > now

    def _is_sole(self, talk: Talk, now: int) -> bool:
        """Whether nobody is there who has not been passed over."""
        return not any(
            agent.there and not self.is_passed(talk, agent, now)
            for agent in self.agents.values()
            if talk.queue in agent.settings.queues and self._qualifies(agent, talk, now)
        )

    def obstacle(self, talk: Talk, agent_id: str, now: int) -> str:
        """Say why this conversation may not be offered to this agent now; "" when it may."""
        agent, kept = self.agents[agent_id], self._kept_for(talk, now)
        if self.queues[talk.queue].status == "paused":
            return "paused"
        if talk.queue not in agent.settings.queues:
            return "no member"
        if not agent.there or agent.back_off > now:
            return "not routable"
        if not self.has_room(agent, talk, self.weight(talk)):
            return "no room"
        if any(self.proposals[id_].agent == agent_id for id_ in talk.offers):
            return "asked already"
        if kept is not None and kept != agent_id:
            return "kept for another"
        if kept is None and not self._qualifies(agent, talk, now):
            return "does not qualify"
        if self.is_passed(talk, agent, now) and not (
            talk.passed[agent_id][0] <= now and not talk.offers and self._is_sole(talk, now)
        ):
            return "passed over"
        return ""

    def goes_before(self, one: Talk, other: Talk, now: int) -> bool:
        """Whether ``one`` has the better claim on an agent who could take both."""
        first, second = (self.queues[talk.queue].settings for talk in (one, other))
        if first.priority != second.priority:
            return first.priority > second.priority
        grown, other_grown = (
            talk.priority + settings.ageing.priority_per_min * (now - talk.enqueued_at) / 60_000
            for talk, settings in ((one, first), (other, second))
        )
        if abs(grown - other_grown) > 1e-6:
            return grown > other_grown
        return one.priority == other.priority and one.enqueued_at < other.enqueued_at

    def rank(self, agent: Person, settings: QueueSettings, queue: str) -> Rank:
        """Put a number on an agent as the strategy of the queue does; the smallest is chosen."""
        level = agent.settings.queues[queue] if settings.offer.respect_levels else 0
        idle = (agent.idle_since, agent.ordinal)
        room = agent.settings.units or sum(agent.settings.capacity.values())
        used = sum(self.load(agent.id).values())
        rest: dict[str, Rank] = {
            "longest_idle": idle,
            "all_at_once": idle,
            "least_loaded": (used / room if room else 0, *idle),
            "fewest_accepted": (agent.accepted, *idle),
            "round_robin": (agent.last_offer, agent.ordinal),
            "linear": (agent.ordinal,),
            "random": (),
        }
        return (level, *rest[settings.offer.strategy])
