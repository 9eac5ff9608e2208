"""A slice of the decoder's campaign as it ships, and proof that a misreading would be seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.campaign import decode
from app.campaign.decode import campaign, sound_records, sound_snapshot, try_records, try_snapshots
from app.campaign.mutations import kind_and_schema
from app.codec.events import TABLE
from app.domain.events import ConversationMoved


def test_any_bytes_are_a_record_or_a_typed_refusal(tmp_path: Path) -> None:
    seen: list[int] = []
    keep = tmp_path / "failures.jsonl"
    tried = campaign(7, 60_000, keep=keep, workers=1, say=lambda total: seen.append(total.cases))
    assert tried.failures == [] and not keep.exists()
    assert seen == [20_000, 40_000, 60_000] == [*range(20_000, 60_001, 20_000)]
    assert sum(tried.seen.values()) == tried.cases == 60_000
    assert {line.partition(":")[0] for line in tried.seen} > {
        f"snapshot {n}" for n in decode.SPOILERS
    }


def test_the_same_seed_tries_the_same() -> None:
    once, again = (try_records(3, 500, sound_records()) for _ in range(2))
    assert once.seen == again.seen != try_records(4, 500, sound_records()).seen


def test_every_record_type_is_among_the_sound_ones() -> None:
    assert {kind_and_schema(record)[0] for record in sound_records()} == set(TABLE.by_number)


def test_a_misreading_is_a_failure_with_its_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = decode.decode

    def wrong(workspace: str, key: bytes, record: bytes) -> object:
        event, prev = right(workspace, key, record)
        if type(event) is ConversationMoved:
            raise RuntimeError("no typed refusal")
        return event, prev

    monkeypatch.setattr(decode, "decode", wrong)
    tried = try_records("s", 20_000, sound_records())
    assert tried.failures and tried.failures[0]["seed"] == "s"
    assert "no typed refusal" in tried.failures[0]["error"]


def test_failures_are_kept_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    one = decode.Tried(10, failures=[{"seed": "1/0", "what": "cut", "error": "KeyError"}])
    monkeypatch.setattr(decode, "_chunk", lambda seed, cases: one)
    monkeypatch.setattr(decode, "ProcessPoolExecutor", InPlace)
    keep = tmp_path / "failures.jsonl"
    assert len(campaign(1, 10, keep=keep).failures) == 1
    assert json.loads(keep.read_text())["seed"] == "1/0"


class InPlace:
    """A pool of this very process: what it is handed need not be sent anywhere."""

    def __init__(self, workers: int | None) -> None: ...

    def __enter__(self) -> InPlace:
        return self

    def __exit__(self, *trouble: object) -> None: ...

    def map(self, work: object, *operands: object) -> object:
        return map(work, *operands)  # type: ignore[call-overload]


def test_a_snapshot_believed_wrongly_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    assert try_snapshots(1, 200, sound_snapshot()).failures == []
    right = decode.read_snapshot

    def wrong(key: bytes, workspace: str, records: list[bytes]) -> object:
        snapshot = right(key, workspace, sound_snapshot())
        if list(records) != list(sound_snapshot()):
            snapshot.state.queues.clear()
        return snapshot

    monkeypatch.setattr(decode, "read_snapshot", wrong)
    assert try_snapshots(1, 20, sound_snapshot()).failures
