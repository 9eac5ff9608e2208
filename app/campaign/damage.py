"""Damage to stored bytes, thousands of times: what becomes of the workspace, and of its neighbour.

Each case damages a lived-in workspace, either while nobody owns it (a node then takes it over and
serves) or under its living owner (who goes on, its follower looks, it dies, a node takes over).
Right is the state that was there, or ownership refused with a typed word; and then service in the
right queues. Anything else is a violation. What is right is known from the history's own making,
never asked of the program. The neighbour on the same store must serve through all of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from app.adapters.memory import MemoryDisk, MemoryStore
from app.campaign.damages import DAMAGES
from app.campaign.history import AGENTS, QUEUES, queue_of
from app.campaign.image import Image, lived_in, read_memory, replace_memory, write_memory
from app.codec.chain import LogReader
from app.codec.state_form import state_hash
from app.domain import commands as c
from app.domain.engine import Engine
from app.domain.events import Event, OfferMade
from app.domain.fold import fold
from app.domain.state import State
from app.ports import Store, StoreGone, StoreUnavailable
from app.shell.follower import Follower, FollowerLimits, MemoryDiffers
from app.shell.limits import RouterLimits
from app.shell.meter import NullMeter
from app.shell.rebuilding import CannotApply, log_key, rebuild
from app.shell.rescue import rescue
from app.shell.router import Router
from app.shell.work import Answer, Trouble

MAIN, OTHER = "main", "other"
SERVED = QUEUES[:3]
CASE_S = 30.0
LIVE_SHARE = 0.25
TWICE_SHARE = 0.15


class Violation(Exception):
    """What must never be."""


class Ground(Protocol):
    """A store to damage. ``other`` stays open on it the whole time."""

    def open(self, workspace: str) -> Store:
        """A node's way in."""
        ...

    def write(self, image: Image) -> None:
        """Make this what is stored, owned by nobody."""
        ...

    def read(self, workspace: str) -> Image:
        """What is stored now."""
        ...

    def replace(self, image: Image) -> None:
        """Make this what is stored, under whoever owns it."""
        ...


class MemoryGround:
    """A disk in this process."""

    def __init__(self) -> None:
        self.disk = MemoryDisk()

    def open(self, workspace: str) -> Store:
        """See ``Ground``."""
        return MemoryStore(self.disk, workspace=workspace)

    def write(self, image: Image) -> None:
        """See ``Ground``."""
        write_memory(self.disk, image)

    def read(self, workspace: str) -> Image:
        """See ``Ground``."""
        return read_memory(self.disk, workspace)

    def replace(self, image: Image) -> None:
        """See ``Ground``."""
        replace_memory(self.disk, image)


@dataclass(slots=True)
class Outcome:
    """``table``: (place, damage, outcome) -> how often; ``violations``: each with its seed."""

    cases: int = 0
    neighbour_served: int = 0
    table: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


class _Clock:
    """Stands where the history stopped, and is moved by hand."""

    def __init__(self, now: int) -> None:
        self.now = now

    def now_ms(self) -> int:
        return self.now


