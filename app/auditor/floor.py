"""What the auditor knows: queues, agents, live conversations and offers, and who stands in line.

Plain memory. MUST NOT judge. Ended conversations and offers are forgotten at once, so it is as
large as what is live.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field

from app.domain.settings import AgentSettings, PresenceSettings, QueueSettings

Rank = tuple[float, int, str]
Kind = tuple[str, tuple[tuple[str, int], ...]]
SPECIAL: Kind = ("", ())
"""Where those stand who wish for somebody or passed somebody over: each is judged by itself."""


@dataclass(slots=True)
class Line:
    """A queue, and who waits in it: by what they ask for, the best claim first."""

    settings: QueueSettings
    status: str = "open"
    open: bool = True
    shut_at: int = 0
    members: dict[str, None] = field(default_factory=dict)
    kinds: dict[Kind, list[Rank]] = field(default_factory=dict)


@dataclass(slots=True)
class Person:
    """An agent. ``load`` is counted here from offers and holdings, by channel."""

    id: str
    settings: AgentSettings
    presence: str = "offline"
    custom: str | None = None
    connection: str = "lost"
    finishing: bool = False
    rest_until: int = 0
    rest_cause: str = ""
    load: dict[str, int] = field(default_factory=dict)

    @property
    def there(self) -> bool:
        """Wants work, can be reached, and is not about to go."""
        return (
            self.presence == "available" and self.connection == "connected" and not self.finishing
        )

    def take(self, channel: str, units: int) -> None:
        """Add to the load; negative units are given back."""
        left = self.load.get(channel, 0) + units
        if left:
            self.load[channel] = left
        else:
            self.load.pop(channel, None)


@dataclass(slots=True)
class Talk:
    """A live conversation. ``since``: when it last began to wait; ``aside``: in quarantine.

    ``stood`` counts how often it came into line; ``place`` is where it stands, if it does.
    """

    id: str
    queue: str
    channel: str
    priority: int
    skills: dict[str, int]
    wish: str | None
    enqueued_at: int
    joined_at: int
    since: int
    state: str = "waiting"
    agent: str | None = None
    units: int = 0
    idle: bool = False
    aside: bool = False
    offers: dict[str, None] = field(default_factory=dict)
    passed: dict[str, tuple[int, int]] = field(default_factory=dict)
    stood: int = field(default=0, compare=False)
    place: tuple[Kind, Rank] | None = None


@dataclass(slots=True)
class Proposal:
    """A live offer."""

    id: str
    conversation: str
    agent: str
    units: int
    made_at: int
    expires_at: int


@dataclass(slots=True)
class Floor:
    """All of it."""

    version: int = 0
    epoch: int = 0
    entered: int = 0
    ended: int = 0
    lines: dict[str, Line] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    talks: dict[str, Talk] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    customs: dict[str, PresenceSettings] = field(default_factory=dict)
    busy: dict[str, None] = field(default_factory=dict)
    """Queues where somebody stands in line."""

    def stand(self, talk: Talk) -> None:
        """Put a waiting conversation where it belongs in its line."""
        self.step_out(talk)
        line = self.lines.get(talk.queue)
        if line is None or talk.aside or talk.state != "waiting":
            return
        ageing = line.settings.ageing.priority_per_min
        first = -talk.priority + (ageing * talk.enqueued_at / 60_000 if ageing else 0)
        plain = talk.wish is None and not talk.passed
        kind = (talk.channel, tuple(sorted(talk.skills.items()))) if plain else SPECIAL
        rank = (first, talk.enqueued_at, talk.id)
        insort(line.kinds.setdefault(kind, []), rank)
        talk.place, talk.stood = (kind, rank), talk.stood + 1
        self.busy[talk.queue] = None

    def step_out(self, talk: Talk) -> None:
        """Take it out of line, if it is in it."""
        line = self.lines.get(talk.queue)
        if talk.place is None or line is None:
            return
        kind, rank = talk.place
        talk.place = None
        ranks = line.kinds[kind]
        del ranks[bisect_left(ranks, rank)]
        if not ranks:
            del line.kinds[kind]
            if not line.kinds:
                del self.busy[talk.queue]

    def line_up_again(self, queue: str) -> None:
        """The order of the queue changed: everybody finds the place anew."""
        ranks = [rank for kind in self.lines[queue].kinds.values() for rank in kind]
        for rank in ranks:
            self.stand(self.talks[rank[-1]])

    def employ(self, agent: str, settings: AgentSettings | None) -> None:
        """Take new settings of an agent; None: the agent is gone."""
        person = self.people.get(agent)
        for queue in person.settings.queues if person else ():
            if queue in self.lines:
                self.lines[queue].members.pop(agent, None)
        if settings is None:
            self.people.pop(agent, None)
            return
        if person is None:
            person = self.people[agent] = Person(agent, settings)
        person.settings = settings
        for queue in settings.queues:
            if queue in self.lines:
                self.lines[queue].members[agent] = None
