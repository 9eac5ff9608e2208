"""Each rule bitten by a handcrafted bad log, and a note of what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.auditor import Auditor, Violation
from app.domain import events as e
from app.domain.settings import AgentSettings, OfferRule, QueueSettings
from app.domain.words import (
    Connection,
    ConversationState,
    OfferState,
    Presence,
    QueueStatus,
    Strategy,
)

NOW = 1_800_000_000_000


class Forger:
    """Writes a log by hand: one queue ``q``, the agents anna and ben; time moves by ``ms``."""

    def __init__(self, **offer: Any) -> None:
        self.auditor, self.now, self.version = Auditor(), NOW, 0
        self.says(e.EpochOpened(self.now, 1, "n1", 0, 20_000))
        self.queue("q", **offer)
        for agent in ("anna", "ben"):
            self.hire(agent)

    def says(self, event: e.Event) -> list[Violation]:
        return self.auditor.see(event)

    def queue(self, id_: str, **offer: Any) -> None:
        settings = QueueSettings(name=id_, offer=OfferRule(**offer))
        self.version += 1
        assert not self.says(e.QueueConfigured(self.now, id_, self.version, settings, "t"))

    def hire(self, agent: str, **settings: Any) -> None:
        self.version += 1
        terms = AgentSettings(name=agent, **{"queues": {"q": 1}, **settings})
        assert not self.says(e.AgentConfigured(self.now, agent, self.version, terms, "t"))
        assert not self.says(e.ConnectionChanged(self.now, agent, Connection.CONNECTED, 0))
        self.presence(agent, Presence.AVAILABLE)

    def presence(self, agent: str, presence: Presence) -> None:
        assert not self.says(e.PresenceChanged(self.now, agent, presence, "", "t"))

    def enter(self, id_: str, queue: str = "q", priority: int = 0, **asked: Any) -> None:
        wish, skills = asked.get("wish"), asked.get("skills", {})
        entered = e.ConversationEntered(
            self.now, id_, queue, "chat", priority, skills, wish, {}, None, {}, "", "t"
        )
        assert not self.says(entered)

    def offer(self, offer: str, id_: str, agent: str, **other: Any) -> list[str]:
        made = e.OfferMade(self.now, offer, id_, "q", agent, 1, self.now + 20_000, self.version, {})
        return rules(self.says(replace(made, **other)))

    def end(self, offer: str, id_: str, agent: str, outcome: OfferState, **other: Any) -> list[str]:
        over = e.OfferEnded(self.now, offer, id_, "q", agent, outcome, "", f"agent:{agent}")
        return rules(self.says(replace(over, **other)))

    def accept(self, offer: str, id_: str, agent: str) -> list[str]:
        return self.end(offer, id_, agent, OfferState.ACCEPTED)

    def pass_s(self, seconds: float) -> None:
        self.now += round(seconds * 1000)

    def standing(self) -> list[str]:
        """What stands still, having been looked at now and twice more, a second apart."""
        for _ in range(2):
            self.auditor.settled(self.now)
            self.pass_s(1)
        return rules(self.auditor.settled(self.now))


def rules(found: list[Violation]) -> list[str]:
    return [one.rule for one in found]


@pytest.fixture
def log() -> Forger:
    return Forger()


def test_a_sound_log_is_not_bitten(log: Forger) -> None:
    log.enter("c1")
    assert log.offer("o1", "c1", "anna") == []
    assert log.accept("o1", "c1", "anna") == []
    assert log.standing() == []


class TestOneHolder:
    """S1."""

    def test_two_live_offers(self, log: Forger) -> None:
        log.enter("c1")
        log.offer("o1", "c1", "anna")
        assert "S1" in log.offer("o2", "c1", "ben")

    def test_a_fan_out_is_several_and_no_more(self) -> None:
        log = Forger(strategy=Strategy.ALL_AT_ONCE, fan_out=2)
        log.hire("cleo")
        log.enter("c1")
        assert log.offer("o1", "c1", "anna") == log.offer("o2", "c1", "ben") == []
        assert log.offer("o3", "c1", "cleo") == ["S1"]

    def test_an_offer_of_what_somebody_holds(self, log: Forger) -> None:
        log.enter("c1")
        log.offer("o1", "c1", "anna")
        log.accept("o1", "c1", "anna")
        assert "S1" in log.offer("o2", "c1", "ben")

    def test_assigned_over_the_head_of_its_holder(self, log: Forger) -> None:
        log.enter("c1")
        log.offer("o1", "c1", "anna")
        log.accept("o1", "c1", "anna")
        given = e.ConversationAssigned(log.now, "c1", "q", "ben", "", "t", from_agent=None)
        assert rules(log.says(given)) == ["S1"]

    def test_completed_by_who_does_not_hold_it(self, log: Forger) -> None:
        log.enter("c1")
        closed = ConversationState.CLOSED
        over = e.ConversationEnded(log.now, "c1", "q", "anna", closed, "", "agent:anna")
        assert rules(log.says(over)) == ["S1"]


class TestCapacity:
    """S3."""

    def test_an_offer_above_the_capacity(self, log: Forger) -> None:
        log.enter("c1")
        log.enter("c2")
        log.offer("o1", "c1", "anna")
        assert log.offer("o2", "c2", "anna") == ["S3"]

    def test_an_offer_above_the_bound_on_all_channels(self, log: Forger) -> None:
        log.hire("cleo", capacity={"chat": 2}, units=1)
        log.enter("c1")
        log.enter("c2")
        assert log.offer("o1", "c1", "cleo") == []
        assert log.offer("o2", "c2", "cleo") == ["S3"]

    def test_an_assignment_above_the_capacity(self, log: Forger) -> None:
        log.enter("c1")
        log.enter("c2")
        log.offer("o1", "c1", "anna")
        given = e.ConversationAssigned(log.now, "c2", "q", "anna", "", "t")
        assert rules(log.says(given)) == ["S3"]

    def test_units_given_back_twice(self, log: Forger) -> None:
        log.enter("c1")
        log.offer("o1", "c1", "anna")
        log.accept("o1", "c1", "anna")
        idled = e.ConversationIdled(log.now, "c1", "q", "anna", "system")
        assert rules(log.says(idled)) == []
        assert rules(log.says(idled)) == ["S3"]

    def test_a_correction_to_what_is_not_so(self, log: Forger) -> None:
        said = e.CapacityCorrected(log.now, "anna", {}, {"chat": 1}, "watchdog")
        assert rules(log.says(said)) == ["S3"]


class TestOnlyToWhoMay:
    """S4."""

    def test_away(self, log: Forger) -> None:
        log.presence("anna", Presence.AWAY)
        log.enter("c1")
        assert log.offer("o1", "c1", "anna") == ["S4"]

    def test_no_member(self, log: Forger) -> None:
        log.hire("cleo", queues={})
        log.enter("c1")
        assert log.offer("o1", "c1", "cleo") == ["S4"]

    def test_another_queue_than_its_own(self, log: Forger) -> None:
        log.queue("r")
        log.enter("c1")
        assert log.offer("o1", "c1", "anna", queue="r") == ["S4"]

    def test_without_the_skill(self, log: Forger) -> None:
        log.enter("c1", skills={"fr": 2})
        assert log.offer("o1", "c1", "anna") == ["S4"]

    def test_a_configuration_that_is_not_in_force(self, log: Forger) -> None:
        log.enter("c1")
        assert log.offer("o1", "c1", "anna", version=log.version - 1) == ["S4"]

    def test_passed_over(self, log: Forger) -> None:
        log.enter("c1")
        log.offer("o1", "c1", "anna")
        until = {"soft_until": log.now + 5_000, "pass_until": log.now + 60_000}
        assert log.end("o1", "c1", "anna", OfferState.DECLINED, **until) == []
        assert log.offer("o2", "c1", "anna") == ["S4"]

    def test_at_rest(self, log: Forger) -> None:
        log.enter("c1")
        log.offer("o1", "c1", "anna")
        rest = {"back_off_until": log.now + 5_000}
        assert log.end("o1", "c1", "anna", OfferState.RESCINDED, **rest) == []
        assert log.offer("o2", "c1", "anna") == ["S4"]

    def test_a_paused_queue(self, log: Forger) -> None:
        log.says(e.QueueStatusChanged(log.now, "q", QueueStatus.PAUSED, "", "t"))
        log.enter("c1")
        assert log.offer("o1", "c1", "anna") == ["S4"]

    def test_a_closed_queue(self, log: Forger) -> None:
        log.says(e.QueueHoursChanged(log.now, "q", False, "t"))
        log.enter("c1")
        assert log.offer("o1", "c1", "anna") == ["S4"]

    def test_kept_for_another(self, log: Forger) -> None:
        log.enter("c1", wish="ben")
        assert log.offer("o1", "c1", "anna") == ["S4"]

    def test_set_aside(self, log: Forger) -> None:
        log.enter("c1")
        log.says(e.ConversationQuarantined(log.now, "c1", "q", None, "odd", "", "t"))
        assert log.offer("o1", "c1", "anna") == ["S4"]


class TestTurn:
    """S5."""

    def two(self, log: Forger, **first: Any) -> None:
        log.enter("c1", **first)
        log.pass_s(1)
        log.enter("c2")

    def test_overtaken(self, log: Forger) -> None:
        self.two(log)
        assert log.offer("o1", "c2", "anna") == ["S5"]

    def test_a_higher_priority_is_a_reason(self, log: Forger) -> None:
        log.enter("c1")
        log.pass_s(1)
        log.enter("c2", priority=5)
        assert log.offer("o1", "c2", "anna") == []

    def test_a_skill_is_a_reason(self, log: Forger) -> None:
        self.two(log, skills={"fr": 1})
        assert log.offer("o1", "c2", "anna") == []

    def test_a_preferred_agent_is_a_reason(self, log: Forger) -> None:
        self.two(log, wish="ben")
        assert log.offer("o1", "c2", "anna") == []

    def test_quarantine_is_a_reason(self, log: Forger) -> None:
        self.two(log)
        log.says(e.ConversationQuarantined(log.now, "c1", "q", None, "odd", "", "t"))
        assert log.offer("o1", "c2", "anna") == []

    def test_those_who_wish_for_another_do_not_hide_who_was_overtaken(self, log: Forger) -> None:
        for number in range(10):
            log.enter(f"w{number}", wish="ben")
            log.pass_s(0.1)
        self.two(log)
        assert log.offer("o1", "c2", "anna") == ["S5"]

    def test_a_requeued_one_keeps_its_place(self, log: Forger) -> None:
        self.two(log)
        assert log.offer("o1", "c1", "anna") == []
        assert log.accept("o1", "c1", "anna") == []
        assert not log.says(e.ConversationRequeued(log.now, "c1", "q", "anna", "", "t"))
        assert log.offer("o2", "c2", "ben") == ["S5"]

    def test_a_queue_of_higher_priority_goes_first(self, log: Forger) -> None:
        settings = QueueSettings(name="vip", priority=9)
        log.version += 1
        log.says(e.QueueConfigured(log.now, "vip", log.version, settings, "t"))
        log.hire("anna", queues={"q": 1, "vip": 1})
        log.enter("c1")
        log.enter("c2", queue="vip")
        assert log.offer("o1", "c1", "anna") == ["S5"]


class TestEpochs:
    """S8."""

    def test_an_epoch_that_does_not_rise(self, log: Forger) -> None:
        assert rules(log.says(e.EpochOpened(log.now, 1, "n2", 0, 0))) == ["S8"]

    def test_time_that_goes_back(self, log: Forger) -> None:
        assert rules(log.says(e.DeadlinesExtended(log.now - 1, 0))) == ["S8"]

    def test_a_configuration_left_out(self, log: Forger) -> None:
        removed = e.AgentRemoved(log.now, "anna", log.version + 2, "t")
        assert rules(log.says(removed)) == ["S8"]

    @pytest.mark.parametrize(
        ("place", "bitten"),
        [((1, 1), []), ((1, 2), ["S8"]), ((1, 0), ["S8"]), ((2, 0), ["S8"]), ((2, 1), ["S8"])],
    )
    def test_places(self, log: Forger, place: tuple[int, int], bitten: list[str]) -> None:
        log.auditor.see(e.DeadlinesExtended(log.now, 0), 1, 0)
        found = rules(log.auditor.see(e.DeadlinesExtended(log.now, 0), *place))
        assert found == bitten

    def test_a_new_epoch_opens(self, log: Forger) -> None:
        log.auditor.see(e.DeadlinesExtended(log.now, 0), 1, 0)
        assert log.auditor.see(e.EpochOpened(log.now, 3, "n2", 0, 0), 3, 0) == []


class TestAnswers:
    """S10."""

    def test_accepted_after_the_deadline(self, log: Forger) -> None:
        log.enter("c1")
        log.offer("o1", "c1", "anna")
        log.pass_s(20)
        assert log.accept("o1", "c1", "anna") == ["S10"]

    def test_accepted_after_it_was_taken_back(self, log: Forger) -> None:
        log.enter("c1")
        log.offer("o1", "c1", "anna")
        log.end("o1", "c1", "anna", OfferState.RESCINDED)
        assert log.accept("o1", "c1", "anna") == ["S10"]

    def test_accepted_by_another(self, log: Forger) -> None:
        log.enter("c1")
        log.offer("o1", "c1", "anna")
        assert log.accept("o1", "c1", "ben") == ["S10"]

    def test_a_deadline_moves_with_an_outage(self, log: Forger) -> None:
        log.enter("c1")
        log.offer("o1", "c1", "anna")
        log.pass_s(20)
        log.says(e.DeadlinesExtended(log.now, 5_000))
        assert log.accept("o1", "c1", "anna") == []


class TestConservation:
    """C."""

    def test_entered_twice(self, log: Forger) -> None:
        log.enter("c1")
        again = e.ConversationEntered(
            log.now, "c1", "q", "chat", 0, {}, None, {}, None, {}, "", "t"
        )
        assert rules(log.says(again)) == ["C"]

    def test_ended_twice(self, log: Forger) -> None:
        log.enter("c1")
        left = ConversationState.ABANDONED
        over = e.ConversationEnded(log.now, "c1", "q", None, left, "", "t")
        assert rules(log.says(over)) == []
        assert rules(log.says(over)) == ["C"]

    def test_forgotten_alive(self, log: Forger) -> None:
        log.enter("c1")
        assert rules(log.says(e.ConversationsForgotten(log.now, ["c1"]))) == ["C"]

    def test_a_sum_that_does_not_come_out(self, log: Forger) -> None:
        log.enter("c1")
        log.auditor.floor.entered += 1
        assert "C" in rules(log.auditor.settled(log.now))


class TestEverythingMoves:
    """L1 and L3."""

    def test_a_match_that_is_left_waiting(self, log: Forger) -> None:
        log.enter("c1")
        assert rules(log.auditor.settled(log.now)) == []
        assert log.standing() == ["L1"]
        log.offer("o1", "c1", "anna")
        assert rules(log.auditor.settled(log.now)) == []

    def test_it_is_seen_by_the_clock_of_the_log(self, log: Forger) -> None:
        log.enter("c1")
        for _ in range(6):
            log.pass_s(0.6)
            log.says(e.StateWitnessed(log.now, 1, ""))
        found = log.auditor.settled(log.now)
        assert rules(found) == ["L1"] and found[0].evidence["conversation"] == "c1"

    @pytest.mark.parametrize("why", ["paused", "closed", "nobody", "skill", "aside"])
    def test_who_cannot_be_served_is_not_stalled(self, log: Forger, why: str) -> None:
        if why == "paused":
            log.says(e.QueueStatusChanged(log.now, "q", QueueStatus.PAUSED, "", "t"))
        elif why == "closed":
            log.says(e.QueueHoursChanged(log.now, "q", False, "t"))
        elif why == "nobody":
            log.presence("anna", Presence.AWAY)
            log.presence("ben", Presence.AWAY)
        log.enter("c1", skills={"fr": 1} if why == "skill" else {})
        if why == "aside":
            log.says(e.ConversationQuarantined(log.now, "c1", "q", None, "odd", "", "t"))
        assert log.standing() == []

    def test_coming_back_into_line_begins_anew(self, log: Forger) -> None:
        log.enter("c1")
        for number in range(4):
            log.auditor.settled(log.now)
            log.pass_s(0.9)
            assert log.offer(f"o{number}", "c1", "anna") == []
            log.end(f"o{number}", "c1", "anna", OfferState.RESCINDED)
            assert rules(log.auditor.settled(log.now)) == []

    def test_an_offer_that_outlives_its_deadline(self, log: Forger) -> None:
        log.enter("c1")
        log.offer("o1", "c1", "anna")
        log.pass_s(22)
        assert rules(log.auditor.settled(log.now)) == []
        log.pass_s(0.1)
        assert rules(log.auditor.settled(log.now)) == ["L3"]
        assert log.end("o1", "c1", "anna", OfferState.TIMED_OUT) == ["L3"]
        assert rules(log.auditor.settled(log.now)) == []


def test_what_is_not_there_is_said_and_nothing_breaks(log: Forger) -> None:
    at = log.now
    gone = e.ConversationMoved(at, "c9", "q", "q", at, None, "", "t")
    assert rules(log.says(gone)) == ["C"]
    assert log.offer("o1", "c9", "anna") == ["S4"]
    assert log.accept("o9", "c9", "anna") == ["S10"]
    assert rules(log.says(e.ConversationIdled(at, "c9", "q", "anna", "t"))) == ["C", "S3"]
    assert not log.says(e.ConnectionChanged(at, "nobody", Connection.LOST, 0))