class _Node:
    """A router on a store, and every offer that it told of."""

    def __init__(self, store: Store, workspace: str, now: int) -> None:
        self.store, self.offers = store, list[OfferMade]()
        self.router = Router(
            store,
            _Clock(now),
            workspace,
            "node",
            gen="never",
            limits=RouterLimits(patience_ms=5_000, lease_renew_ms=50, lease_ttl_ms=10_000_000),
            meter=NullMeter(),
            publish=self._publish,
            forget=lambda: None,
        )

    def _publish(self, engine: Engine, events: list[Event], now: int) -> None:
        self.offers += [event for event in events if isinstance(event, OfferMade)]

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[_Node]:
        """Own the workspace and serve until the block ends; it then dies without a word."""
        await self.router.open(force=True)
        task = asyncio.create_task(self.router.run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def serve(self, number: int) -> bool:
        """Let one conversation into each queue, see it offered rightly, and accept it.

        False when the node refuses. Raises Violation.
        """
        for agent in AGENTS:
            if not await self._ask(c.ConnectAgent(agent)):
                return False
        for queue in SERVED:
            name = f"{queue}.new.{number}"
            self.offers.clear()
            if not await self._ask(c.EnterConversation(name, queue, "chat", "campaign")):
                return False
            for made in list(self.offers):
                right_offer(made)
                offered = c.AcceptOffer(made.offer, made.agent)
                if not await self._ask(offered):
                    return False
                await self._ask(c.CompleteConversation(made.conversation, made.agent))
                await self._ask(c.FinishWrapUp(made.conversation, made.agent))
            if self.router.owns and name not in self.router.state.conversations:
                raise Violation(f"{name} was answered and is not there")
        return True

    async def _ask(self, command: c.Command) -> bool:
        try:
            answer: Answer = await self.router.submit(command)
        except Trouble:
            return False
        return answer is not None


def right_offer(made: OfferMade) -> None:
    """What is known from outside about every offer. Raises Violation."""
    if made.queue != queue_of(made.conversation):
        raise Violation(f"{made.conversation} was offered for queue {made.queue}: misrouted")
    if made.queue not in AGENTS.get(made.agent, ()):
        raise Violation(f"{made.conversation} was offered to {made.agent}: not of that queue")


def right_state(state: State) -> None:
    """Every conversation and offer is where its name says. Raises Violation."""
    for id_, conversation in state.conversations.items():
        if conversation.queue != queue_of(id_):
            raise Violation(f"{id_} is in queue {conversation.queue}")
    for offer in state.offers.values():
        if offer.queue != queue_of(offer.conversation):
            raise Violation(f"offer {offer.id} of {offer.conversation} names {offer.queue}")


class _PassedBy(logging.Handler):
    """Whether a snapshot was passed by: the one thing that only the log line tells."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += "passed by" in record.msg


class Campaign:
    """One ground, two histories on it, and case after case."""

    def __init__(self, ground: Ground, seed: int) -> None:
        self._ground, self._seed = ground, seed
        self._images = [lived_in(MAIN), lived_in(MAIN, trimmed=True)]
        self._other, self._now = lived_in(OTHER)
        self._right = _hash_of(self._images[0][0])
        self.outcome = Outcome()
        self._passed = _PassedBy()

    async def run(self, count: int, say: Callable[[Outcome], None]) -> Outcome:
        """Damage ``count`` times. Raises nothing: violations are in the outcome."""
        watched = logging.getLogger("app.shell.rebuilding")
        # Thousands of refusals are the point here; each is counted, none need be read.
        noisy = logging.getLogger("app.shell")
        level, noisy.level = noisy.level, logging.ERROR
        propagate, noisy.propagate = noisy.propagate, False
        watched.addHandler(self._passed)
        self._ground.write(self._other)
        neighbour = _Node(self._ground.open(OTHER), OTHER, self._now)
        try:
            async with neighbour.serving():
                for number in range(count):
                    await self._case(number)
                    await self._neighbour(neighbour, number)
                    if number % 100 == 99:
                        say(self.outcome)
        finally:
            watched.removeHandler(self._passed)
            noisy.level, noisy.propagate = level, propagate
            await neighbour.store.aclose()
        return self.outcome

    async def _neighbour(self, node: _Node, number: int) -> None:
        if await node.serve(number):
            self.outcome.neighbour_served += 1
        else:
            self._violation(number, "the neighbour stopped serving")

    def _violation(self, number: int, text: str) -> None:
        self.outcome.violations.append(f"seed {self._seed}, case {number}: {text}")

    async def _case(self, number: int) -> None:
        chance = Random(f"{self._seed} {number}")
        image, now = chance.choice(self._images)
        live = chance.random() < LIVE_SHARE
        kinds = [chance.choice([*DAMAGES])]
        if chance.random() < TWICE_SHARE:
            kinds.append(chance.choice([*DAMAGES]))
        self._ground.write(image)
        self._passed.count = 0
        try:
            async with asyncio.timeout(CASE_S):
                work = self._live if live else self._cold
                outcome = await work(chance, kinds, image, now, number)
        except Violation as error:
            outcome = "VIOLATION"
            self._violation(number, f"{kinds}: {error}")
        except Exception as error:  # any other end than a typed refusal is what is looked for
            outcome = "VIOLATION"
            self._violation(number, f"{kinds}: {type(error).__name__}: {error}")
        place, kind = kinds[0] if len(kinds) == 1 else ("two at once", "any two of these")
        where = f"{place}, owned" if live else place
        self.outcome.table[where, kind, outcome] += 1
        self.outcome.cases += 1

    def _damage(self, chance: Random, image: Image, kinds: list[tuple[str, str]]) -> None:
        for kind in kinds:
            for _ in range(20):
                if DAMAGES[kind](chance, image, self._other) is not None:
                    break

    async def _cold(
        self, chance: Random, kinds: list[tuple[str, str]], image: Image, now: int, number: int
    ) -> str:
        """Damage what nobody owns; then somebody takes over."""
        damaged = image.copy()
        self._damage(chance, damaged, kinds)
        self._ground.write(damaged)
        return await self._take_over(now, number, self._right)

    async def _take_over(self, now: int, number: int, right: str | None) -> str:
        """Own it and serve, or be refused. ``right``: the state that there must be (None: any)."""
        store = self._ground.open(MAIN)
        try:
            return await _refused_or(self._own(store, now, number, right))
        finally:
            await store.aclose()

    async def _own(self, store: Store, now: int, number: int, right: str | None) -> str:
        node = _Node(store, MAIN, now)
        last = await store.log.last()
        async with node.serving():
            # The new owner's epoch is in the state by now: read up to where it began.
            assert last is not None
            found = await rebuild(store, MAIN, last)
            if right is not None and state_hash(found.state) != right:
                raise Violation(f"owned a wrong state up to {last}")
            right_state(node.router.state)
            passed = self._passed.count > 0
            if not await node.serve(number):
                raise Violation("owned, and does not serve")
            right_state(node.router.state)
        return "right, a snapshot passed by" if passed else "right"

    async def _live(
        self, chance: Random, kinds: list[tuple[str, str]], image: Image, now: int, number: int
    ) -> str:
        """Damage what a living node owns; it goes on, then dies, and another takes over."""
        store = self._ground.open(MAIN)
        try:
            node = _Node(store, MAIN, now)
            async with node.serving():
                follower = await self._follower(store)
                if not await node.serve(number):
                    raise Violation("does not serve before any damage")
                damaged = self._ground.read(MAIN)
                self._damage(chance, damaged, kinds)
                self._ground.replace(damaged)
                if chance.random() < 0.5:
                    await self._look(follower, node)
                served = await node.serve(number + 1_000_000_000)
                follower = await self._look(follower, node)
                if node.router.owns:
                    right_state(node.router.state)
                right = state_hash(node.router.state) if served and node.router.owns else None
            after = await self._take_over(now, number + 2_000_000_000, right)
        finally:
            await store.aclose()
        return f"{'went on' if served else 'stopped'}; then {after}"

    async def _follower(self, store: Store) -> Follower | None:
        limits = FollowerLimits(scrub_records=100_000, scrub_ms=0, keep_ms=1 << 50)
        follower = Follower(store, MAIN, lambda: self._now, limits)
        with contextlib.suppress(CannotApply):
            await follower.begin()
            await follower.catch_up()
            return follower
        return None

    async def _look(self, follower: Follower | None, node: _Node) -> Follower | None:
        """What the follower process and its server do with each other."""
        if follower is not None:
            try:
                await follower.catch_up()
                await follower.look_again()
                if follower.is_due():
                    await follower.take_snapshot()
                return follower
            except CannotApply:
                pass
            except MemoryDiffers as error:
                raise Violation(str(error)) from error
        with contextlib.suppress(Trouble):
            await rescue(node.store, node.router)
        return await self._follower(node.store)


async def _refused_or(work: Awaitable[str]) -> str:
    """The outcome, or the typed word that ownership was refused with."""
    try:
        return await work
    except CannotApply as error:
        return f"refused: {_word(str(error))}"
    except StoreGone as error:
        return f"refused: {'tail lost' if 'tail' in str(error) else 'log vanished'}"
    except StoreUnavailable:
        return "refused: store unfit"


def _word(text: str) -> str:
    for word in ("tail was lost", "is missing", "was trimmed"):
        if word in text:
            return word
    return "record unreadable"


def _hash_of(image: Image) -> str:
    """The state of a whole log, made here from its records one by one."""
    reader, state = LogReader(image.workspace, log_key(image.workspace)), State()
    for _, record in image.entries:
        fold(state, reader.decode(record))
    return state_hash(state)


async def campaign(
    ground: Ground, seed: int, count: int, say: Callable[[Outcome], None] = lambda _: None
) -> Outcome:
    """Damage ``count`` times on one ground."""
    return await Campaign(ground, seed).run(count, say)
