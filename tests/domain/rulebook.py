"""What the rules say, in a model of its own: who may be offered what, and whose turn it is.

The referee's memory and judgement. Shares nothing with the engine but the settings; each question
is answered by a plain scan: slow, and short enough to be believed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.domain.settings import AgentSettings, OverflowRule, PresenceSettings, QueueSettings

Rank = tuple[float, ...]
Named = tuple[str, str | None]
"""One of the three presences, and the id of the custom one that stands for it."""
RETRY_MS = 5_000
"""A rule of overflow that could not be carried out may wait so long for the next try."""


@dataclass
class Line:
    """A queue. ``refused_at``: when it was last known to take no overflow in."""

    settings: QueueSettings
    status: str = "open"
    open: bool = True
    shut_at: int = 0
    refused_at: int = 0


@dataclass
class Plan:
    """What an agent is going to be, as was said, and by whom."""

    named: Named
    reason: str
    by: str


@dataclass
class Person:
    """An agent. ``only_unreached``: rests only because offers did not arrive."""

    id: str
    settings: AgentSettings
    ordinal: int
    idle_since: int
    off_since: int
    presence: str = "offline"
    custom: str | None = None
    connection: str = "lost"
    plan: Plan | None = None
    rest_until: int = 0
    only_unreached: bool = False
    missed: int = 0
    accepted: int = 0
    last_offer: int = 0

    @property
    def there(self) -> bool:
        """Wants work, can be reached, and is not about to go."""
        return self.online and self.plan is None

    @property
    def online(self) -> bool:
        """Available and connected."""
        return self.presence == "available" and self.connection == "connected"

    @property
    def is_on(self) -> bool:
        """At work, were he full, resting or without a socket for a moment."""
        return self.presence == "available" and self.connection != "lost"


@dataclass
class Talk:
    """A conversation. ``joined``: number of its joining, over all; ``fresh``: joined in this step;
    ``returned``: came back from an offer in this step; ``spoke_at``: last known word in it;
    ``aside``: in quarantine.
    """

    id: str
    queue: str
    channel: str
    priority: int
    skills: dict[str, int]
    wish: str | None
    enqueued_at: int
    joined_at: int
    joined: int
    since: int
    state: str = "waiting"
    fresh: bool = True
    returned: bool = False
    idle: bool = False
    aside: bool = False
    spoke_at: int = 0
    visited: set[str] = field(default_factory=set)
    notices: set[tuple[str, int]] = field(default_factory=set)
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
        self.entered = self.ended = self.joinings = 0
        self.queues: dict[str, Line] = {}
        self.agents: dict[str, Person] = {}
        self.talks: dict[str, Talk] = {}
        self.proposals: dict[str, Proposal] = {}
        self.customs: dict[str, PresenceSettings] = {}
        self.to_be_sent_away: dict[str, Named] = {}
        self.planned: dict[str, Plan] = {}
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

    def named(self, presence: str) -> Named | None:
        """Tell what a presence, custom or not, stands for."""
        if presence in self.customs:
            return str(self.customs[presence].presence), presence
        return (presence, None) if presence in ("available", "away", "offline") else None

    def load(self, agent: str) -> dict[str, int]:
        """Count the units an agent has in use, by channel."""
        used: Counter[str] = Counter()
        for offer in self.proposals.values():
            if offer.agent == agent:
                used[offer.talk.channel] += offer.units
        for talk in self.talks.values():
            if talk.agent == agent and not talk.idle:
                used[talk.channel] += talk.units
        return dict(used)

    def holds(self, agent: str) -> bool:
        """Tell whether the agent has any conversation, silent ones too."""
        return any(talk.agent == agent for talk in self.talks.values())

    def weight(self, talk: Talk) -> int:
        """Count the units that a conversation takes by the settings of now."""
        return self.queues[talk.queue].settings.weight_by_channel.get(talk.channel, 1)

    def has_room(self, agent: Person, talk: Talk, more: int) -> bool:
        """Tell whether so many more units stay within both bounds, and no work blocks them."""
        used, bound = self.load(agent.id), agent.settings.units
        if any(talk.channel in agent.settings.blocks.get(busy, ()) for busy in used):
            return False
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
        online = agent.online or agent.presence == "away"
        kept_ms = hold.online_ms if online else hold.offline_ms
        return agent.id if now < talk.since + kept_ms else None

    def is_passed(self, talk: Talk, agent: Person, now: int) -> bool:
        """Tell whether the agent is passed over for this conversation."""
        return talk.passed.get(agent.id, (0, 0))[1] > now

    def _is_sole(self, talk: Talk, now: int) -> bool:
        """Whether nobody is there who has not been passed over."""
        return not any(
            agent.there and self.serves(agent, talk) and not self.is_passed(talk, agent, now)
            for agent in self.agents.values()
            if talk.queue in agent.settings.queues and self._qualifies(agent, talk, now)
        )

    def serves(self, agent: Person, talk: Talk) -> bool:
        """Tell whether the agent's custom presence leaves the channel open."""
        channels = self.customs[agent.custom].channels if agent.custom else None
        return channels is None or talk.channel in channels

    def came_late(self, talk: Talk) -> bool:
        """Tell whether the doors of the queue were shut when it came, and are."""
        line = self.queues[talk.queue]
        return not line.open and talk.joined_at >= line.shut_at

    def bar(self, talk: Talk, agent: Person, now: int) -> str:
        """Say why this agent may not even pick this conversation; "" when he may."""
        kept = self._kept_for(talk, now)
        if self.queues[talk.queue].status == "paused":
            return "paused"
        if talk.aside or self.came_late(talk):
            return "set aside" if talk.aside else "closed"
        if talk.queue not in agent.settings.queues:
            return "no member"
        if not self.has_room(agent, talk, self.weight(talk)):
            return "no room"
        if kept is not None and kept != agent.id:
            return "kept for another"
        if kept is None and not self._qualifies(agent, talk, now):
            return "does not qualify"
        return ""

    def obstacle(self, talk: Talk, agent_id: str, now: int) -> str:
        """Say why this conversation may not be offered to this agent now; "" when it may."""
        agent = self.agents[agent_id]
        if not agent.there or not self.serves(agent, talk):
            return "not routable"
        if agent.rest_until > now:
            return "at rest"
        if any(self.proposals[id_].agent == agent_id for id_ in talk.offers):
            return "asked already"
        if barred := self.bar(talk, agent, now):
            return barred
        if self.is_passed(talk, agent, now) and not (
            talk.passed[agent_id][0] <= now and not talk.offers and self._is_sole(talk, now)
        ):
            return "passed over"
        return ""

    def takers(self, talk: Talk, now: int) -> list[str]:
        """Name everybody who may be offered it now."""
        return [id_ for id_ in self.agents if not self.obstacle(talk, id_, now)]

    def takes_overflow(self, queue: str) -> bool:
        """Tell whether the queue would take one in and offer it."""
        line = self.queues[queue]
        return line.open and line.status == "open" and self.takes_in(queue)

    def _holds(self, rule: OverflowRule, talk: Talk, now: int) -> bool:
        """Whether the condition of a rule is true of one who waits."""
        if rule.when == "depth":
            waiting = [t for t in self.talks.values() if t.queue == talk.queue]
            before = [t for t in waiting if t.state == "waiting" and t.joined < talk.joined]
            return talk.fresh and len(before) >= rule.value
        since = talk.joined_at
        if rule.when == "closed" and not self.came_late(talk):
            return False
        if rule.when == "no_agents":
            members = [a for a in self.agents.values() if talk.queue in a.settings.queues]
            if any(agent.is_on for agent in members):
                return False
            since = max([since, *(agent.off_since for agent in members)])
        return since + rule.value <= now

    def deeds(self, talk: Talk, now: int) -> Iterator[tuple[int, OverflowRule]]:
        """Name the rules, by number, that hold for it and can be carried out now."""
        if talk.aside:
            return
        for number, rule in enumerate(self.queues[talk.queue].settings.overflow):
            if rule.to == "queue":
                target = rule.queue or ""
                can = target in self.queues.keys() - {talk.queue} - talk.visited
                can = can and self.takes_overflow(target)
            else:
                can = rule.to == "close" or (talk.queue, number) not in talk.notices
            if can and self._holds(rule, talk, now):
                yield number, rule

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
