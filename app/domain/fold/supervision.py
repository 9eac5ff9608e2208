"""What supervisors' deeds to people and to the watchdog do to the state.

What has ended goes whenever one of the kind comes, so that none of the tables grows for ever.
"""

from __future__ import annotations

from app.domain import events as e
from app.domain.state import Broadcast, Freeze, SignOut, State
from app.domain.supervision import (
    BROADCASTS_KEPT,
    BROADCASTS_KEPT_MS,
    REPAIRS,
    SIGN_OUTS_PER_KEY,
    sign_out_id,
)


def login_ended(state: State, event: e.LoginEnded) -> None:
    """One sign-in counts no more."""
    drop_ended(state, event.at)
    own = [one.id for one in state.sign_outs.values() if one.key == event.key]
    for oldest in own[: max(len(own) - SIGN_OUTS_PER_KEY + 1, 0)]:
        del state.sign_outs[oldest]
    state.sign_outs[event.login] = SignOut(
        event.login, event.key, event.at, event.until, "", event.by
    )


def agent_signed_out(state: State, event: e.AgentSignedOut) -> None:
    """No sign-in of the agent that was made before counts any more."""
    drop_ended(state, event.at)
    id_ = sign_out_id(event.agent)
    state.sign_outs[id_] = SignOut(id_, "", event.at, event.until, event.reason, event.by)


def repairs_frozen(state: State, event: e.RepairsFrozen) -> None:
    """The watchdog only tells."""
    state.freezes[REPAIRS] = Freeze(REPAIRS, event.at, event.until, event.reason, event.by)


def repairs_thawed(state: State, event: e.RepairsThawed) -> None:
    """The watchdog repairs again."""
    del state.freezes[REPAIRS]


def broadcast_sent(state: State, event: e.BroadcastSent) -> None:
    """A message, kept for as long as people ask what was said."""
    drop_ended(state, event.at)
    full = len(state.broadcasts) - BROADCASTS_KEPT + 1
    for oldest in [*state.broadcasts][: max(full, 0)]:
        del state.broadcasts[oldest]
    state.broadcasts[event.broadcast] = Broadcast(
        event.broadcast, event.at, event.until, event.text, event.queue, event.agent, event.by
    )


def broadcast_withdrawn(state: State, event: e.BroadcastWithdrawn) -> None:
    """It is on no screen any more."""
    known = state.broadcasts[event.broadcast]
    known.withdrawn_at, known.withdrawn_by = event.at, event.by


def drop_ended(state: State, at: int) -> None:
    """Forget what time has ended."""
    for login in [one.id for one in state.sign_outs.values() if one.until <= at]:
        del state.sign_outs[login]
    for name in [one.id for one in state.freezes.values() if one.until <= at]:
        del state.freezes[name]
    for id_ in [one.id for one in state.broadcasts.values() if one.at + BROADCASTS_KEPT_MS <= at]:
        del state.broadcasts[id_]
