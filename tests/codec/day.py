"""A day with all that the engine can do, for a log that is to be kept for good.

Lived on by today's engine after whatever past a log has, the same way each time: no chance, and ids
of its own. Made to leave traces, not to judge them; a command may be refused. Who adds a record
type adds here what brings it about.
"""

from __future__ import annotations

from itertools import cycle

from app.codec.formats import NEWEST
from app.domain import commands as c
from app.domain import settings as s
from app.domain.engine import Engine
from app.domain.events import Event
from app.domain.words import Presence, QueueStatus, Strategy

ADMIN, CRM = "admin:key-0", "ingest:key-2"
ROUNDS = 12
DESK = s.QueueSettings(
    name="Desk \u00e6\u00f8\u00e5",
    priority=2,
    offer=s.OfferRule(
        strategy=Strategy.LEAST_LOADED,
        timeout_ms=15_000,
        timeouts_by_channel={"mail": 11_000},
        fan_out=3,
        respect_levels=False,
    ),
    rings=[s.Ring(max_level=1), s.Ring(after_ms=9_000, relax_skills=["french"])],
    preferred=s.PreferredRule(online_ms=7_000, offline_ms=1_000),
    decline=s.DeclineRule(
        cooldown_ms=30_000,
        reasons=[s.DeclineReason(code="busy"), s.DeclineReason(code="no", again=False)],
    ),
    back_off=s.BackOffRule(declined_ms=1_000, busy_ms=6_000, missed_ms=2_000, undelivered_ms=500),
    no_answer=s.NoAnswerRule(streak=3, presence="lunch"),
    wrap_up=s.WrapUpRule(ms=10_000, extendable=False),
    idle=s.IdleRule(after_ms=20_000),
    service_level=s.ServiceLevelRule(
        target_ms=10_000, percent=92.5, variant="abandoned_ignored", short_abandon_ms=2_000
    ),
    overflow=[
        s.OverflowRule(when="depth", value=4, queue="backup"),
        s.OverflowRule(
            when="after_ms", value=12_000, to="message", message="Sorry: it takes long."
        ),
        s.OverflowRule(when="closed", value=8_000, to="close"),
    ],
    max_waiting=40,
    ageing=s.AgeingRule(priority_per_min=0.25),
    hours=s.HoursRule(
        zone="Europe/Copenhagen", weekly={"mon": [["09:00", "17:00"]]}, holidays=["2027-12-24"]
    ),
    weight_by_channel={"call": 2},
)


