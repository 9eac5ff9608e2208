"""The referee sees what is wrong: an honest log is let pass, and each forged one is a foul."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.domain import events as e
from app.domain.words import Presence
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
    "one forgotten alive": (
        "C",
        lambda x: [*x, e.ConversationsForgotten(x[-1].at, ["c2"])],
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
