"""Sound logs pass: long days, all the machine tries, golden logs; and a State is taken over."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest
from hypothesis import settings

from app.auditor import Auditor
from app.domain import events as e
from app.domain.state import State
from app.domain.words import MS_PER_DAY
from app.shell.auditing import floor_of
from tests.codec.logs import read_logs, replay
from tests.domain.history import History
from tests.domain.machine import OfferMachine
from tests.domain.workbench import Workbench

DAYS = int(os.environ.get("INTERLOCK_DOMAIN_DAYS", "6"))
EXAMPLES = int(os.environ.get("INTERLOCK_DOMAIN_EXAMPLES", "25"))


def audit(log: Iterable[e.Event], *, stalls: bool = False) -> Auditor:
    """One that found nothing in the log, neither on the way nor at its end.

    ``stalls``: nobody decided for a while and nobody wrote that down, so what stood still is right
    to be found.
    """
    auditor = Auditor()
    for event in log:
        assert [one for one in auditor.see(event) if not stalls or one.rule != "L3"] == [], event
        assert stalls or auditor.settled(event.at) == [], event
    return auditor


def assert_taken_over(auditor: Auditor, state: State) -> None:
    """The state gives the floor that the events gave."""
    assert floor_of(state) == auditor.floor


@pytest.mark.parametrize("seed", range(DAYS))
def test_a_long_day_is_clean_and_its_state_gives_the_same_floor(seed: int) -> None:
    day = History(seed)
    day.live(250)
    auditor = audit(day.bench.log)
    assert auditor.settled(day.bench.now) == []
    assert_taken_over(auditor, day.bench.state)


class AuditedMachine(OfferMachine):
    """The machine that tries everything; the auditor reads along."""

    def teardown(self) -> None:
        """Audit what was sound; that the machine itself is right is shown elsewhere."""
        bench: Workbench = self.bench
        if bench.sound:
            assert_taken_over(audit(bench.log, stalls=True), bench.state)


TestEverything = AuditedMachine.TestCase
TestEverything.settings = settings(max_examples=EXAMPLES, stateful_step_count=40)


@pytest.mark.parametrize("log", read_logs(), ids=lambda log: log.name)
def test_a_golden_log_is_clean(log: object) -> None:
    state, events, _ = replay(log)  # type: ignore[arg-type]
    auditor = audit(events)
    assert_taken_over(auditor, state)
    auditor.settled(state.last_at + MS_PER_DAY)
