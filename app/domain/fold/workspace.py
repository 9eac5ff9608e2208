"""What events of the log and its owners do to the state."""

from __future__ import annotations

from app.domain import events as e
from app.domain.fold.config import drop_reasons
from app.domain.fold.keys import drop_over
from app.domain.fold.supervision import drop_ended
from app.domain.state import State
from app.domain.words import Connection, ConversationState

REASONS_SINCE = 2
"""The first stored format that says why configuration was changed."""


def opened(state: State, event: e.WorkspaceOpened) -> None:
    """The first event of a log."""
    assert not state.gen, "a log is opened once"
    state.workspace, state.gen = event.workspace, event.gen


def epoch_opened(state: State, event: e.EpochOpened) -> None:
    """A new owner: every socket is gone, deadlines move by the gap."""
    assert event.epoch > state.epoch
    state.epoch = event.epoch
    _extend(state, event.gap_ms)
    for agent in state.agents.values():
        if agent.connection is not Connection.LOST:
            agent.connection = Connection.GRACE
            agent.grace_until = event.at + event.grace_ms


def deadlines_extended(state: State, event: e.DeadlinesExtended) -> None:
    """The store was away."""
    _extend(state, event.by_ms)
    for agent in state.agents.values():
        if agent.connection is Connection.GRACE:
            agent.grace_until += event.by_ms


def witnessed(state: State, event: e.StateWitnessed) -> None:
    """Says something about the state, and changes nothing."""


def origin_noted(state: State, event: e.OriginNoted) -> None:
    """Says from where something came, and changes nothing."""


def format_finalized(state: State, event: e.FormatFinalized) -> None:
    """Another stored format is in force; the one before need not say what is over."""
    drop_ended(state, event.at)
    drop_over(state, event.at)
    if event.format < REASONS_SINCE:
        drop_reasons(state)
    state.format = event.format


def _extend(state: State, by_ms: int) -> None:
    for agent in state.agents.values():
        for offer in agent.offers:
            state.offers[offer].expires_at += by_ms
        for conversation in agent.conversations:
            held = state.conversations[conversation]
            if held.state is ConversationState.WRAPPING:
                held.wrap_until += by_ms
