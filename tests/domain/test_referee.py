"""The referee sees what is wrong: an honest log is let pass, and each forged one is a foul."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.domain import events as e
from app.domain.words import Presence, QueueStatus
from tests.domain.referee import Foul, Referee
from tests.domain.workbench import Workbench

Log = list[e.Event]
LATE = 1 << 60


@pytest.fixture
def log(bench: Workbench) -> Log:
    """Two agents, three conversations: one accepted and closed, one declined, one missed."""
    bench.queue(no_answer={"streak": 1}, wrap_up={"ms": 5_000})
    bench.staff("anna", skills={"en": 1})
    bench.staff("ben")
    bench.enter("c1", skills={"en": 1})
    bench.enter("c2")
    bench.pass_s(0.001)
    bench.enter("c3")
    bench.accept("anna", "c1")
    bench.pass_s(1)
    bench.complete("c1")
    bench.decline("ben", "c2")
    bench.miss("ben", "c3")
    return bench.log


def judge(log: Log) -> None:
    """Show a log to a fresh referee, and the state it leaves."""
    referee = Referee()
    for event in log:
        if event.at > referee.at:
            referee.begin()
        referee.see(event)
    referee.settled(log[-1].at)


def forge(log: Log, kind: type[Any], nth: int = 0, **changes: Any) -> Log:
    """Change the nth event of a kind."""
    place = [at for at, event in enumerate(log) if isinstance(event, kind)][nth]
    return [*log[:place], replace(log[place], **changes), *log[place + 1 :]]


def drop(log: Log, kind: type[Any], nth: int = 0) -> Log:
    """Leave out the nth event of a kind."""
    place = [at for at, event in enumerate(log) if isinstance(event, kind)][nth]
    return log[:place] + log[place + 1 :]


def cut(log: Log, kind: type[Any], nth: int = 0) -> Log:
    """End before the nth event of a kind."""
    place = [at for at, event in enumerate(log) if isinstance(event, kind)][nth]
    return log[:place]


def ended(log: Log, agent: str) -> e.OfferEnded:
    """Find how the first offer to an agent ended."""
    return next(x for x in log if isinstance(x, e.OfferEnded) and x.agent == agent)


def test_an_honest_log_is_let_pass(log: Log) -> None:
    judge(log)


FORGERIES: dict[str, tuple[str, Callable[[Log], Log]]] = {
    "an offer to one who lacks the skill": ("S4", lambda x: forge(x, e.OfferMade, agent="ben")),
    "an offer from another queue": ("S4", lambda x: forge(x, e.OfferMade, version=1)),
    "an offer with the wrong units": ("S4", lambda x: forge(x, e.OfferMade, units=2)),
    "an offer to one who is away": (
        "S4",
        lambda x: forge(x, e.PresenceChanged, presence=Presence.AWAY),
    ),
    "an offer to one who is not connected": (
        "S4",
        lambda x: forge(x, e.ConnectionChanged, connection="lost"),
    ),
    "an offer to one without room": (
        "S4",
        lambda x: [*x[: x.index(made(x, 1))], replace(made(x, 1), agent="anna")],
    ),
    "a second offer of one conversation": (
        "S1",
        lambda x: [*x[: x.index(made(x, 1))], replace(made(x, 0), offer="o9", agent="ben")],
    ),
    "a deadline of its own making": ("L3", lambda x: forge(x, e.OfferMade, expires_at=1)),
    "one overtaken": (
        "S5",
        lambda x: [*x[: x.index(made(x, 1))], youngest(x), offered(x, youngest(x))],
    ),
    "an acceptance nobody was asked for": (
        "S10",
        lambda x: [*x[: x.index(made(x, 0))], ended(x, "anna")],
    ),
    "an acceptance by another": ("S10", lambda x: forge(x, e.OfferEnded, agent="ben")),
    "an acceptance after the deadline": (
        "S10",
        lambda x: [*x[: x.index(ended(x, "anna"))], replace(ended(x, "anna"), at=x[-1].at)],
    ),
    "a time-out before the deadline": (
        "L3",
        lambda x: forge(x, e.OfferEnded, outcome="timed_out"),
    ),
    "a time-out of what was never delivered": ("S10", lambda x: drop(x, e.OfferDelivered)),
    "an offer that never ends": (
        "L3",
        lambda x: [*cut(x, e.OfferEnded, 2), e.KeyRevoked(x[-1].at, "k1", "admin")],
    ),
    "a match left waiting": ("L1", lambda x: cut(x, e.OfferMade, 1)),
    "a conversation that entered twice": (
        "C",
        lambda x: [*x[: x.index(made(x, 1))], x[x.index(made(x, 0)) - 1]],
    ),
    "a conversation held by two": (
        "S1",
        lambda x: [*cut(x, e.ConversationWrapping), given("c1", "ben")],
    ),
    "a conversation given to one without room": (
        "S3",
        lambda x: [*x[: x.index(made(x, 1))], given("c2", "anna")],
    ),
    "time that goes back": ("order", lambda x: forge(x, e.ConversationWrapping, at=1)),
    "a version left out": ("config", lambda x: forge(x, e.AgentConfigured, version=7)),
    "an offer that outlives its agent's presence": (
        "S4",
        lambda x: [*cut(x, e.OfferEnded), gone(x, "ben")],
    ),
    "an agent sent away who missed nothing": (
        "no_answer",
        lambda x: [*cut(x, e.OfferEnded), replace(gone(x, "ben"), by="system")],
    ),
    "one sent away elsewhere than the queue says": (
        "no_answer",
        lambda x: forge(x, e.PresenceChanged, 2, presence=Presence.OFFLINE),
    ),
    "a rest that nobody asked for": ("rest", lambda x: forge(x, e.OfferEnded, 1, back_off_until=9)),
    "a cool-down of its own making": ("passed", lambda x: forge(x, e.OfferEnded, 1, pass_until=9)),
    "one forgotten alive": (
        "C",
        lambda x: [*x, e.ConversationsForgotten(x[-1].at, ["c2"])],
    ),
    "a load that had to be corrected": (
        "C",
        lambda x: [*x, e.CapacityCorrected(x[-1].at, "ben", {}, {"chat": 1}, "watchdog")],
    ),
}


def made(log: Log, nth: int) -> e.OfferMade:
    """Find the nth offer."""
    return [event for event in log if isinstance(event, e.OfferMade)][nth]


def youngest(log: Log) -> e.ConversationEntered:
    """Find who came last."""
    return [event for event in log if isinstance(event, e.ConversationEntered)][-1]


def offered(log: Log, one: e.ConversationEntered) -> e.OfferMade:
    """Forge the second offer to be one of this conversation."""
    return replace(made(log, 1), conversation=one.conversation, at=one.at)


def given(conversation: str, agent: str) -> e.ConversationAssigned:
    """Forge a gift without asking."""
    return e.ConversationAssigned(LATE, conversation, "q", agent, "", "supervisor:s")


def gone(log: Log, agent: str) -> e.PresenceChanged:
    """Forge a departure that takes no offer back."""
    change = next(x for x in log if isinstance(x, e.PresenceChanged) and x.agent == agent)
    return replace(change, presence=Presence.AWAY, at=ended(log, "anna").at)


@pytest.mark.parametrize(("name", "forgery"), FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_log_is_a_foul(log: Log, name: str, forgery: Callable[[Log], Log]) -> None:
    with pytest.raises(Foul, match=f"^{name}:"):
        judge(forgery(log))


@pytest.fixture
def evening(bench: Workbench) -> Log:
    """Anna finishes her work and goes; c3 waits, is told so, moves to ben, who declines it."""
    bench.presence("desk", "available", ["chat"])
    bench.queue("r", back_off={"declined_ms": 5_000})
    bench.queue("q", overflow=DETOURS, idle={"after_ms": 10_000})
    bench.staff("anna", pull=True, capacity={"chat": 2, "call": 1}, blocks={"call": ["chat"]})
    bench.be("anna", "desk")
    bench.serve("c1")
    bench.pass_s(10)
    bench.said("c1")
    bench.be("anna", "away", "tired", then=True)
    bench.enter("c2")
    bench.pull("anna", "c2")
    bench.complete("c2")
    bench.complete("c1")
    bench.enter("c3")
    bench.pass_s(30)
    bench.staff("ben", "r", capacity={"chat": 2})
    bench.pass_s(30)
    bench.shut("r")
    bench.pass_s(1)
    bench.enter("c4", "r")
    bench.decline("ben", "c3", "lunch")
    return bench.log


DETOURS = [
    {"when": "after_ms", "value": 30_000, "to": "message", "message": "soon"},
    {"when": "after_ms", "value": 60_000, "queue": "r"},
]


def first(log: Log, kind: type[Any], **wanted: Any) -> Any:
    """Find the first event of a kind with these values."""
    kinds = (event for event in log if isinstance(event, kind))
    return next(x for x in kinds if all(getattr(x, k) == wanted[k] for k in wanted))


def instead(log: Log, event: e.Event, *others: e.Event) -> Log:
    """End with other events in the place of this one."""
    return [*log[: log.index(event)], *others]


def quiet(log: Log) -> e.ConversationIdled:
    """Find the silence."""
    found: e.ConversationIdled = first(log, e.ConversationIdled)
    return found


def told(log: Log) -> e.ConversationNotified:
    """Find the message."""
    found: e.ConversationNotified = first(log, e.ConversationNotified)
    return found


def moved(log: Log) -> e.ConversationMoved:
    """Find the detour."""
    found: e.ConversationMoved = first(log, e.ConversationMoved)
    return found


def to_anna(log: Log, conversation: str, at: int) -> e.OfferMade:
    """Forge an offer to anna."""
    return replace(made(log, 0), offer="o9", conversation=conversation, at=at)


def paused(at: int) -> e.QueueStatusChanged:
    """Forge a pause."""
    return e.QueueStatusChanged(at, "q", QueueStatus.PAUSED, "", "supervisor:s")


def back(log: Log, at: int) -> e.PresenceChanged:
    """Forge that anna is available again."""
    return replace(went(log), presence=Presence.AVAILABLE, at=at)


def went(log: Log) -> e.PresenceChanged:
    """Find that anna went away."""
    found: e.PresenceChanged = first(log, e.PresenceChanged, reason="tired")
    return found


EVENING: dict[str, tuple[str, Callable[[Log], Log]]] = {
    "a message before its time": (
        "overflow",
        lambda x: instead(x, told(x), replace(told(x), at=told(x).at - 1)),
    ),
    "a message told twice": ("overflow", lambda x: instead(x, told(x), told(x), told(x))),
    "a message of other words": ("overflow", lambda x: forge(x, type(told(x)), message="never")),
    "a message never told": ("overflow", lambda x: drop(x, type(told(x)))),
    "a detour before its time": (
        "overflow",
        lambda x: instead(x, moved(x), replace(moved(x), at=moved(x).at - 1)),
    ),
    "a detour for another reason": (
        "overflow",
        lambda x: forge(x, type(moved(x)), overflow="no_agents"),
    ),
    "a detour that costs the place": (
        "overflow",
        lambda x: forge(x, type(moved(x)), enqueued_at=moved(x).at),
    ),
    "a detour never made": (
        "overflow",
        lambda x: instead(x, moved(x), e.KeyRevoked(moved(x).at + 5_000, "k", "admin")),
    ),
    "a detour of one who could be served": (
        "overflow",
        lambda x: instead(x, moved(x), back(x, moved(x).at), moved(x)),
    ),
    "a detour into a closed queue": (
        "overflow",
        lambda x: instead(
            x, moved(x), e.QueueHoursChanged(moved(x).at, "r", False, "system"), moved(x)
        ),
    ),
    "a detour of one in quarantine": (
        "overflow",
        lambda x: instead(
            x,
            moved(x),
            e.ConversationQuarantined(moved(x).at, "c3", "q", None, "", "", "admin"),
            moved(x),
        ),
    ),
    "silence before its time": (
        "idle",
        lambda x: instead(x, quiet(x), replace(quiet(x), at=quiet(x).at - 1)),
    ),
    "silence that nobody noted": (
        "idle",
        lambda x: instead(x, quiet(x), e.KeyRevoked(quiet(x).at, "k", "admin")),
    ),
    "one woken who was awake": ("idle", lambda x: drop(x, e.ConversationIdled)),
    "an offer to one who finishes": (
        "S4",
        lambda x: instead(
            x,
            first(x, e.ConversationAssigned),
            to_anna(x, "c2", first(x, e.ConversationAssigned).at),
        ),
    ),
    "a plan forgotten": (
        "plan",
        lambda x: instead(x, went(x), e.KeyRevoked(went(x).at, "k", "admin")),
    ),
    "a plan carried out otherwise": (
        "plan",
        lambda x: forge(x, e.PresenceChanged, 2, presence=Presence.OFFLINE),
    ),
    "a plan of one without work": (
        "plan",
        lambda x: [*x, replace(first(x, e.PresencePlanned), at=x[-1].at)],
    ),
    "a presence that its name does not stand for": (
        "presence",
        lambda x: forge(x, e.PresenceChanged, 1, presence=Presence.AWAY),
    ),
    "a presence that nobody defined": (
        "presence",
        lambda x: forge(x, e.PresenceConfigured, presence="x"),
    ),
    "an offer on a channel that is shut": (
        "S4",
        lambda x: forge(
            x,
            e.PresenceConfigured,
            settings=replace(first(x, e.PresenceConfigured).settings, channels=["call"]),
        ),
    ),
    "a pick without permission": (
        "pull",
        lambda x: forge(
            x, e.AgentConfigured, settings=replace(first(x, e.AgentConfigured).settings, pull=False)
        ),
    ),
    "a pick from a paused queue": (
        "pull",
        lambda x: instead(
            x,
            first(x, e.ConversationAssigned),
            paused(first(x, e.ConversationAssigned).at),
            first(x, e.ConversationAssigned),
        ),
    ),
    "an offer through a closed door": (
        "S4",
        lambda x: [*x, replace(made(x, 1), offer="o9", conversation="c4", at=x[-1].at + 5_000)],
    ),
    "a door that shuts twice": ("hours", lambda x: [*x, replace(shut(x), at=x[-1].at)]),
    "an offer during the rest": (
        "S4",
        lambda x: [
            *(event for event in x if event is not shut(x)),
            replace(made(x, 1), offer="o9", conversation="c4", at=x[-1].at),
        ],
    ),
    "a rest that was shortened": (
        "rest",
        lambda x: forge(x, e.OfferEnded, 1, back_off_until=x[-1].at + 1),
    ),
}


def shut(log: Log) -> e.QueueHoursChanged:
    """Find the end of the day."""
    found: e.QueueHoursChanged = first(log, e.QueueHoursChanged)
    return found


def test_an_honest_evening_is_let_pass(evening: Log) -> None:
    judge(evening)


@pytest.mark.parametrize(("name", "forgery"), EVENING.values(), ids=EVENING.keys())
def test_a_forged_evening_is_a_foul(evening: Log, name: str, forgery: Callable[[Log], Log]) -> None:
    with pytest.raises(Foul, match=f"^{name}:"):
        judge(forgery(evening))
