"""A machine that tries everything: random commands on random settings, judged after every step.

The desk judges each step twice (``check`` and the ``Referee``); the machine adds what only it can
see: the two counts agree, a refusal leaves no event, an explanation tells the same story as the
decision, the log gives the same state again, and an engine rebuilt from that state decides like the
one that lived through it. Values are drawn small and by position, so that a failure shrinks to a
few lines. MUST NOT know a rule of offering.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.domain import commands as c
from app.domain import settings as s
from app.domain.explain import explain
from app.domain.state import Agent, Conversation, Offer
from app.domain.words import LIVE_STATES, Presence, QueueStatus, Strategy
from tests.domain.twin import Twin
from tests.domain.workbench import Workbench

RETENTION_MS = 60_000
QUEUES = [f"q{number}" for number in range(3)]
AGENTS = [f"a{number}" for number in range(4)]
CUSTOM = ["lunch", "mail"]
RINGS = [
    [],
    [s.Ring(max_level=1), s.Ring(after_ms=10_000, max_level=2, relax_skills=["en"])],
    [s.Ring(max_level=2), s.Ring(after_ms=20_000)],
]

some_queue = st.sampled_from(QUEUES)
some_agent = st.sampled_from(AGENTS)
any_place = st.integers(0, 6)
some_channel = st.sampled_from(["chat", "call"])
some_skills = st.sampled_from([{}, {"en": 1}, {"en": 2}])
some_ms = st.sampled_from([0, 1, 1_000, 5_000, 20_000, 60_000])
some_presence = st.sampled_from(["available", "away", "available", "offline", *CUSTOM])
some_customer = st.tuples(
    any_place, some_channel, st.sampled_from([0, 3]), some_skills, st.none() | some_agent
)
Customer = tuple[int, str, int, dict[str, int], str | None]

offer_rules = st.builds(
    s.OfferRule,
    strategy=st.sampled_from(Strategy),
    timeout_ms=st.sampled_from([20_000, 5_000]),
    timeouts_by_channel=st.sampled_from([{}, {"call": 3_000}]),
    fan_out=st.integers(1, 3),
    respect_levels=st.booleans(),
)
decline_rules = st.builds(
    s.DeclineRule,
    cooldown_ms=st.sampled_from([60_000, 0, 3_000]),
    reasons=st.just([s.DeclineReason(code="never", again=False)]),
)
back_off_rules = st.builds(
    s.BackOffRule,
    declined_ms=st.sampled_from([0, 3_000]),
    busy_ms=st.sampled_from([0, 9_000]),
    missed_ms=st.sampled_from([0, 2_000]),
    undelivered_ms=st.sampled_from([5_000, 0]),
)
no_answer_rules = st.builds(
    s.NoAnswerRule,
    streak=st.integers(0, 2),
    presence=st.sampled_from(["away", "offline", *CUSTOM]),
)
overflow_rules = st.one_of(
    st.builds(
        s.OverflowRule,
        when=st.sampled_from(["after_ms", "no_agents", "closed"]),
        value=st.sampled_from([20_000, 5_000, 0]),
        queue=st.sampled_from(QUEUES),
    ),
    st.builds(
        s.OverflowRule,
        when=st.sampled_from(["after_ms", "no_agents", "closed"]),
        value=st.sampled_from([20_000, 5_000, 0]),
        to=st.sampled_from(["message", "message", "close"]),
        message=st.just("please wait"),
    ),
    st.builds(
        s.OverflowRule,
        when=st.just("depth"),
        value=st.integers(0, 2),
        queue=st.sampled_from(QUEUES),
    ),
)
queue_settings = st.builds(
    s.QueueSettings,
    name=st.just("queue"),
    priority=st.sampled_from([0, 5]),
    offer=offer_rules,
    rings=st.sampled_from(RINGS),
    preferred=st.builds(s.PreferredRule, online_ms=some_ms, offline_ms=some_ms),
    decline=decline_rules,
    back_off=back_off_rules,
    no_answer=no_answer_rules,
    wrap_up=st.builds(s.WrapUpRule, ms=st.sampled_from([0, 5_000]), extendable=st.booleans()),
    idle=st.builds(s.IdleRule, after_ms=st.sampled_from([0, 0, 4_000])),
    overflow=st.just([]) | st.lists(overflow_rules, min_size=1, max_size=3),
    max_waiting=st.sampled_from([0, 0, 0, 0, 3, 1]),
    ageing=st.builds(s.AgeingRule, priority_per_min=st.sampled_from([0.0, 1.0, 2.5])),
    weight_by_channel=st.sampled_from([{}, {"chat": 2}]),
)
agent_settings = st.builds(
    s.AgentSettings,
    name=st.just("agent"),
    queues=st.dictionaries(some_queue, st.integers(1, 3), min_size=2),
    skills=some_skills,
    capacity=st.fixed_dictionaries({"chat": st.integers(1, 2)}, optional={"call": st.just(1)}),
    units=st.sampled_from([None, 2]),
    blocks=st.sampled_from([{}, {}, {"call": ["chat"]}, {"call": ["chat"], "chat": ["call"]}]),
    wrap_up_ms=st.sampled_from([None, None, 0, 2_000]),
    pull=st.sampled_from([True, True, False]),
)
presence_settings = st.builds(
    s.PresenceSettings,
    name=st.just("custom"),
    presence=st.sampled_from([Presence.AWAY, Presence.AVAILABLE, Presence.OFFLINE]),
    channels=st.sampled_from([None, ["call"], []]),
)
removals = st.one_of(
    st.builds(c.RemoveQueue, some_queue, st.just("admin")),
    st.builds(c.RemoveAgent, some_agent, st.just("admin")),
    st.builds(c.RemovePresence, st.sampled_from(CUSTOM), st.just("admin")),
)
outages = st.one_of(
    st.builds(c.ExtendDeadlines, some_ms),
    st.builds(c.OpenEpoch, st.just(0), st.just("node"), st.just(20_000)),
)
statuses = st.builds(
    c.SetQueueStatus, some_queue, st.sampled_from(QueueStatus), st.just("asked"), st.just("admin")
)
hours = st.builds(c.SetQueueHours, some_queue, st.booleans())
presences = st.builds(c.PutPresence, st.sampled_from(CUSTOM), presence_settings, st.just("admin"))
repairs = st.one_of(
    st.builds(c.SweepQueue, some_queue, st.just("watchdog")),
    st.builds(c.CorrectCapacity, some_agent, st.just("watchdog")),
)
undoing = st.builds(c.UndoConfig, st.integers(0, 4), st.just("admin"))
memberships = st.builds(
    c.SetMembership,
    some_agent,
    some_queue,
    st.sampled_from([None, 0, 1, 3]),
    st.just("admin"),
    st.sampled_from([None, None, 1]),
    st.sampled_from(["", "asked"]),
)
supervision = st.one_of(
    st.builds(c.EndLogin, st.sampled_from("ab"), st.just("k"), st.just(2**50), st.just("x")),
    st.builds(c.SignOutAgent, some_agent, st.just("lost"), st.just("admin")),
    st.builds(c.FreezeRepairs, some_ms, st.just("we look"), st.just("admin")),
    st.builds(c.ThawRepairs, st.just("found"), st.just("admin")),
    st.builds(
        c.SendBroadcast, st.just("x"), st.none() | some_queue, st.none(), some_ms, st.just("admin")
    ),
    st.builds(c.FinalizeFormat, st.sampled_from([1, 2, 2]), st.just("admin")),
    st.builds(
        c.CreateKey,
        st.sampled_from("kl"),
        st.just("K"),
        st.sampled_from(["supervisor", "admin"]),
        st.text("ab", min_size=2),
        st.none(),
        st.just("admin"),
        st.none() | st.lists(some_queue, max_size=1),
    ),
    st.builds(
        c.LimitKey,
        st.sampled_from("kl"),
        st.none() | st.lists(some_queue, max_size=1),
        st.sampled_from([0, 2**50]),
        st.booleans(),
        st.just("admin"),
    ),
    st.builds(
        c.RotateKey, st.sampled_from("kl"), st.text("ab", min_size=2), some_ms, st.just("admin")
    ),
    st.builds(c.RevokeKey, st.sampled_from("kl"), st.just("admin")),
    st.builds(
        lambda key: c.Traced(c.RevokeKey(key, "admin"), "admin", "192.0.2.7"),
        st.sampled_from("kl"),
    ),
)
changes = st.one_of(
    st.one_of(statuses, hours, supervision),
    st.one_of(presences, undoing, memberships),
    st.builds(c.PutQueue, some_queue, queue_settings, st.just("admin")),
    st.builds(c.PutAgent, some_agent, agent_settings, st.just("admin")),
    st.one_of(removals, outages, repairs),
)
"""What happens seldom: new rules, people coming and leaving for good, outages."""

INTERVENTIONS = [
    *("abandon", "cancel", "close", "move", "assign", "requeue", "release", "priority"),
    *("pull", "move", "release", "set aside"),
]
"""What is done more often stands twice."""


class OfferMachine(RuleBasedStateMachine):
    """Commands in any order. ``bench`` speaks them; ``twin`` is made at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Workbench(retention_ms=RETENTION_MS)

    def ask(self, command: c.Command) -> None:
        """Carry a command out; a refusal must be silent."""
        outcome = self.bench.attempt(command)
        if outcome.refusal is not None:
            assert not outcome.events and not outcome.already and outcome.refusal.message

    @initialize(
        queues=st.lists(queue_settings, min_size=2, max_size=3),
        agents=st.lists(agent_settings, min_size=3, max_size=4),
        customs=st.lists(presence_settings, max_size=2),
        customers=st.lists(some_customer, min_size=4, max_size=10),
    )
    def open(
        self,
        queues: list[s.QueueSettings],
        agents: list[s.AgentSettings],
        customs: list[s.PresenceSettings],
        customers: list[Customer],
    ) -> None:
        """Start with agents at work and customers who come at once."""
        for id_, custom in zip(CUSTOM, customs, strict=False):
            self.ask(c.PutPresence(id_, custom, "admin"))
        for id_, settings in zip(QUEUES, queues, strict=False):
            self.ask(c.PutQueue(id_, settings, "admin"))
        for id_, agent in zip(AGENTS, agents, strict=False):
            self.configure_agent(id_, agent)
            self.come_and_go(id_, "back")
        self.enter(customers)

    @rule(customers=st.lists(some_customer, min_size=1, max_size=4))
    def enter(self, customers: list[Customer]) -> None:
        """Let customers come."""
        for place, channel, priority, skills, wish in customers:
            id_ = f"c{self.bench.state.totals.entered + 1}"
            queues = list(self.bench.state.queues) or ["nowhere"]
            queue = queues[place % len(queues)]
            self.ask(
                c.EnterConversation(
                    id_, queue, channel, "ingest", priority, skills, preferred_agent=wish
                )
            )

    @precondition(lambda self: self.live_offers())
    @rule(place=any_place, everybody=st.booleans())
    def accept(self, place: int, everybody: bool) -> None:
        """Let an agent, or everybody, accept a live offer."""
        live = self.live_offers()
        for offer in live if everybody else [live[place % len(live)]]:
            self.say(c.AcceptOffer, offer)

    @precondition(lambda self: self.waiting())
    @rule(place=any_place, picker=any_place, named=st.booleans())
    def pull(self, place: int, picker: int, named: bool) -> None:
        """Let an agent, who mostly may, pick one who waits."""
        one = self.waiting()[place % len(self.waiting())]
        agents = [agent.id for agent in self.agents() if agent.settings.pull] or AGENTS
        agent = agents[picker % len(agents)]
        self.ask(c.PullConversation(agent, one.queue, one.id if named else None))

    @precondition(lambda self: self.live_offers())
    @rule(
        place=any_place,
        verb=st.sampled_from([c.DeclineOffer, c.MarkDelivered, c.MarkSeen]),
        reason=st.sampled_from(["busy", "never"]),
    )
    def answer(self, place: int, verb: Any, reason: str) -> None:
        """Let an agent confirm or decline a live offer."""
        live = self.live_offers()
        self.say(verb, live[place % len(live)], reason)

    @precondition(lambda self: self.bench.state.offers)
    @rule(
        place=any_place,
        verb=st.sampled_from([c.AcceptOffer, c.DeclineOffer, c.MarkDelivered, c.MarkSeen]),
        stranger=st.none() | some_agent,
    )
    def answer_again(self, place: int, verb: Any, stranger: str | None) -> None:
        """Let an agent, or a stranger, answer any offer, ended ones included."""
        offers = list(self.bench.state.offers.values())
        self.say(verb, offers[-1 - place % len(offers)], stranger=stranger)

    def say(
        self, verb: Any, offer: Offer, reason: str = "busy", stranger: str | None = None
    ) -> None:
        """Speak one of the answers to an offer."""
        more = (reason,) if verb is c.DeclineOffer else ()
        self.ask(verb(offer.id, stranger or offer.agent, *more))

    def agents(self) -> list[Agent]:
        """List the agents."""
        return list(self.bench.state.agents.values())

    def waiting(self) -> list[Conversation]:
        """List those who wait."""
        return [one for one in self.bench.state.conversations.values() if one.state == "waiting"]

    def live_offers(self) -> list[Offer]:
        """List the offers that wait for an answer."""
        return [self.bench.state.offers[id_] for a in self.agents() for id_ in a.offers]

    def held(self) -> list[tuple[str, str]]:
        """List each conversation in somebody's hands, with that agent."""
        return [(id_, agent.id) for agent in self.agents() for id_ in agent.conversations]

    @precondition(lambda self: self.held())
    @rule(
        place=any_place,
        verb=st.sampled_from(
            ["complete", "finish", "extend", "queue", "agent", "said", "silent", "silent"]
        ),
        queue=some_queue,
        colleague=some_agent,
        stranger=st.sampled_from([False, False, True]),
    )
    def work(self, place: int, verb: str, queue: str, colleague: str, stranger: bool) -> None:
        """Let the agent who holds a conversation go on with it; sometimes a stranger tries."""
        id_, agent = self.held()[place % len(self.held())]
        agent = colleague if stranger and verb != "agent" else agent
        commands: dict[str, c.Command] = {
            "complete": c.CompleteConversation(id_, agent),
            "finish": c.FinishWrapUp(id_, agent),
            "extend": c.ExtendWrapUp(id_, agent, 3_000),
            "queue": c.TransferConversation(id_, agent, queue, None),
            "agent": c.TransferConversation(id_, agent, None, colleague),
            "said": c.NoteActivity(id_, False, "ingest", agent if stranger else None),
            "silent": c.NoteActivity(id_, True, "ingest", agent if stranger else None),
        }
        self.ask(commands[verb])

    @precondition(lambda self: self.bench.state.conversations)
    @rule(
        place=any_place,
        verb=st.sampled_from(INTERVENTIONS),
        queue=some_queue,
        agent=some_agent,
        flag=st.booleans(),
    )
    def intervene(self, place: int, verb: str, queue: str, agent: str, flag: bool) -> None:
        """Let a customer leave, or a supervisor act."""
        known = list(self.bench.state.conversations.values())
        known.sort(key=lambda one: one.state in LIVE_STATES)
        id_ = known[-1 - place % len(known)].id
        commands: dict[str, c.Command] = {
            "abandon": c.CancelConversation(id_, True, "left", "ingest"),
            "cancel": c.CancelConversation(id_, False, "void", "ingest"),
            "close": c.CloseConversation(id_, "done", "supervisor"),
            "move": c.MoveConversation(id_, queue, flag, "asked", "supervisor"),
            "assign": c.AssignConversation(id_, agent, "asked", "supervisor"),
            "requeue": c.RequeueConversation(id_, "asked", "supervisor"),
            "release": c.ReleaseConversation(id_, "stuck", "supervisor"),
            "priority": c.PrioritizeConversation(id_, 5 * flag, "asked", "supervisor"),
            "pull": c.PullConversation(agent, queue, id_),
            "set aside": c.QuarantineConversation(id_, "odd", "", "supervisor"),
        }
        self.ask(commands[verb])

    @rule(
        agent=some_agent,
        what=st.sampled_from(
            ["back", "away", "gone", "back", "back", "back", "offline", "signed off", "there"]
        ),
    )
    def come_and_go(self, agent: str, what: str) -> None:
        """Let an agent say what he wants, or let his socket come or go."""
        wants = {"back": Presence.AVAILABLE, "away": Presence.AWAY, "offline": Presence.OFFLINE}
        if what in ("back", "there"):
            self.ask(c.ConnectAgent(agent))
        if what in wants:
            self.ask(c.SetPresence(agent, wants[what], "", f"agent:{agent}"))
        elif what != "there":
            self.ask(c.DisconnectAgent(agent, 20_000 if what == "gone" else 0))

    @rule(agent=some_agent, presence=some_presence, then=st.booleans())
    def be(self, agent: str, presence: str, then: bool) -> None:
        """Let an agent be something, or say what he is going to be after his work."""
        self.ask(c.SetPresence(agent, presence, "", f"agent:{agent}", then))

    @rule(command=changes)
    def change(self, command: Any) -> None:
        """Change the rules, the people, the owner or the clock."""
        if isinstance(command, c.PutAgent):
            self.configure_agent(command.agent, command.settings)
            return
        if isinstance(command, c.OpenEpoch):
            command = replace(command, epoch=self.bench.state.epoch + 1)
        if isinstance(command, c.UndoConfig):
            command = replace(command, version=self.bench.state.version - command.version)
        self.ask(command)
        self.bench.tick()

    def configure_agent(self, agent: str, settings: s.AgentSettings) -> None:
        """Give an agent settings, without the queues that do not exist."""
        known = {q: n for q, n in settings.queues.items() if q in self.bench.state.queues}
        self.ask(c.PutAgent(agent, replace(settings, queues=known), "admin"))

    @rule(by_ms=some_ms, to_deadline=st.booleans())
    def time(self, by_ms: int, to_deadline: bool) -> None:
        """Let time pass, each deadline at its instant."""
        due = self.bench.engine.next_deadline()
        if to_deadline and due is not None:
            by_ms = max(0, due - self.bench.now)
        self.bench.pass_s(by_ms / 1000)

    @precondition(lambda self: self.live_offers())
    @rule(
        by_ms=some_ms,
        verb=st.sampled_from([c.AcceptOffer, c.DeclineOffer, c.MarkDelivered, c.MarkSeen]),
        place=any_place,
    )
    def stand_still(self, by_ms: int, verb: Any, place: int) -> None:
        """Let an answer come in after its time, but before the clock is heard."""
        self.bench.now += by_ms
        expired = [o for o in self.live_offers() if o.expires_at <= self.bench.now]
        if expired:
            self.say(verb, expired[place % len(expired)])
            assert not self.bench.last, "its time had passed"
        self.bench.tick()

    @invariant()
    def both_counts_agree(self) -> None:
        """The engine's running counters equal the referee's recount."""
        state, referee = self.bench.state, self.bench.referee
        for queue in state.queues.values():
            counts = {str(name): count for name, count in queue.counts.items()}
            assert counts == referee.counts(queue.id)
        for agent in state.agents.values():
            assert agent.load == referee.load(agent.id)
        assert (state.totals.entered, state.totals.ended) == (referee.entered, referee.ended)

    @invariant()
    def explanations_tell_what_is_decided(self) -> None:
        """Nobody is called eligible for a conversation that nobody is asked to take."""
        for conversation in self.bench.state.conversations.values():
            if conversation.state in LIVE_STATES:
                told = explain(self.bench.engine, conversation.id, self.bench.now)
                assert told.sentence
                if conversation.state == "waiting" and told.queue_status != "paused":
                    assert not [member.agent for member in told.members if member.eligible]

    @invariant()
    def the_board_finds_nothing_undone(self) -> None:
        """What the watchdog asks agrees with what was decided."""
        for queue in self.bench.state.queues:
            assert self.bench.engine.unoffered(queue, self.bench.now) is None

    def teardown(self) -> None:
        """Rebuild the state from the log, and let a second engine live on beside the first."""
        if not self.bench.sound:
            return
        assert self.bench.replayed() == self.bench.state, "the log gives the same state again"
        if self.bench.state.queues:
            Twin(self.bench).live_on()
