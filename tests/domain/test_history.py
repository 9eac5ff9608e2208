"""Long days from a seed, judged at every step, counted at the end, and lived on by a twin."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from app.domain import events as e
from app.domain.settings import ServiceLevelRule
from tests.domain.history import QUEUES, History
from tests.domain.twin import Twin

Counts = dict[str, Counter[str]]

DAYS = int(os.environ.get("INTERLOCK_DOMAIN_DAYS", "6"))
STEPS = 500


COUNTED = (
    "entered",
    "answered",
    "answered_in_target",
    "answer_wait_ms",
    "abandoned",
    "abandoned_in_target",
    "abandoned_short",
    "overflowed",
    "offers_made",
)


def recount(log: list[e.Event]) -> Counts:
    """Count the figures of each queue anew, from what happened alone."""
    counts: Counts = {queue: Counter() for queue in QUEUES}
    rules: dict[str, ServiceLevelRule] = {}
    waits: dict[str, int] = {}
    for event in log:
        match event:
            case e.QueueConfigured():
                rules[event.queue] = event.settings.service_level
            case e.ConversationEntered() | e.ConversationMoved():
                if getattr(event, "overflow", None):
                    counts[event.from_queue]["overflowed"] += 1
                counts[event.queue]["entered"] += 1
                waits[event.conversation] = getattr(event, "enqueued_at", event.at)
            case e.OfferMade():
                counts[event.queue]["offers_made"] += 1
            case e.OfferEnded(outcome="accepted") | e.ConversationAssigned():
                if event.conversation in waits:
                    wait_ms = event.at - waits.pop(event.conversation)
                    count(counts[event.queue], "answered", wait_ms, rules[event.queue])
                    counts[event.queue]["answer_wait_ms"] += wait_ms
            case e.ConversationEnded(overflow=str()):
                counts[event.queue]["overflowed"] += 1
            case e.ConversationEnded(state="abandoned"):
                if event.conversation in waits:
                    wait_ms = event.at - waits.pop(event.conversation)
                    count(counts[event.queue], "abandoned", wait_ms, rules[event.queue])
                    short = wait_ms <= rules[event.queue].short_abandon_ms
                    counts[event.queue]["abandoned_short"] += short
    return counts


def count(counts: Counter[str], name: str, wait_ms: int, rule: ServiceLevelRule) -> None:
    """Count one more, and whether it was within the target."""
    counts[name] += 1
    counts[f"{name}_in_target"] += wait_ms <= rule.target_ms


@pytest.mark.parametrize("seed", range(DAYS))
def test_a_long_day_breaks_no_rule_and_loses_nobody(seed: int) -> None:
    day = History(seed)
    day.live(STEPS)

    bench, referee = day.bench, day.bench.referee
    recounted = recount(bench.log)
    assert bench.state.totals.entered > STEPS / 8, "a day without customers shows nothing"
    assert day.refused < STEPS / 4, "a day of refusals shows nothing"
    for queue in QUEUES:
        found = bench.of_queue(queue).figures
        for outcome in ("accepted", "declined", "timed_out", "undelivered", "rescinded"):
            assert getattr(found, f"offers_{outcome}") == referee.outcomes[queue, outcome]
        for name in COUNTED:
            assert getattr(found, name) == recounted[queue][name], (queue, name)
    Twin(bench).live_on()
    assert bench.state.totals.entered == bench.state.totals.ended


def test_the_same_seed_gives_the_same_day() -> None:
    one, two = History(7), History(7)
    one.live(150)
    two.live(150)
    assert one.bench.log == two.bench.log