class Day:
    """One owner of the log; ``events`` is what happened under it."""

    def __init__(self, engine: Engine, now: int, in_format: int = NEWEST) -> None:
        self.engine, self.now, self.in_format = engine, now, in_format
        self.events: list[Event] = []
        self.mark = f"e{engine.state.epoch + 1}"
        self.moods = cycle(["accept", "accept", "busy", "accept", "miss", "no", "accept", "ignore"])

    def live(self) -> list[Event]:
        """From opening to the middle of the evening, with work of every kind still in hand."""
        self.ask(c.OpenEpoch(self.engine.state.epoch + 1, f"node-{self.mark}", 20_000))
        self.ask(c.ExtendDeadlines(1_500))
        self._open()
        for number in range(ROUNDS):
            self._round(number)
        self._evening()
        return self.events

    def ask(self, *commands: c.Command) -> None:
        """Carry out each one."""
        for command in commands:
            self.events += self.engine.apply(command, self.now).events

    def pass_s(self, seconds: int) -> None:
        """Let time pass; every deadline takes effect at its instant."""
        until = self.now + seconds * 1_000
        while (due := self.engine.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.ask(c.Tick())
        self.now = until

    def _open(self) -> None:
        lunch = s.PresenceSettings(name="Lunch")
        mail = s.PresenceSettings(name="Mail", presence=Presence.AVAILABLE, channels=["mail"])
        self.ask(c.PutPresence("lunch", lunch, ADMIN), c.PutPresence("mail_only", mail, ADMIN))
        self.ask(c.PutPresence("early", lunch, ADMIN), c.RemovePresence("early", ADMIN))
        self.ask(c.PutQueue("backup", s.QueueSettings(name="Backup"), ADMIN))
        self.ask(c.PutQueue("desk", DESK, ADMIN), c.SetQueueHours("desk", True))
        self.ask(c.UndoConfig(self.engine.state.version, ADMIN), c.PutQueue("desk", DESK, ADMIN))
        for name, level in (("cleo", 1), ("dan", 1), ("eve", 2)):
            self.ask(c.PutAgent(name, _settings(name, level), ADMIN), c.ConnectAgent(name))
            self.ask(c.SetPresence(name, "available", "", f"agent:{name}"))
        self.ask(c.CreateKey(f"key-{self.mark}", "Desk", "agent", "ef" * 32, "cleo", ADMIN))
        self.ask(c.FinalizeFormat(self.in_format, ADMIN))

    def _round(self, number: int) -> None:
        for place, channel in enumerate(("chat", "call", "mail")):
            self._enter(f"{number}-{place}", channel, number)
        self._answer()
        self.pass_s(4)
        held = [*self.engine.state.agents["cleo"].conversations]
        if number == 4 and held:
            self.ask(c.SetPresence("cleo", "lunch", "eating", "agent:cleo", after_work=True))
        for id_ in held:
            self.ask(c.NoteActivity(id_, number % 4 == 3, CRM))
        self._work(number)
        if number % 6 == 5:
            self.ask(c.DisconnectAgent("dan", 2_000))
        self.pass_s(5)
        for name in ("cleo", "dan", "eve"):
            self.ask(c.ConnectAgent(name))
            if number % 3 == 2:
                self.ask(c.SetPresence(name, "available", "", f"agent:{name}"))
        self.ask(c.PullConversation("eve", "desk"))

    def _enter(self, name: str, channel: str, number: int) -> None:
        customer = {"name": "Zo\u00eb \u2028", "vip": number % 2 == 0, "age": None}
        wish = "dan" if number % 5 == 1 else None
        skills = {"french": 1} if number % 3 == 1 else {}
        self.ask(
            c.EnterConversation(
                f"{self.mark}-{name}", "desk", channel, CRM, number % 3, skills, wish, customer
            )
        )

    def _answer(self) -> None:
        for id_, offer in list(self.engine.state.offers.items()):
            if offer.ended_at or offer.state != "created":
                continue
            mood = next(self.moods)
            if mood != "ignore":
                self.ask(c.MarkDelivered(id_, offer.agent))
            if mood == "accept":
                self.ask(c.MarkSeen(id_, offer.agent), c.AcceptOffer(id_, offer.agent))
            elif mood in ("busy", "no"):
                self.ask(c.DeclineOffer(id_, offer.agent, mood))

    def _work(self, number: int) -> None:
        for name in ("cleo", "dan", "eve"):
            for place, id_ in enumerate(list(self.engine.state.agents[name].conversations)):
                match (number + place) % 4:
                    case 0:
                        # What is said twice counts once; where the format has no word for it, the
                        # second does.
                        said = "resolved" if number % 3 else None
                        self.ask(c.CompleteConversation(id_, name, said))
                        self.ask(c.CompleteConversation(id_, name))
                    case 1:
                        self.ask(c.TransferConversation(id_, name, "backup", None))
                    case 2:
                        self.ask(c.FinishWrapUp(id_, name), c.ExtendWrapUp(id_, name, 5_000))

    def _evening(self) -> None:
        """People act, the door shuts, and the day stops in the middle of things."""
        first = self.mark + "-"
        self.ask(c.MoveConversation(f"{first}11-0", "backup", True, "asked", ADMIN))
        self.ask(c.PrioritizeConversation(f"{first}11-1", 9, "vip", ADMIN))
        self.ask(c.AssignConversation(f"{first}11-2", "eve", "asked", ADMIN))
        self.ask(c.ReleaseConversation(f"{first}10-1", "stuck", ADMIN))
        self.ask(c.CancelConversation(f"{first}10-2", True, "left", CRM))
        self.ask(c.Traced(c.SetQueueHours("desk", False), ADMIN, "192.0.2.7"))
        self._enter("late", "chat", 0)
        self.pass_s(9)
        self.ask(c.SetQueueHours("desk", True))
        self.ask(c.PutQueue("brief", s.QueueSettings(name="Brief"), ADMIN))
        self.ask(c.PutAgent("guest", s.AgentSettings(name="G", queues={"brief": 1}), ADMIN))
        self.ask(c.SetQueueStatus("brief", QueueStatus.DRAINING, "closing", ADMIN))
        self.ask(c.RemoveQueue("brief", ADMIN), c.RemoveAgent("guest", ADMIN))
        self.ask(c.RevokeKey(f"key-{self.mark}", ADMIN))
        self.ask(c.SetPresence("eve", "mail_only", "", "agent:eve"))
        for name in ("cleo", "dan"):
            self.ask(c.SetPresence(name, "available", "", f"agent:{name}"))
        self._enter("last-0", "mail", 1)
        self._enter("last-1", "chat", 0)
        self._answer()
        self._enter("last-2", "chat", 2)
        self._enter("last-3", "mail", 2)
        self.ask(c.QuarantineConversation(f"{first}last-3", "odd", "names desk twice", "system"))
        self.ask(c.WitnessState(len(self.events), "0123456789abcdef"))
        self._watch()
        self._supervise()
        self.ask(c.SetPresence("cleo", "lunch", "late", "agent:cleo", after_work=True))
        self.ask(c.DisconnectAgent("eve", 9_000), c.SetQueueHours("backup", False))

    def _watch(self) -> None:
        """The watchdog finds something and does something; one finding is over, one is not."""
        cause, evidence = "lost_wake_up", {"waiting": 3, "able": ["dan"]}
        for text, queue in (("Desk: 3 wait.", "desk"), ("Backup: 1 waits.", "backup")):
            since = self.now - 2_000
            self.ask(c.OpenIncident(cause, since, text, queue, "c", "dan", evidence))
        first = next(reversed(self.engine.state.incidents))
        self.ask(c.NoteIncident(first, "acknowledged", "seen", ADMIN, {"n": 1}))
        self.ask(c.NoteIncident(first, "repaired", "looked at anew", "system"))
        self.ask(c.ResolveIncident(first, "offers again", "system", 3, 9_000))
        self.ask(c.SweepQueue("desk", "system"))
        # What a fault would have done: no event says it, the one that puts it right does.
        self.engine.state.agents["dan"].load["chat"] = 7
        self.ask(c.CorrectCapacity("dan", "system"))

    def _supervise(self) -> None:
        """Supervisors act on people and on the watchdog; some of it is in force at the end."""
        soon, later = self.now + 5_000, self.now + 3_600_000
        self.ask(c.EndLogin(f"login-{self.mark}-0", "key-1", soon, "agent:cleo"))
        self.ask(c.EndLogin(f"login-{self.mark}-1", "key-1", later, "agent:cleo"))
        self.ask(c.SignOutAgent("eve", "laptop lost", ADMIN))
        self.ask(c.SetMembership("dan", "backup", 4, ADMIN, None, "sick leave"))
        self.ask(c.FreezeRepairs(60_000, "we look", ADMIN), c.ThawRepairs("found", ADMIN))
        self.ask(c.FreezeRepairs(3_600_000, "we look again", ADMIN))
        for queue, agent in ((None, None), ("desk", None), (None, "dan")):
            self.ask(c.SendBroadcast("Pay is down \u00e6", queue, agent, 3_600_000, ADMIN))
        for id_ in list(self.engine.state.broadcasts)[:1]:
            self.ask(c.WithdrawBroadcast(id_, ADMIN))
        self._limit_keys(f"lead-{self.mark}")

    def _limit_keys(self, lead: str) -> None:
        """A team leader's key, limited and with a secret that is on its way out."""
        sha256, later = f"{len(self.events):064x}", self.now + 3_600_000
        self.ask(c.CreateKey(lead, "Lead", "supervisor", sha256, None, ADMIN, ["desk"]))
        self.ask(c.LimitKey(lead, ["desk", "backup"], later, True, ADMIN))
        self.ask(c.RotateKey(lead, sha256[::-1], 600_000, ADMIN))


def _settings(name: str, level: int) -> s.AgentSettings:
    return s.AgentSettings(
        name=name.title(),
        queues={"desk": level, "backup": 1},
        skills={"french": 1} if name == "dan" else {},
        capacity={"chat": 2, "call": 2, "mail": 3},
        units=5,
        blocks={"call": ["chat"]},
        wrap_up_ms=4_000 if name == "cleo" else None,
        pull=name == "eve",
    )
