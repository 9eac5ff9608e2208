"""A long day at a desk, drawn from a seed: customers come, agents mostly do their work.

Where the machine tries what nobody would do, this tries what happens every day for hours, so that
lines grow, rings open, wrap-ups pile up and people get tired. Every step is judged by the desk.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.domain.workbench import RefusedCommand, Workbench

QUEUES = ["sales", "service", "mail"]
SKILLS = ["en", "fr"]


class History:
    """One day; ``bench`` holds what became of it."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.bench = Workbench(retention_ms=120_000)
        self.refused = 0
        self._hire()
        self._steps: list[tuple[int, Callable[[], object]]] = [
            (40, self._customer_comes),
            (40, self._answers),
            (25, self._completes),
            (8, self._somebody_speaks),
            (10, self._comes_or_goes),
            (6, self._picks),
            (3, self._doors),
            (5, self._customer_leaves),
            (5, self._supervisor_acts),
            (2, self._hands_on),
            (1, self._rules_change),
            (1, self._owner_changes),
        ]

    def _hire(self) -> None:
        chance, bench = self.chance, self.bench
        strategies = ["longest_idle", "least_loaded", "round_robin", "random", "all_at_once"]
        for queue in QUEUES:
            bench.queue(queue, **self._settings(chance.choice(strategies)))
        bench.presence("lunch")
        bench.presence("mail_only", "available", ["mail"])
        for number in range(8):
            bench.staff(f"agent{number}", **self._contract())

    def _contract(self) -> dict[str, Any]:
        chance = self.chance
        queues = {queue: chance.randint(1, 3) for queue in QUEUES if chance.random() < 0.7}
        return {
            "queues": queues or {"sales": 1},
            "skills": {skill: chance.randint(0, 3) for skill in SKILLS},
            "capacity": {"chat": chance.randint(1, 3), "call": 1, "mail": 4},
            "units": chance.choice([None, 4]),
            "blocks": chance.choice([{}, {"call": ["chat", "mail"]}]),
            "wrap_up_ms": chance.choice([None, None, 0, 5_000]),
            "pull": chance.random() < 0.5,
        }

    def _settings(self, strategy: str) -> dict[str, Any]:
        chance = self.chance
        return {
            "priority": chance.choice([0, 0, 5]),
            "offer": {"strategy": strategy, "timeout_ms": 15_000, "fan_out": 3},
            "rings": [{"max_level": 2}, {"after_ms": 30_000, "relax_skills": ["fr"]}],
            "wrap_up": {"ms": chance.choice([0, 20_000])},
            "ageing": {"priority_per_min": chance.choice([0.0, 0.5])},
            "weight_by_channel": {"call": 2} if chance.random() < 0.3 else {},
            "max_waiting": 40,
            "service_level": {"target_ms": chance.choice([10_000, 20_000])},
            "preferred": {"online_ms": 20_000},
            "decline": {"reasons": [{"code": "conflict", "again": False}]},
            "back_off": {"missed_ms": chance.choice([0, 8_000]), "busy_ms": 4_000},
            "no_answer": {"presence": chance.choice(["away", "lunch"])},
            "idle": {"after_ms": chance.choice([0, 20_000])},
            "overflow": self._detours(),
        }

    def _detours(self) -> list[dict[str, Any]]:
        chance = self.chance
        detours = [
            {"when": "after_ms", "value": 20_000, "to": "message", "message": "soon"},
            {"when": "closed", "value": 10_000, "queue": chance.choice(QUEUES)},
            {"when": "no_agents", "value": 5_000, "queue": chance.choice(QUEUES)},
            {"when": "depth", "value": 3, "queue": chance.choice(QUEUES)},
            {"when": "after_ms", "value": 45_000, "queue": chance.choice(QUEUES)},
            {"when": "after_ms", "value": 180_000, "to": "close"},
        ]
        return [detour for detour in detours if chance.random() < 0.4]

    def live(self, steps: int) -> None:
        """Let so many things happen, and time pass between them."""
        weights = [weight for weight, _ in self._steps]
        for _ in range(steps):
            (_, step), *_ = self.chance.choices(self._steps, weights)
            try:
                step()
            except RefusedCommand:
                self.refused += 1
            self.bench.pass_s(self.chance.expovariate(1 / 2))

    def _customer_comes(self) -> None:
        chance = self.chance
        self.bench.enter(
            f"c{self.bench.state.totals.entered}",
            chance.choice(QUEUES),
            chance.choice(["chat", "chat", "call", "mail"]),
            priority=chance.choice([0, 0, 0, 2]),
            skills={chance.choice(SKILLS): chance.randint(1, 2)} if chance.random() < 0.3 else {},
            preferred_agent=f"agent{chance.randrange(9)}" if chance.random() < 0.2 else None,
        )

    def _answers(self) -> None:
        for agent in self.bench.state.agents.values():
            for id_ in list(agent.offers):
                offer = self.bench.state.offers.get(id_)
                if offer is None or id_ not in agent.offers:
                    continue
                conversation, mood = offer.conversation, self.chance.random()
                if offer.state == "created" and mood < 0.95:
                    self.bench.received(agent.id, conversation)
                if mood < 0.6:
                    self.bench.accept(agent.id, conversation)
                elif mood < 0.7:
                    reason = self.chance.choice(["busy", "conflict"])
                    self.bench.decline(agent.id, conversation, reason)

    def _held(self) -> list[str]:
        agents = self.bench.state.agents.values()
        return [id_ for agent in agents for id_ in agent.conversations]

    def _completes(self) -> None:
        for id_ in self._held():
            if self.chance.random() < 0.3:
                wraps = self.bench.in_state(id_) == "wrapping"
                (self.bench.finish_wrap_up if wraps else self.bench.complete)(id_)

    def _somebody_speaks(self) -> None:
        for id_ in self._held():
            mood = self.chance.random()
            if mood < 0.3:
                (self.bench.said if mood < 0.2 else self.bench.silent)(id_)

    def _picks(self) -> None:
        agents = self.bench.state.agents.values()
        pickers = [one for one in agents if one.settings.pull and one.presence == "away"]
        agent = self.chance.choice(pickers or [*agents])
        queue = self.chance.choice([*agent.settings.queues] or QUEUES)
        line = self.bench.line(queue)
        one = self.chance.choice(line) if line and self.chance.random() < 0.5 else None
        self.bench.pull(agent.id, one, queue)

    def _doors(self) -> None:
        shut = self.chance.random() < 0.4
        (self.bench.shut if shut else self.bench.unlock)(self.chance.choice(QUEUES))

    def _comes_or_goes(self) -> None:
        agent, mood = f"agent{self.chance.randrange(8)}", self.chance.random()
        if mood < 0.5:
            self.bench.connect(agent)
            self.bench.available(agent)
        elif mood < 0.6:
            self.bench.away(agent)
        elif mood < 0.85:
            presence = self.chance.choice(["lunch", "mail_only", "offline"])
            self.bench.be(agent, presence, then=self.chance.random() < 0.7)
        else:
            self.bench.disconnect(agent, grace_s=self.chance.choice([0, 20]))

    def _any(self) -> str:
        known = [id_ for id_, one in self.bench.state.conversations.items() if not one.ended_at]
        return self.chance.choice(known) if known else "nowhere"

    def _customer_leaves(self) -> None:
        (self.bench.abandon if self.chance.random() < 0.8 else self.bench.cancel)(self._any())

    def _supervisor_acts(self) -> None:
        bench, chance, id_ = self.bench, self.chance, self._any()
        match chance.randrange(6):
            case 0:
                bench.move(id_, chance.choice(QUEUES), keep_wait=chance.random() < 0.5)
            case 1:
                bench.assign(id_, f"agent{chance.randrange(8)}")
            case 2:
                bench.requeue(id_)
            case 3:
                bench.release(id_)
            case 4:
                bench.prioritize(id_, chance.randrange(4))
            case 5:
                (bench.pause if chance.random() < 0.2 else bench.resume)(chance.choice(QUEUES))

    def _hands_on(self) -> None:
        held = self._held()
        if held and self.chance.random() < 0.5:
            self.bench.transfer(self.chance.choice(held), queue=self.chance.choice(QUEUES))
        elif held:
            agent = f"agent{self.chance.randrange(8)}"
            self.bench.transfer(self.chance.choice(held), agent=agent)

    def _rules_change(self) -> None:
        strategies = ["linear", "fewest_accepted", "longest_idle", "least_loaded"]
        settings = self._settings(self.chance.choice(strategies))
        match self.chance.randrange(4):
            case 0:
                self.bench.undo()
            case 1:
                self.bench.agent(f"agent{self.chance.randrange(8)}", **self._contract())
            case 2:
                channels = self.chance.choice([["mail"], ["mail", "call"]])
                self.bench.presence("mail_only", "available", channels)
            case _:
                self.bench.queue(self.chance.choice(QUEUES), **settings)

    def _owner_changes(self) -> None:
        self.bench.stall_s(self.chance.randrange(5))
        self.bench.take_over()
        for number in range(8):
            if self.chance.random() < 0.9:
                self.bench.connect(f"agent{number}")
