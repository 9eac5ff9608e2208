"""Agents and supervisors with human habits, each on a page of their own.

They accept late, twice, or not at all; decline; hand on; take a nap; forget to finish. At the end
of a world they are ``sound``: they take and finish all there is. MUST act on what the page shows
and on nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from app.campaign.sim.link import Link, Place
from app.campaign.sim.processes import later
from app.campaign.sim.setting import SOLID
from app.campaign.sim.witness import Frame

TICK_S = 3.0


@dataclass(slots=True)
class Habits:
    """Chances for each offer or conversation."""

    accepts: float = 0.75
    declines: float = 0.1
    late: float = 0.05
    twice: float = 0.1
    hands_on: float = 0.08
    extends: float = 0.1
    idles: float = 0.08
    forgets: float = 0.03
    slow_s: float = 4.0
    works_s: float = 15.0

    @classmethod
    def of(cls, chance: Random) -> Habits:
        """Somebody's."""
        return cls(
            accepts=chance.choice((0.4, 0.75, 0.95)),
            declines=chance.choice((0.0, 0.1, 0.5)),
            late=chance.choice((0.02, 0.3)),
            twice=chance.choice((0.02, 0.4)),
            hands_on=chance.choice((0.0, 0.1, 0.3)),
            slow_s=chance.choice((1.0, 4.0, 15.0)),
            works_s=chance.choice((4.0, 15.0, 60.0)),
        )


class AgentPage(Link):
    """One tab of an agent. ``mute``: the page shows, nobody is there to act."""

    def __init__(self, place: Place, agent: str, tab: int, seed: int, queues: list[str]) -> None:
        super().__init__(place, f"{agent}/{tab}", agent, seed)
        self.habits = Habits.of(self.chance)
        self.queues, self.mute, self.sound = queues, False, False
        self.pulls, self.hung = False, False
        self.offers: dict[str, Frame] = {}
        self.held: dict[str, Frame] = {}
        self.presence = ""
        self._last: Frame | None = None

    def _forget(self) -> None:
        self.offers, self.held = {}, {}

    def _take(self, frame: Frame) -> None:
        handler = getattr(self, f"_{frame['type']}", None)
        if handler is not None:
            handler(frame)

    def _ping(self, frame: Frame) -> None:
        if not self.hung:
            self.pong(frame)

    def _snapshot(self, frame: Frame) -> None:
        self.offers, self.held = {}, {}
        self.presence = frame["agent"]["presence"]
        for offer in frame["offers"]:
            self._offer({"offer": offer})
        for one in frame["conversations"]:
            self._assigned({"conversation": one})
        if self.presence != "available" and (self.sound or self.chance.random() < 0.8):
            self.say("set_presence", presence="available")

    def _presence(self, frame: Frame) -> None:
        self.presence = frame["presence"]
        if self.presence != "available":
            back_s = 0.5 if self.sound else self.chance.uniform(2.0, 40.0)
            later(back_s, self._back)

    def _back(self) -> None:
        if self.presence != "available":
            self.say("set_presence", presence="available")

    def _offer(self, frame: Frame) -> None:
        offer = frame["offer"]
        self.offers[offer["id"]] = offer
        if self.hung:
            return
        self.say("received", offer=offer["id"])
        if self.mute and not self.sound:
            return
        habits, chance, id_ = self.habits, self.chance, offer["id"]
        if chance.random() < 0.6:
            later(chance.uniform(0.1, 1.0), partial(self.say, "seen", offer=id_))
        lot = 0.0 if self.sound else chance.random()
        if lot < habits.accepts:
            after_s = chance.uniform(0.2, 0.8 if self.sound else habits.slow_s)
            later(after_s, self._accept, id_)
        elif lot < habits.accepts + habits.declines:
            later(chance.uniform(0.3, habits.slow_s), self._decline, id_)
        if chance.random() < habits.late and not self.sound:
            later(offer["expires_in_ms"] / 1000 + chance.uniform(-0.1, 2.0), self._accept, id_)

    def _accept(self, offer: str) -> None:
        ref = self.say("accept", offer=offer)
        if self.chance.random() < self.habits.twice and not self.sound:
            frame = {"type": "accept", "ref": ref, "offer": offer}
            if self.chance.random() < 0.7:
                frame["ref"] = f"{ref}.again"
            later(self.chance.uniform(0.01, 0.4), self.send, frame)

    def _decline(self, offer: str) -> None:
        # Who can do everything must not refuse anything for ever: nobody else may be able.
        again = self.agent == SOLID
        reason = self.chance.choice(("", "busy", "" if again else "never"))
        self.say("decline", offer=offer, reason=reason)

    def _offer_ended(self, frame: Frame) -> None:
        self.offers.pop(frame["offer"], None)

    def _assigned(self, frame: Frame) -> None:
        one = frame["conversation"]
        self.held[one["id"]] = one
        chance, habits, id_ = self.chance, self.habits, one["id"]
        if self.mute and not self.sound:
            return
        if self.sound:
            later(chance.uniform(0.3, 1.0), self._finish, id_)
            return
        if one["state"] == "wrapping":
            self._wraps(id_)
        elif chance.random() > habits.forgets:
            later(chance.uniform(0.5, habits.works_s), self._work, id_)
        if chance.random() < habits.idles:
            later(chance.uniform(0.5, 6.0), partial(self._activity, id_, True))
            later(chance.uniform(6.0, 12.0), partial(self._activity, id_, False))

    _conversation_changed = _assigned

    def _activity(self, id_: str, idle: bool) -> None:
        if id_ in self.held:
            self.say("activity", conversation=id_, idle=idle)

    def _wraps(self, id_: str) -> None:
        chance = self.chance
        if chance.random() < self.habits.extends:
            later(chance.uniform(0.1, 2.0), self._extend, id_)
        if chance.random() < 0.5:
            later(chance.uniform(0.2, 4.0), partial(self.say, "finish_wrap_up", conversation=id_))

    def _extend(self, id_: str) -> None:
        ref = self.say("extend_wrap_up", conversation=id_, by_ms=self.chance.choice((500, 5_000)))
        if self.chance.random() < 0.3 and self._last is not None and self._last["ref"] == ref:
            self.send(self._last)

    def send(self, frame: Frame) -> None:
        """As every page; remembers the last, to say it again."""
        self._last = frame
        super().send(frame)

    def _work(self, id_: str) -> None:
        """Done with it, one way or the other."""
        if id_ not in self.held:
            if self.chance.random() < 0.2:
                self.say("complete", conversation=id_)
            return
        chance = self.chance
        if chance.random() < self.habits.hands_on:
            to: dict[str, Any] = {"queue": chance.choice(self.queues)}
            if chance.random() < 0.4:
                to = {"agent": f"a{chance.randrange(6)}"}
            self.say("transfer", conversation=id_, **to)
            return
        more = {"disposition": "resolved"} if chance.random() < 0.3 else {}
        self.say("complete", conversation=id_, **more)
        if chance.random() < self.habits.twice:
            later(chance.uniform(0.0, 0.3), partial(self.say, "complete", conversation=id_))

    def _finish(self, id_: str) -> None:
        one = self.held.get(id_)
        if one is not None:
            wrapping = one["state"] == "wrapping"
            self.say("finish_wrap_up" if wrapping else "complete", conversation=id_)

    def _conversation_ended(self, frame: Frame) -> None:
        self.held.pop(frame["conversation"], None)

    def pull(self, conversation: str | None) -> None:
        """Pick something."""
        named = {} if conversation is None else {"conversation": conversation}
        ref = self.say("pull", queue=self.chance.choice(self.queues), **named)
        if self.chance.random() < 0.3 and self._last is not None and self._last["ref"] == ref:
            self.send(self._last)

    def go(self, presence: str, *, after_work: bool) -> None:
        """Another presence."""
        self.say("set_presence", presence=presence, reason="", after_work=after_work)

    def be_sound(self) -> None:
        """From now on: there, awake, and at work."""
        self.sound, self.mute, self.hung, self.home = True, False, False, False
        self.key = None
        if self.line is not None and self.line.frozen:
            self.line.thaw()
        self._tick()

    def _tick(self) -> None:
        """Whatever was left undone."""
        if self.home:
            return
        self.come()
        self._back()
        for offer in list(self.offers):
            self.say("accept", offer=offer)
        for id_ in list(self.held):
            self._finish(id_)
        later(TICK_S, self._tick)


