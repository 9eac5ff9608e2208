"""Changes of configuration as they are shown: who changed what from which value to which.

MUST NOT decide whether one may be taken back: ``undoable`` only says what the engine would find.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from app.domain.config_diff import diff
from app.domain.engine import Engine
from app.domain.state import ConfigChange, State
from app.wire.reserved import is_reserved
from app.wire.views import View


def changes_view(engine: Engine, limit: int, before: int | None) -> View:
    """The newest changes that are kept, at most ``limit``, all older than version ``before``."""
    state = engine.state
    versions = [
        version
        for version, change in reversed(state.changes.items())
        if (before is None or version < before) and not is_reserved(change.id)
    ]
    page = versions[:limit]
    return {
        "changes": [_change(state, state.changes[version]) for version in page],
        "next_before": page[-1] if len(versions) > limit else None,
    }


def change_view(engine: Engine, version: int) -> View:
    """One change. Raises KeyError when it is not known, or not any more."""
    return _change(engine.state, engine.state.changes[version])


def latest_change_view(engine: Engine, kind: str, id_: str) -> View:
    """The newest change of one thing. Raises KeyError when none is kept."""
    changes = engine.state.changes
    for version in reversed(changes):
        change = changes[version]
        if (change.kind, change.id) == (kind, id_):
            return _change(engine.state, change)
    raise KeyError(id_)


def _change(state: State, change: ConfigChange) -> View:
    action = "changed"
    if change.before is None or change.after is None:
        action = "created" if change.before is None else "removed"
    return {
        "version": change.version,
        "at": change.at,
        "by": change.by,
        "kind": change.kind,
        "id": change.id,
        "reason": change.reason,
        "action": action,
        "undoable": _settings_now(state, change) == change.after,
        "diff": [msgspec.to_builtins(one) for one in diff(change.before, change.after)],
    }


def _settings_now(state: State, change: ConfigChange) -> Any:
    tables: dict[str, Mapping[str, Any]] = {
        "queue": state.queues,
        "agent": state.agents,
        "presence": state.presences,
    }
    found = tables[change.kind].get(change.id)
    return None if found is None else found.settings
