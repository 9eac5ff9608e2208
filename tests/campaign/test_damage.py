"""A thousand damages, on a disk of memory and on a real store; and proof that they are seen."""

from __future__ import annotations

import pytest

from app.adapters.embedded.binary import NoServerBinary
from app.campaign import damage
from app.campaign.damage import MemoryGround, Outcome, campaign
from app.campaign.damages import DAMAGES
from app.campaign.machine import Store
from app.campaign.real_ground import RealGround
from app.domain.events import OfferMade
from app.shell import rebuilding


def judge(outcome: Outcome, count: int) -> None:
    assert outcome.violations == []
    assert outcome.cases == outcome.neighbour_served == count
    assert sum(outcome.table.values()) == count


@pytest.mark.slow
async def test_a_thousand_damages_in_memory() -> None:
    outcome = await campaign(MemoryGround(), seed=20_241_001, count=900)
    judge(outcome, 900)
    tried = {(place.removesuffix(", owned"), kind) for place, kind, _ in outcome.table}
    assert tried >= set(DAMAGES)
    outcomes = {result for _, _, result in outcome.table}
    assert outcomes >= {
        "right",
        "right, a snapshot passed by",
        "refused: record unreadable",
        "refused: tail lost",
        "refused: log vanished",
        "refused: is missing",
        "refused: was trimmed",
        "went on; then right",
        "stopped; then refused: tail lost",
    }


@pytest.mark.slow
async def test_a_hundred_damages_on_a_real_store() -> None:
    try:
        store = Store()
    except NoServerBinary:
        pytest.skip("no valkey or redis server program")
    async with store:
        with store.admin() as admin:
            judge(await campaign(RealGround(store.url, admin), seed=7, count=100), 100)


async def test_a_wrong_state_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that skips what it cannot read: the campaign must not let it pass."""
    apply = rebuilding.Rebuilt.apply

    def skip(self: rebuilding.Rebuilt, position: object, record: bytes) -> object:
        try:
            return apply(self, position, record)  # type: ignore[arg-type]
        except rebuilding.CannotApply:
            self.reader.prev, self.last = None, position  # type: ignore[assignment]
            return None

    monkeypatch.setattr(rebuilding.Rebuilt, "apply", skip)
    outcome = await campaign(MemoryGround(), seed=3, count=60)
    assert any("wrong state" in violation for violation in outcome.violations)


def test_a_misrouted_offer_would_be_seen() -> None:
    made = OfferMade(1, "o1", "billing.1.1", "orders", "cid", 1, 2, 1, {})
    with pytest.raises(damage.Violation, match="misrouted"):
        damage.right_offer(made)
    made = OfferMade(1, "o1", "billing.1.1", "billing", "cid", 1, 2, 1, {})
    with pytest.raises(damage.Violation, match="not of that queue"):
        damage.right_offer(made)
