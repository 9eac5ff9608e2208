"""Incidents on the board, as answered, and in a report that holds no customer's words."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from app.domain import commands as c
from app.domain.watch import Cause
from app.domain.words import QueueStatus
from app.wire.board_health import quarantined
from app.wire.board_keeper import BoardKeeper
from app.wire.board_rows import board_view
from app.wire.causes import CAUSES, cause_label, cause_words
from app.wire.figures_view import figures_view
from app.wire.incidents import (
    STEPS_SHOWN,
    IncidentShape,
    incident_message,
    incident_view,
    incidents_view,
)
from app.wire.report import incident_report
from app.wire.report_log import OF_A_KIND_MAX

from .floor import BY, Floor

SECRETS = ("Ada Lovelace", "ada@example.org", "my card 4711", "called twice, angry", "VIP text")


@pytest.fixture
def floor() -> Floor:
    made = Floor()
    made.queue("q")
    made.queue("other")
    made.agent("anna", "q")
    return made


def found(floor: Floor, cause: str = "lost_wake_up", **about: Any) -> str:
    """Open an incident and give its id."""
    about.setdefault("queue", "q")
    floor.do(c.OpenIncident(cause, floor.now - 2_000, "Q stands still.", **about))
    return next(reversed(floor.engine.state.incidents))


def row(floor: Floor, queue: str = "q") -> dict[str, Any]:
    board = board_view(floor.engine, floor.now, position="1-1")
    return dict(next(one for one in board["queues"] if one["id"] == queue))


def report(floor: Floor, id_: str, whole: bool = True) -> str:
    events = [(f"1-{n}", event) for n, event in enumerate(floor.events)]
    return incident_report(floor.engine, id_, events, floor.now, whole=whole)


def section(text: str, title: str) -> str:
    return text.split(f"## {title}")[1].split("\n## ")[0]


def test_every_cause_has_words() -> None:
    assert set(CAUSES) == {str(cause) for cause in Cause}
    for words in CAUSES.values():
        assert words.title and words.means and words.check and words.follow_ups
        assert words.board in ("stalled", "degraded", "starved")
    assert cause_words("new").title and cause_label("new") == "other"


def test_a_view_has_its_shape_and_the_latest_steps(floor: Floor) -> None:
    id_ = found(floor, evidence={"count": 3})
    for n in range(STEPS_SHOWN + 5):
        floor.do(c.NoteIncident(id_, "seen_again", f"n{n}", "watchdog"))
    view = incident_view(floor.engine.state.incidents[id_])
    msgspec.convert(view, IncidentShape)
    assert set(view) == set(IncidentShape.__struct_fields__)
    assert (view["steps_left_off"], view["steps"][-1]["text"]) == (5, f"n{STEPS_SHOWN + 4}")
    assert (view["state"], view["conversations"], view["resolved_at"]) == ("open", None, None)
    message = json.loads(
        incident_message("x", "opened", 5, "main", floor.engine.state.incidents[id_])
    )
    assert (message["type"], message["incident"]) == ("incident.opened", view)


def test_lists_are_newest_first_and_by_state(floor: Floor) -> None:
    first, second = found(floor), found(floor, "overload", queue=None)
    floor.do(c.ResolveIncident(first, "over", "watchdog", 2, 5_000))
    by = lambda state, limit=9: [  # noqa: E731
        one["id"] for one in incidents_view(floor.engine, state, limit)["incidents"]
    ]
    assert by(None) == [second, first] and by(None, 1) == [second]
    assert (by("open"), by("resolved")) == ([second], [first])
    assert incidents_view(floor.engine, "resolved", 9)["open"] == 1


@pytest.mark.parametrize("cause", list(CAUSES))
def test_the_board_shows_an_open_incident_until_it_is_over(floor: Floor, cause: str) -> None:
    before = row(floor)["health"]
    id_ = found(floor, cause)
    health = row(floor)["health"]
    assert (health["state"], health["cause"]) == (CAUSES[cause].board, cause)
    assert (health["since"], health["text"]) == (floor.now - 2_000, "Q stands still.")
    assert row(floor, "other")["health"]["state"] == "ok"
    floor.do(c.NoteIncident(id_, "acknowledged", "", BY))
    assert row(floor)["health"] == health
    floor.do(c.ResolveIncident(id_, "over", "watchdog"))
    assert row(floor)["health"] == before


def test_the_worst_incident_of_a_queue_is_told_even_of_a_paused_one(floor: Floor) -> None:
    floor.do(c.SetQueueStatus("q", QueueStatus.PAUSED, "", BY))
    found(floor, "ping_pong")
    found(floor, "poison_head", conversation="c1")
    assert row(floor)["health"]["cause"] == "poison_head"


def test_an_incident_without_a_queue_concerns_its_conversations_queue_or_all(floor: Floor) -> None:
    floor.enter("c1", "other")
    found(floor, "limbo", queue=None, conversation="c1")
    assert (row(floor)["health"]["state"], row(floor, "other")["health"]["cause"]) == (
        "ok",
        "limbo",
    )
    found(floor, "leaked_capacity", queue=None, agent="anna")
    assert row(floor)["health"]["state"] == "ok"
    found(floor, "store_trouble", queue=None)
    assert row(floor)["health"]["cause"] == "store_trouble"
    assert row(floor, "other")["health"]["cause"] == "limbo"


class Watched:
    """A kept board beside a fresh one, and the figures."""

    def __init__(self, floor: Floor) -> None:
        self.floor, self.keeper, self.seen = floor, BoardKeeper(floor.engine), len(floor.events)

    def counts(self) -> tuple[int, int]:
        """(open incidents, quarantined), the same wherever they are shown."""
        floor = self.floor
        for event in floor.events[self.seen :]:
            self.keeper.observe(event)
        self.seen = len(floor.events)
        kept = self.keeper.view(floor.now, position="1-1")
        assert kept == board_view(floor.engine, floor.now, position="1-1")
        figures, totals = figures_view(floor.engine, floor.now), kept["totals"]
        assert figures["quarantined"] == totals["quarantined"] == quarantined(floor.engine)
        assert sum(figures["incidents_open"].values()) == totals["incidents_open"]
        return totals["incidents_open"], totals["quarantined"]


def test_totals_count_open_incidents_and_quarantine(floor: Floor) -> None:
    board = Watched(floor)
    for n in range(4):
        floor.enter(f"c{n}", "other")
    assert board.counts() == (0, 0)
    for n in range(4):
        floor.do(c.QuarantineConversation(f"c{n}", "odd", "?", "system"))
    id_ = found(floor)
    assert board.counts() == (1, 4)
    floor.do(c.RequeueConversation("c0", "", BY))
    floor.do(c.MoveConversation("c1", "q", True, "", BY))
    floor.do(c.CancelConversation("c2", False, "void", BY))
    assert board.counts() == (1, 1)
    floor.do(c.ResolveIncident(id_, "over", "watchdog"))
    assert board.counts() == (0, 1)
    assert Watched(floor).counts() == (0, 1)


def test_a_report_is_what_a_team_starts_from(floor: Floor) -> None:
    floor.enter("c1", "q")
    floor.set("anna", "away")
    id_ = found(floor, evidence={"conversation": "c1", "waiting": 14})
    floor.do(c.NoteIncident(id_, "repaired", "SweepQueue: carried out", "watchdog"))
    floor.do(c.NoteIncident(id_, "acknowledged", "on it", "supervisor:k1"))
    floor.now += 42_000
    floor.do(c.ResolveIncident(id_, "It is no longer so.", "watchdog", 14, 588_000))
    text = report(floor, id_)
    assert text.startswith(f"# Incident {id_}: {CAUSES['lost_wake_up'].title}\n")
    impact = section(text, "Impact")
    assert "**14**, from 2026-" in impact and "**9.8 minutes** together" in impact
    assert "42.0 s for each" in impact
    timeline = section(text, "Timeline (UTC)")
    for words in ("Agent `anna` is away", "**Began**", "**Found**: Q stands still.", "to `anna`"):
        assert words in timeline
    assert "`1-" in timeline
    instants = [line[2:26] for line in timeline.splitlines() if line.startswith("- 2026")]
    assert instants == sorted(instants) and len(instants) > 8
    done = section(text, "What was done")
    assert "**Repaired** by watchdog" in done or "**Repaired** automatically" in done
    assert "**Acknowledged** by supervisor:k1: on it" in done
    assert "waiting: `14`" in section(text, "Cause")
    assert section(text, "What to check").count("- ") == len(CAUSES["lost_wake_up"].check)
    follow_ups = section(text, "Follow-ups")
    assert follow_ups.count("- [ ] ") >= 4 and "Name somebody" not in follow_ups
    assert "not told in full" not in text and "not told in full" in report(floor, id_, whole=False)


def test_a_report_of_an_open_incident_says_so(floor: Floor) -> None:
    floor.agent("bob", "other", online=False)
    floor.enter("c1", "other")
    text = report(floor, found(floor, queue="other"))
    assert "**still open**" in text and "Still going on" in text
    assert "Waiting in the queue now: **1**" in text
    assert "see that it ends" in text and "Name somebody who looks after it" in text


def test_changes_of_configuration_are_told_with_what_changed(floor: Floor) -> None:
    floor.queue("q", max_waiting=7)
    timeline = section(report(floor, found(floor)), "Timeline (UTC)")
    assert "queue `q` changed: `$.max_waiting`" in timeline and "→ `7`" in timeline


def test_a_report_never_holds_a_customers_words(floor: Floor) -> None:
    name, mail, subject, reason, note = SECRETS
    floor.enter(
        "c1", "q", customer={"name": name, "mail": mail}, subject=subject, attributes={"n": note}
    )
    floor.do(c.DeclineOffer(floor.offer_of("anna"), "anna", reason))
    floor.do(c.SetPresence("anna", "away", reason, BY))
    floor.do(c.MoveConversation("c1", "other", True, reason, BY))
    floor.do(c.QuarantineConversation("c1", reason, f"{name} {subject}", "system"))
    evidence = {"record": subject, "who": [name, {"x": mail}], "agent": "anna", "at": 5, "ok": True}
    for about in ({"conversation": "c1"}, {}, {"queue": None, "agent": "anna"}):
        text = report(floor, found(floor, "encoding_mismatch", evidence=evidence, **about))
        assert not [secret for secret in SECRETS if secret in text]
        cause = section(text, "Cause")
        assert "agent: `anna`" in cause and "at: `5`" in cause and "(text left out)" in cause


def test_where_the_server_stood_still_is_told_as_it_is(floor: Floor) -> None:
    id_ = found(
        floor, "loop_blocked", queue=None, evidence={"at": "look (watch.py:7); run (x.py:1)"}
    )
    assert "- at: look (watch.py:7); run (x.py:1)" in section(report(floor, id_), "Cause")


def test_a_flood_of_one_kind_hides_nothing_of_another(floor: Floor) -> None:
    for n in range(2 * OF_A_KIND_MAX):
        floor.enter(f"c{n}", "q")
        floor.do(c.DeclineOffer(floor.offer_of("anna"), "anna", ""))
        floor.do(c.CancelConversation(f"c{n}", True, "left", BY))
        floor.now += 1
    floor.do(c.SetQueueStatus("q", QueueStatus.DRAINING, "", BY))
    id_ = found(floor)
    timeline = section(report(floor, id_), "Timeline (UTC)")
    assert "Queue `q` is draining, set by" in timeline and "more events of this kind" in timeline
    assert timeline.count("ended: declined") == OF_A_KIND_MAX


def test_what_people_typed_cannot_break_the_page(floor: Floor) -> None:
    id_ = found(floor)
    floor.do(c.NoteIncident(id_, "acknowledged", "# x\n<b>|`rm`", BY))
    done = section(report(floor, id_), "What was done")
    assert "\\# x \\<b\\>\\|\\`rm\\`" in done


def test_an_unknown_incident_has_no_report(floor: Floor) -> None:
    with pytest.raises(KeyError):
        report(floor, "i9")


@pytest.mark.parametrize("code", ["auditor_silent", "auditor_S4", "canary_late"])
def test_what_the_watchers_report_has_words_too(code: str) -> None:
    assert cause_words(code) is not cause_words("no such cause")
    assert cause_words(code).check