class BoardPage(Link):
    """A supervisor's board. What is seen there is kept by the witness."""

    def __init__(self, place: Place, name: str, seed: int) -> None:
        super().__init__(place, name, None, seed)
        self.incidents: dict[str, Frame] = {}

    def _take(self, frame: Frame) -> None:
        if frame["type"] == "ping":
            self.pong(frame)
        elif frame["type"] == "incident":
            self.incidents[frame["incident"]["id"]] = frame["incident"]

    def act(self, talk: str, queue: str, agent: str) -> None:
        """Whatever a supervisor does."""
        chance, why = self.chance, "because"
        incident = chance.choice([*self.incidents, "i-none"])
        kind, fields = chance.choice(
            (
                ("move", {"conversation": talk, "queue": queue, "reason": why}),
                ("assign", {"conversation": talk, "agent": agent, "reason": why}),
                ("requeue", {"conversation": talk, "reason": why}),
                ("release", {"conversation": talk, "reason": why}),
                ("cancel", {"conversation": talk, "reason": why}),
                ("priority", {"conversation": talk, "priority": 7, "reason": why}),
                ("close", {"conversation": talk, "reason": why}),
                ("set_agent_presence", {"agent": agent, "presence": "away", "reason": why}),
                ("pause_queue", {"queue": queue, "reason": why}),
                ("resume_queue", {"queue": queue, "reason": why}),
                ("drain_queue", {"queue": queue, "reason": why}),
                ("acknowledge_incident", {"incident": incident}),
            )
        )
        self.say(kind, **fields)

    def be_sound(self) -> None:
        """From now on: there."""
        self.home = False
        if self.line is not None and self.line.frozen:
            self.line.thaw()
        self.come()

    @property
    def session(self) -> str:
        """Its present one."""
        return self.line.session if self.line is not None and self._welcomed else ""
