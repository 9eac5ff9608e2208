"""A log is read in the order in which it was written, whole, or not at all."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.codec.chain import LogReader, seal_batch
from app.codec.envelope import NO_RECORD, record_hash
from app.codec.errors import BrokenChain, DamagedRecord, WriteVerifyFailed
from app.domain.events import OfferMade
from tests.codec.examples import EXAMPLES, KEY, WORKSPACE

RECORDS, END = seal_batch(WORKSPACE, KEY, NO_RECORD, EXAMPLES)


def test_a_log_is_read_as_it_was_written() -> None:
    reader = LogReader(WORKSPACE, KEY)
    assert [reader.decode(record) for record in RECORDS] == list(EXAMPLES)
    assert reader.prev == END == record_hash(RECORDS[-1])


@given(cuts=st.lists(st.integers(0, len(EXAMPLES)), max_size=4))
def test_batches_make_the_same_log_however_they_are_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(EXAMPLES)]
    log: list[bytes] = []
    prev = NO_RECORD
    for start, end in pairwise(edges):
        records, prev = seal_batch(WORKSPACE, KEY, prev, EXAMPLES[start:end])
        log += records
    assert (log, prev) == (RECORDS, END)


def test_a_refused_batch_advances_nothing() -> None:
    bad = replace(next(e for e in EXAMPLES if isinstance(e, OfferMade)), why={"x": float("nan")})
    with pytest.raises(WriteVerifyFailed):
        seal_batch(WORKSPACE, KEY, NO_RECORD, [EXAMPLES[0], bad])
    assert seal_batch(WORKSPACE, KEY, NO_RECORD, EXAMPLES) == (RECORDS, END)


@given(data=st.data())
def test_missing_doubled_and_moved_records_are_noticed(data: st.DataObject) -> None:
    log = list(RECORDS)
    at = data.draw(st.integers(0, len(log) - 2))
    match data.draw(st.sampled_from(["missing", "doubled", "moved"])):
        case "missing":
            del log[at]
        case "doubled":
            log.insert(at, log[at])
        case _:
            log[at], log[at + 1] = log[at + 1], log[at]
    reader = LogReader(WORKSPACE, KEY)
    with pytest.raises(BrokenChain):
        for record in log:
            reader.decode(record)


def test_a_reader_that_refused_stays_where_it_was() -> None:
    reader = LogReader(WORKSPACE, KEY)
    reader.decode(RECORDS[0])
    with pytest.raises(BrokenChain) as refused:
        reader.decode(RECORDS[2])
    assert refused.value.expected == record_hash(RECORDS[0])
    assert refused.value.found == record_hash(RECORDS[1])
    with pytest.raises(DamagedRecord):
        reader.decode(RECORDS[1][:-1])
    assert reader.decode(RECORDS[1]) == EXAMPLES[1]


def test_a_reader_may_start_in_the_middle() -> None:
    known = LogReader(WORKSPACE, KEY, record_hash(RECORDS[4]))
    assert known.decode(RECORDS[5]) == EXAMPLES[5]
    believing = LogReader(WORKSPACE, KEY, None)
    assert believing.decode(RECORDS[5]) == EXAMPLES[5]
    with pytest.raises(BrokenChain):
        believing.decode(RECORDS[7])
