"""What an operator reads of a change: which value, from what, to what, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.config_diff import diff
from app.domain.settings import AgentSettings, HoursRule, OfferRule, QueueSettings, Ring
from app.domain.words import Strategy
from app.wire.reading import path_text

QUEUE = QueueSettings(name="Billing")


def entry(path: str, before: Any, after: Any) -> dict[str, Any]:
    """One line of a difference."""
    return {"path": path, "before": before, "after": after}


def test_what_is_equal_is_not_mentioned() -> None:
    assert diff(QUEUE, QueueSettings(name="Billing")) == []
    assert diff(None, None) == []


def test_values_deep_inside_are_named_by_their_path() -> None:
    offer = OfferRule(strategy=Strategy.RANDOM, timeout_ms=15_000)
    assert diff(QUEUE, replace(QUEUE, offer=offer, priority=3)) == [
        entry("$.priority", 0, 3),
        entry("$.offer.strategy", "longest_idle", "random"),
        entry("$.offer.timeout_ms", 20_000, 15_000),
    ], "in the order of the fields"


def test_an_enumeration_is_told_as_its_plain_word() -> None:
    changed = replace(QUEUE, offer=OfferRule(strategy=Strategy.LINEAR))
    (found,) = diff(QUEUE, changed)
    assert type(found["before"]) is str and type(found["after"]) is str


def test_memberships_come_go_and_change_their_level() -> None:
    before = AgentSettings(name="Anna", queues={"sales": 1, "billing": 2, "eu.mail": 1})
    after = AgentSettings(name="Anna", queues={"sales": 2, "chat": 1, "billing": 2})
    assert diff(before, after) == [
        entry("$.queues.chat", None, 1),
        entry('$.queues["eu.mail"]', 1, None),
        entry("$.queues.sales", 1, 2),
    ]


def test_the_order_of_keys_is_no_difference() -> None:
    one = AgentSettings(name="Anna", queues={"a": 1, "b": 2})
    assert diff(one, AgentSettings(name="Anna", queues={"b": 2, "a": 1})) == []


def rings(*levels: int) -> QueueSettings:
    """A queue whose rings have these levels."""
    return replace(QUEUE, rings=[Ring(max_level=level) for level in levels])


def ring(level: int) -> dict[str, Any]:
    """A ring as plain data."""
    return {"after_ms": 0, "max_level": level, "relax_skills": []}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ((1, 2, 3), (1, 5, 3), [entry("$.rings[1].max_level", 2, 5)]),
        ((1, 2), (1, 2, 3), [entry("$.rings[2]", None, ring(3))]),
        ((1, 2), (9, 1, 2), [entry("$.rings[0]", None, ring(9))]),
        ((1, 2, 3), (1, 3), [entry("$.rings[1]", ring(2), None)]),
        ((1, 1), (1, 1, 1), [entry("$.rings[2]", None, ring(1))]),
        ((1,), (), [entry("$.rings[0]", ring(1), None)]),
        (
            (1, 2, 3, 4),
            (1, 7, 4),
            [entry("$.rings[1].max_level", 2, 7), entry("$.rings[2]", ring(3), None)],
        ),
    ],
)
def test_of_a_list_only_what_differs(
    before: tuple[int, ...], after: tuple[int, ...], found: list[dict[str, Any]]
) -> None:
    assert diff(rings(*before), rings(*after)) == found


def test_lists_in_lists() -> None:
    nine, ten = ({"mon": [[opens, "12:00"], ["13:00", "17:00"]]} for opens in ("09:00", "10:00"))
    found = diff(
        replace(QUEUE, hours=HoursRule(weekly=nine)), replace(QUEUE, hours=HoursRule(weekly=ten))
    )
    assert found == [entry("$.hours.weekly.mon[0][0]", "09:00", "10:00")]


def test_created_and_removed_are_told_whole_and_plain() -> None:
    (made,) = diff(None, QUEUE)
    assert made["path"] == "$" and made["before"] is None
    assert made["after"]["offer"]["strategy"] == "longest_idle"
    assert diff(QUEUE, None) == [entry("$", made["after"], None)]


def test_a_value_may_become_unset() -> None:
    some, none = AgentSettings(name="Anna", units=3), AgentSettings(name="Anna")
    assert diff(some, none) == [entry("$.units", 3, None)]


def test_two_kinds_of_thing_are_replaced_whole() -> None:
    found = diff({"a": QUEUE}, {"a": AgentSettings(name="Anna")})
    assert [change["path"] for change in found] == ["$.a"]


@given(st.text(max_size=12))
def test_paths_are_those_of_the_faults_in_a_body(key: str) -> None:
    (found,) = diff({"queues": {}}, {"queues": {key: 1}})
    ours, theirs = found["path"], path_text(("queues", key))
    if re.fullmatch(r"[\x20-\x7e]*", key):
        assert ours == theirs


values = st.recursive(
    st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("xy.", max_size=2), inner),
    max_leaves=12,
)


@given(values, values)
def test_a_difference_is_complete_and_turns_round(one: Any, other: Any) -> None:
    there, back = diff(one, other), diff(other, one)
    assert bool(there) == (one != other)
    assert there == [entry(c["path"], c["after"], c["before"]) for c in back]
    assert len({change["path"] for change in there}) == len(there), "each path once"
    assert all(change["before"] != change["after"] for change in there)
