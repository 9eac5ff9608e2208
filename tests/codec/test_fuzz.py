"""A slice of the campaign against the decoder, and proof that the campaign is not blind."""

from __future__ import annotations

from collections import defaultdict

from tests.codec.fuzz import campaign

READ = {"read", "read as it was meant"}
ALWAYS = {
    "flipped bits": {"NotARecord", "UnknownEnvelope", "DamagedRecord"},
    "cut": {"NotARecord", "DamagedRecord"},
    "joined": {"DamagedRecord"},
    "other key": {"DamagedRecord"},
    "other workspace": {"WrongIdentity"},
    "other schema": {"UnknownSchema", "BadBody"},
    "other kind": {"UnknownKind", "UnknownSchema", "BadBody", *READ},
    "other envelope": {"UnknownEnvelope"},
    "random bytes": {"NotARecord", "UnknownEnvelope", "DamagedRecord"},
    "edited text": {"BadBody", "WrongIdentity", *READ},
    "edited fields": {"BadBody", "WrongIdentity", *READ},
}
"""Mutation -> every outcome that may be, each of which must also have been."""


def test_any_bytes_are_a_record_or_a_typed_refusal() -> None:
    outcomes: dict[str, set[str]] = defaultdict(set)
    for line in campaign(seed=20_241_001, cases=20_000):
        mutation, outcome = line.split(": ")
        outcomes[mutation].add(outcome)
    assert outcomes == ALWAYS
