"""What has to have happened at least once in a large enough campaign, or the campaign was blind.

Every story, event, refusal, close code, cause of an incident, repair and upcaster, by the name that
``Outcome`` counts it under. MUST be read off the product's own tables, so that what is new there is
missed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from app.campaign.sim.faults import STORIES
from app.codec.events import TABLE
from app.codec.formats import FIRST, FORMATS
from app.codec.state_versions import UPCASTERS
from app.domain.events import Event
from app.domain.refusals import Refusal
from app.domain.watch import Cause
from app.wire.codes import CloseCode, Problem

REPAIRED = ("lost_wake_up", "orphan_reservation", "leaked_capacity", "ghost_agent")
ON_SOCKETS = (
    Problem.FRAME_INVALID,
    Problem.UNKNOWN_TYPE,
    Problem.PENDING,
    Problem.OVERLOADED,
    Problem.NOT_OWNER,
)
BY_PAGES = (CloseCode.NORMAL, CloseCode.GOING)
"""What a server never says, only hears."""
WAYS = (
    "append_trouble_total kind=uncertain",
    "append_trouble_total kind=unavailable",
    "follower ended: cannot read",
    "follower ended: differs",
    "follower ended: killed",
    "foreign_records_total",
    "format_shadow_total result=ok",
    "misroute_prevented_total",
    "overloaded_total",
    "resumes_total mode=replay",
    "resumes_total mode=snapshot",
    "sockets_lost_total reason=no_pong",
    "start refused CannotApply",
    "start refused StoreUnavailable",
    "step_downs_total reason=EngineBroken",
    "step_downs_total reason=StoreConflict",
    "step_downs_total reason=StoreFenced",
    "tail_repaired_total",
    "trouble NotOwner",
    "trouble OutcomeUnknown",
    "trouble Overloaded",
    "trouble StoreDown",
)


def expected() -> dict[str, list[str]]:
    """{kind: names}."""
    return {
        "story": [*STORIES, "neighbour"],
        "event": [f"event {kind.__name__}" for kind in get_args(Event)],
        "refusal": [f"code {code}" for code in Refusal if code is not Refusal.ALREADY_OPEN],
        "problem": [f"code {code}" for code in ON_SOCKETS],
        "close code": [f"close {code.value}" for code in CloseCode if code not in BY_PAGES],
        "incident": [f"incident {cause}" for cause in Cause],
        "repair": [f"repair {cause}" for cause in REPAIRED],
        "upcaster": [
            # What is older was written before there were formats: the golden logs replay it.
            *(
                f"upcaster {number} from {version}"
                for number, version in TABLE.upcasters
                if version >= FORMATS[FIRST].records[number]
            ),
            *(f"upcaster of states from {version}" for version in UPCASTERS),
        ],
        "way": [*WAYS],
    }


def never(counts: Mapping[str, int]) -> dict[str, list[str]]:
    """{kind: names} of what did not happen; kinds where nothing is missing are left out."""
    missing = {
        kind: [name for name in names if not counts.get(name)] for kind, names in expected().items()
    }
    return {kind: names for kind, names in missing.items() if names}
