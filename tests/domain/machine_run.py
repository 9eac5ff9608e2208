"""Run the machine: a short search each time, a long one where INTERLOCK_DOMAIN_EXAMPLES asks."""

from __future__ import annotations

import os

from hypothesis import settings

from tests.domain.machine import OfferMachine

EXAMPLES = "INTERLOCK_DOMAIN_EXAMPLES"

TestOffers = OfferMachine.TestCase
TestOffers.settings = settings(
    max_examples=int(os.environ.get(EXAMPLES, "200")), stateful_step_count=50
)
