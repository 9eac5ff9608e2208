"""Codes: none without a meaning, a title and a status."""

from __future__ import annotations

import pytest

from app.domain.refusals import Refusal
from app.wire import codes


@pytest.mark.parametrize("code", [*Refusal, *codes.Problem])
def test_every_code_has_a_title_and_a_status(code: str) -> None:
    assert codes.title_of(code) != str(code)
    assert 400 <= codes.status_of(code) <= 503


def test_the_statuses_that_the_protocol_names() -> None:
    wanted = {
        "unknown_queue": 404,
        "unknown_conversation": 404,
        "conversation_exists": 409,
        "queue_full": 409,
        "too_large": 413,
        "store_unavailable": 503,
        "unauthenticated": 401,
    }
    assert {code: codes.status_of(code) for code in wanted} == wanted


def test_the_ranges_of_close_codes_carry_the_meaning() -> None:
    assert set(codes.CLOSE_MEANING) == set(codes.CloseCode)
    for code in codes.CloseCode:
        if code >= 4000:
            assert code.come_back == (code < 4500)
    assert not codes.CloseCode.NORMAL.come_back
    assert codes.CloseCode.RESTART.come_back


def test_temporary_means_that_repeating_helps() -> None:
    assert codes.is_temporary("store_unavailable") and codes.is_temporary("queue_full")
    assert not codes.is_temporary("offer_taken") and not codes.is_temporary("frame_invalid")
