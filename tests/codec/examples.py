"""One lifelike event of every class, and how to make any other."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from app.domain import events as e
from app.domain.settings import (
    AgeingRule,
    AgentSettings,
    BackOffRule,
    DeclineReason,
    DeclineRule,
    HoursRule,
    IdleRule,
    NoAnswerRule,
    OfferRule,
    OverflowRule,
    PreferredRule,
    PresenceSettings,
    QueueSettings,
    Ring,
    ServiceLevelRule,
    WrapUpRule,
)
from app.domain.words import (
    Connection,
    ConversationState,
    OfferState,
    Presence,
    QueueStatus,
    Strategy,
)

WORKSPACE = "main"
KEY = b"{main}:log"
PREV = bytes.fromhex("0123456789abcdef")

_AT = 1_790_000_000_000
_WHO = "supervisor:key-7"

_BILLING = QueueSettings(
    name="Billing",
    priority=3,
    offer=OfferRule(
        strategy=Strategy.LEAST_LOADED,
        timeout_ms=25_000,
        timeouts_by_channel={"mail": 120_000},
        fan_out=3,
        respect_levels=False,
    ),
    rings=[Ring(), Ring(after_ms=30_000, max_level=2, relax_skills=["french"])],
    preferred=PreferredRule(online_ms=15_000, offline_ms=1_000),
    decline=DeclineRule(
        cooldown_ms=90_000,
        reasons=[DeclineReason(code="busy"), DeclineReason(code="no", again=False)],
    ),
    back_off=BackOffRule(declined_ms=5_000, busy_ms=15_000, missed_ms=10_000, undelivered_ms=2_000),
    no_answer=NoAnswerRule(streak=3, presence="break"),
    wrap_up=WrapUpRule(ms=30_000, extendable=False),
    idle=IdleRule(after_ms=600_000),
    service_level=ServiceLevelRule(
        target_ms=30_000, percent=92.5, variant="answered_only", short_abandon_ms=3_000
    ),
    overflow=[
        OverflowRule(when="depth", value=50, queue="backup"),
        OverflowRule(when="after_ms", value=90_000, to="message", message="Sorry it takes long."),
    ],
    max_waiting=200,
    ageing=AgeingRule(priority_per_min=0.1),
    hours=HoursRule(
        zone="Europe/Copenhagen", weekly={"mon": [["09:00", "17:00"]]}, holidays=["2026-12-24"]
    ),
    weight_by_channel={"call": 10},
)
_ANNA = AgentSettings(
    name="Anna Ærø",
    queues={"billing": 1},
    skills={"french": 3},
    capacity={"chat": 3},
    units=10,
    blocks={"voice": ["chat"]},
    wrap_up_ms=45_000,
    pull=True,
)
_MAIL = PresenceSettings(name="Mail", presence=Presence.AVAILABLE, channels=["mail"])
_ENTERED = e.ConversationEntered(
    at=_AT,
    conversation="c-1",
    queue="billing",
    channel="chat",
    priority=-2,
    skills={"french": 2},
    preferred_agent="anna",
    customer={"name": "Zoë \u2028 <b>", "vip": True, "age": None},
    subject='Invoice "12"\n\u0000 \U0001f600',
    attributes={"order": 2**53 + 1, "total": 12.5, "tags": ["a", [], {}], "nested": {"k": -0.0}},
    fingerprint="5f" * 32,
    by="ingest:key-1",
)

EXAMPLES: tuple[e.Event, ...] = (
    e.WorkspaceOpened(_AT, "main", "g-1"),
    e.EpochOpened(_AT, epoch=7, node="node-a", gap_ms=1_200, grace_ms=20_000),
    e.DeadlinesExtended(_AT, by_ms=3_000),
    e.QueueConfigured(_AT, "billing", 4, _BILLING, "admin:key-0"),
    e.QueueRemoved(_AT, "billing", 5, _WHO),
    e.QueueStatusChanged(_AT, "billing", QueueStatus.DRAINING, "closing", _WHO),
    e.AgentConfigured(_AT, "anna", 6, _ANNA, "admin:key-0"),
    e.AgentRemoved(_AT, "anna", 7, _WHO),
    e.PresenceChanged(_AT, "anna", Presence.AWAY, "lunch", "agent:anna", custom="break"),
    e.ConnectionChanged(_AT, "anna", Connection.GRACE, _AT + 20_000),
    _ENTERED,
    e.ConversationMoved(
        at=_AT,
        conversation="c-1",
        queue="sales",
        from_queue="billing",
        enqueued_at=_AT - 60_000,
        agent="anna",
        reason="wrong desk",
        by=_WHO,
        soft_until=_AT + 60_000,
        pass_until=_AT + 120_000,
        overflow="after_ms",
    ),
    e.ConversationRequeued(
        at=_AT,
        conversation="c-1",
        queue="billing",
        agent="anna",
        reason="transfer",
        by="agent:anna",
        preferred_agent="bo",
        fresh=True,
        soft_until=_AT + 60_000,
        pass_until=_AT + 120_000,
    ),
    e.ConversationPrioritized(_AT, "c-1", "billing", 9, "vip", _WHO),
    e.ConversationAssigned(_AT, "c-1", "billing", "bo", "asked for", _WHO, from_agent="anna"),
    e.ConversationWrapping(_AT, "c-1", "billing", "anna", _AT + 30_000, "agent:anna", "resolved"),
    e.ConversationEnded(
        at=_AT,
        conversation="c-1",
        queue="billing",
        agent=None,
        state=ConversationState.CLOSED,
        reason="overflow:closed",
        by="system",
        overflow="closed",
        disposition="callback",
    ),
    e.ConversationsForgotten(_AT, ["c-1", "c-2"]),
    e.OfferMade(
        at=_AT,
        offer="o-1",
        conversation="c-1",
        queue="billing",
        agent="anna",
        units=1,
        expires_at=_AT + 20_000,
        version=6,
        why={"strategy": "least_loaded", "ring": 1, "load": 0.5, "asked": ["anna", "bo"]},
    ),
    e.OfferDelivered(_AT, "o-1", "c-1", "anna"),
    e.OfferSeen(_AT, "o-1", "c-1", "anna"),
    e.OfferEnded(
        at=_AT,
        offer="o-1",
        conversation="c-1",
        queue="billing",
        agent="anna",
        outcome=OfferState.TIMED_OUT,
        reason="no_answer",
        by="system",
        soft_until=_AT + 60_000,
        pass_until=_AT + 120_000,
        back_off_until=_AT + 10_000,
    ),
    e.KeyCreated(_AT, "key-9", "Anna's desk", "agent", "ab" * 32, "anna", "admin:key-0"),
    e.KeyRevoked(_AT, "key-9", "admin:key-0"),
    e.PresenceConfigured(_AT, "mail_only", 8, _MAIL, "admin:key-0"),
    e.PresenceRemoved(_AT, "mail_only", 9, "admin:key-0"),
    e.PresencePlanned(_AT, "anna", Presence.OFFLINE, "home", "agent:anna", custom="gone"),
    e.QueueHoursChanged(_AT, "billing", open=False, by="system"),
    e.ConversationActive(_AT, "c-1", "billing", "anna", "ingest:key-1"),
    e.ConversationIdled(_AT, "c-1", "billing", "anna", "system"),
    e.ConversationWoke(_AT, "c-1", "billing", "anna", "agent:anna"),
    e.ConversationNotified(_AT, "c-1", "billing", 1, "after_ms", "Sorry it takes long."),
    e.ConversationQuarantined(
        _AT, "c-1", "billing", "anna", "misroute_prevented", "offer names sales", "system"
    ),
    e.StateWitnessed(_AT, 5_000, "0123456789abcdef"),
    e.FormatFinalized(_AT, 2, "admin:key-0"),
    e.IncidentOpened(
        at=_AT,
        incident="i1",
        cause="lost_wake_up",
        since=_AT - 2_000,
        queue="billing",
        conversation="c-1",
        agent="anna",
        text="Billing: 14 waiting, 0 offers for 42 s.",
        evidence={"waiting": 14, "able": ["anna"]},
    ),
    e.IncidentNoted(_AT, "i1", "repaired", "The queue was looked at anew.", "system", {"n": 14}),
    e.IncidentResolved(_AT, "i1", "Offers are made again.", "system", 14, 588_000),
    e.CapacityCorrected(_AT, "anna", {"chat": 2}, {"chat": 1, "mail": 1}, "system"),
    e.LoginEnded(_AT, "Zm9vYmFy-_x", "key-9", _AT + 3_600_000, "agent:anna"),
    e.AgentSignedOut(_AT, "anna", _AT + 31_622_400_000, "laptop lost", _WHO),
    e.RepairsFrozen(_AT, _AT + 1_800_000, "we look ourselves", _WHO),
    e.RepairsThawed(_AT, "found it", _WHO),
    e.BroadcastSent(
        _AT, "b1-1", "Pay is down: \u00e6 <b>\u2028", "billing", None, _AT + 3_600_000, _WHO
    ),
    e.BroadcastWithdrawn(_AT, "b1-1", _WHO),
    e.ConfigExplained(_AT, 6, 7, "sick leave", "admin:key-0"),
    e.KeyLimited(_AT, "key-9", ["billing", "sales"], _AT + 86_400_000, True, "admin:key-0"),
    e.KeyRotated(_AT, "key-9", "cd" * 32, _AT + 3_600_000, "admin:key-0"),
    e.OriginNoted(_AT, 2, "supervisor:key-9", "192.0.2.7"),
)

_INTS = st.integers(-(2**63), 2**63 - 1)
_FLOATS = st.floats(allow_nan=False, allow_infinity=False)
_TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | _INTS | _FLOATS | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=8,
)
_PLAIN = {
    int: _INTS,
    float: _FLOATS,
    str: _TEXTS,
    bool: st.booleans(),
    NoneType: st.none(),
    None: st.none(),
    Any: JSON_VALUES,
}


def any_of(hint: Any) -> st.SearchStrategy[Any]:
    """Every value that an annotation of an event allows and JSON can say."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if get_origin(hint) is UnionType:
        return st.one_of([any_of(option) for option in get_args(hint)])
    if get_origin(hint) is list:
        return st.lists(any_of(get_args(hint)[0]), max_size=3)
    if get_origin(hint) is dict:
        return st.dictionaries(*map(any_of, get_args(hint)), max_size=3)
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    assert isinstance(hint, type) and is_dataclass(hint)
    hints = get_type_hints(hint)
    return st.builds(hint, **{field.name: any_of(hints[field.name]) for field in fields(hint)})
