"""Bugs put into the product on purpose, to see that the world finds them.

Each is one that somebody could write: a check left out, an order changed, a thing done twice. What
is put in place is taken away again. MUST be found by a promise that breaks, not by a crash of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from app.adapters.memory.disk import MemoryWorkspace
from app.campaign.sim.node import OpenDoor
from app.campaign.sim.runs import Outcome, play
from app.campaign.stalls.plan import Port
from app.domain import commands as c
from app.domain import engine, matching, observe
from app.domain import events as e
from app.domain.fold import offers as fold_offers
from app.domain.fold import steps
from app.domain.search import Search
from app.domain.timers import Due
from app.ports import Position
from app.shell import follower
from app.shell.committer import Committer
from app.shell.cross_check import CrossCheck
from app.shell.hub import Hub
from app.shell.router import Router
from app.shell.session import Session


@dataclass(frozen=True, slots=True)
class Mutant:
    """``breaks``: beginnings of the faults that must be found; ``arm`` puts it in place."""

    name: str
    breaks: tuple[str, ...]
    arm: Callable[[Port], None]


def _publish_before_durable(port: Port) -> None:
    commit = Router._commit

    async def early(self: Router, opened: Any, batch: Any) -> None:
        self._publish(opened.engine, batch.events, self.now_ms())
        await commit(self, opened, batch)

    port.replace(Router, "_commit", early)


def _answer_before_durable(port: Port) -> None:
    commit = Router._commit

    async def early(self: Router, opened: Any, batch: Any) -> None:
        last = opened.last
        first = last.n + 1 if last.epoch == opened.owner.epoch else 0
        batch.release(Position(opened.owner.epoch, first + len(batch.events) - 1))
        batch.answers.clear()
        await commit(self, opened, batch)

    port.replace(Router, "_commit", early)


def _no_fence(port: Port) -> None:
    append = MemoryWorkspace.append

    def unfenced(self: MemoryWorkspace, owner: Any, expected: Position, records: Any) -> Position:
        self.epoch, self.nonce = owner.epoch, owner.nonce
        return append(self, owner, self.last or expected, records)

    port.replace(MemoryWorkspace, "append", unfenced)


def _believe_unanswered(port: Port) -> None:
    async def arrived(self: Committer, *given: Any) -> bool:
        return True

    port.replace(Committer, "_arrived", arrived)


def _forget_lost_tail(port: Port) -> None:
    async def nothing(self: Committer, owner: Any, expected: Position, found: Position) -> None:
        kept: Any = self._store.log
        kept._kept.last = kept._kept.end = expected

    port.replace(Committer, "_write_again", nothing)


def _release_twice(port: Port) -> None:
    def twice(agent: Any, channel: str, units: int) -> None:
        for _ in range(2):
            left = agent.load.get(channel, 0) - units
            agent.load_units -= units
            if left > 0:
                agent.load[channel] = left
            else:
                agent.load.pop(channel, None)

    port.replace(fold_offers, "free", twice)
    port.replace(steps, "free", twice)


def _never_expire(port: Any) -> None:
    dues: Any = engine._DUES
    port.replace(dues, Due.OFFER, lambda engine, id_, now: None)


def _accept_too_late(port: Any) -> None:
    dues: Any = engine._DUES
    decisions: Any = engine._DECISIONS
    accept = decisions[c.AcceptOffer]

    def late(of: Any, command: Any, now: int) -> Any:
        offer = of.state.offers.get(command.offer)
        if offer is not None and offer.expires_at <= now:
            # The deadline is looked at as if it were still to come.
            offer.expires_at = now + 1
        return accept(of, command, now)

    port.replace(decisions, c.AcceptOffer, late)
    port.replace(dues, Due.OFFER, lambda engine, id_, now: None)


def _skip_a_missed_push(port: Port) -> None:
    missed = Session.missed

    def short(self: Session, seq: int) -> Any:
        found = missed(self, seq)
        return found[1:] if found else found

    port.replace(Session, "missed", short)


def _number_anew(port: Port) -> None:
    attach = Session.attach

    def again(self: Session, transport: Any, now: int) -> None:
        attach(self, transport, now)
        self.seq = max(self.seq - 1, 0)

    port.replace(Session, "attach", again)


def _newest_first(port: Port) -> None:
    domain: Any = matching
    rank_of = domain.rank_of

    def backwards(conversation: Any, settings: Any) -> Any:
        first, enqueued_at, id_ = rank_of(conversation, settings)
        return (first, -enqueued_at, id_)

    port.replace(matching, "rank_of", backwards)


def _pass_everybody(port: Port) -> None:
    """Whoever declined is asked again at once."""
    port.replace(Search, "passes", lambda self, conversation, agent, now: True)


def _no_wake_up(port: Any) -> None:
    watches: Any = observe._WATCHES
    port.replace(watches, e.OfferEnded, lambda engine, event: None)


def _wrong_screen(port: Port) -> None:
    """Each offer is pushed to one more agent."""
    tell = Hub._tell_agent

    def both(self: Hub, agent: str, push: Any) -> None:
        tell(self, agent, push)
        other = next((id_ for id_ in self._by_agent if id_ != agent), None)
        if push.kind == "offer" and other is not None:
            tell(self, other, push)

    port.replace(Hub, "_tell_agent", both)


def _snapshot_of_another_place(port: Port) -> None:
    shell: Any = follower
    sound = shell.Snapshot

    def off(workspace: str, at: str, prev: bytes, count: int, state: Any, places: Any) -> Any:
        state.totals.entered += 1
        return sound(workspace, at, prev, count, state, places)

    port.replace(shell, "Snapshot", off)


def _misroute(port: Port) -> None:
    """The check before an offer leaves is left out, and offers name another queue to the page."""
    port.replace(CrossCheck, "admit", lambda self, state, events: events)
    tell = Hub._tell_agent

    def elsewhere(self: Hub, agent: str, push: Any) -> None:
        if push.kind == "offer":
            push._tail = push._tail.replace('"queue":"q', '"queue":"x')
        tell(self, agent, push)

    port.replace(Hub, "_tell_agent", elsewhere)


MUTANTS: tuple[Mutant, ...] = (
    Mutant("publish before durable", ("S6",), _publish_before_durable),
    Mutant("answer before durable", ("S6",), _answer_before_durable),
    Mutant("no fence", ("S8", "S9"), _no_fence),
    Mutant("believe what was not answered", ("S6", "S2", "S8", "S9"), _believe_unanswered),
    Mutant("forget a lost tail", ("S2", "S8", "S9"), _forget_lost_tail),
    Mutant("release capacity twice", ("S3",), _release_twice),
    Mutant("forget an expiry", ("L3", "orphan_reservation"), _never_expire),
    Mutant("accept too late", ("S10",), _accept_too_late),
    Mutant("skip a missed push", ("S7",), _skip_a_missed_push),
    Mutant("number pushes anew", ("S7",), _number_anew),
    Mutant("newest first", ("S5",), _newest_first),
    Mutant("pass nobody over", ("S4",), _pass_everybody),
    Mutant("no wake-up", ("L1", "lost_wake_up"), _no_wake_up),
    Mutant("an offer on another's screen", ("S4",), _wrong_screen),
    Mutant("a snapshot that is not of its place", ("S9", "S8", "L2"), _snapshot_of_another_place),
    Mutant("an offer that names another queue", ("S4",), _misroute),
)


@contextmanager
def armed(mutant: Mutant) -> Iterator[None]:
    """With the bug in place."""
    port = Port()
    mutant.arm(port)
    try:
        yield
    finally:
        port.close()


def hunt(
    mutant: Mutant, seeds: range, hours: float, open_door: OpenDoor
) -> tuple[Outcome, str] | None:
    """The first seed that finds it, and by which fault; None: it lives."""
    with armed(mutant):
        for seed in seeds:
            outcome = play(seed, hours, open_door)
            for fault in outcome.faults:
                if fault.startswith(mutant.breaks):
                    return outcome, fault
    return None
