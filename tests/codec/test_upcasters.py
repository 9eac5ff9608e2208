"""What the first version of a record says of fields that it did not have: what was done then."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.codec.body import WORKSPACE_FIELD
from app.codec.envelope import seal
from app.codec.errors import BadBody
from app.codec.events import TABLE, decode
from app.domain import events as e
from app.domain.settings import BackOffRule, IdleRule
from tests.codec.examples import EXAMPLES, KEY, PREV, WORKSPACE
from tests.codec.golden import RECORDS, file_of

BY_TYPE = {type(example): example for example in EXAMPLES}


def golden_v1(event_type: type[Any]) -> Any:
    kind = TABLE.by_type[event_type]
    golden = json.loads(file_of(RECORDS, kind, 1).read_text("utf-8"))
    return decode(golden["workspace"], golden["key"].encode(), bytes.fromhex(golden["record"]))[0]


def first_version(event_type: type[Any], **fields: Any) -> bytes:
    """A record as the first release wrote it."""
    kind = TABLE.by_type[event_type]
    body = json.dumps({WORKSPACE_FIELD: WORKSPACE, **fields}).encode()
    return seal(KEY, kind.number, 1, PREV, body)


def offer_ended(**fields: Any) -> e.OfferEnded:
    plain = {
        "at": 1_000,
        "offer": "o1",
        "conversation": "c1",
        "queue": "q",
        "agent": "anna",
        "outcome": "undelivered",
        "reason": "",
        "by": "system",
        "soft_until": 6_000,
        "pass_until": 61_000,
    }
    event, _ = decode(WORKSPACE, KEY, first_version(e.OfferEnded, **plain | fields))
    assert isinstance(event, e.OfferEnded)
    return event


def test_an_undelivered_offer_made_its_agent_rest_as_long_as_it_kept_him_away() -> None:
    assert offer_ended().back_off_until == 6_000


@pytest.mark.parametrize("outcome", ["declined", "timed_out", "rescinded", "accepted"])
def test_no_other_end_made_him_rest(outcome: str) -> None:
    assert offer_ended(outcome=outcome).back_off_until == 0


def test_a_queue_had_the_rest_of_its_day_and_no_silence() -> None:
    settings = golden_v1(e.QueueConfigured).settings
    assert settings.back_off == BackOffRule(undelivered_ms=5_000)
    assert settings.idle == IdleRule(after_ms=0)
    assert [rule.message for rule in settings.overflow] == [None]


def test_an_agent_blocked_nothing_and_picked_nothing() -> None:
    settings = golden_v1(e.AgentConfigured).settings
    assert (settings.blocks, settings.wrap_up_ms, settings.pull) == ({}, None, False)


def test_presences_were_the_three_and_no_rule_moved_anything() -> None:
    assert golden_v1(e.PresenceChanged).custom is None
    assert golden_v1(e.ConversationMoved).overflow is None
    assert golden_v1(e.ConversationEnded).overflow is None


def test_a_first_version_with_a_field_of_the_second_is_refused() -> None:
    with pytest.raises(BadBody, match="later version"):
        offer_ended(back_off_until=9_000)
