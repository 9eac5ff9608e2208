"""The campaign against the decoder on the committed records: every type, every version.

The mutations are the program's own (``app.campaign``); what older versions meant stands here a
second time, by hand (``tests.codec.older``).
"""

from __future__ import annotations

from collections import Counter

from app.campaign import mutations
from app.campaign.decode import try_records
from app.codec.events import encode
from tests.codec.examples import EXAMPLES, KEY, PREV, WORKSPACE
from tests.codec.older import as_meant, older_records

assert (WORKSPACE, KEY, PREV) == (mutations.WORKSPACE, mutations.KEY, mutations.PREV)


def campaign(seed: int, cases: int) -> Counter[str]:
    """Try ``cases`` pieces of bad luck; counts of "mutation: outcome". Raises AssertionError."""
    sound = [*(encode(WORKSPACE, KEY, PREV, event) for event in EXAMPLES), *older_records()]
    tried = try_records(seed, cases, sound, as_meant)
    assert not tried.failures, tried.failures[:3]
    return tried.seen
