"""The difference between two boards, and the board again from the old one and the difference.

``fold(old, diff(old, new)) == new`` always, so whoever folds has what a fresh snapshot would give.
Rows are known by ``id``, sorted by it, and always have the same fields. A client can fold by
itself: rows of ``queues`` and ``agents`` are merged field by field by ``id``, ids in
``queues_removed`` and ``agents_removed`` go, and every other key replaces the old value as a whole.
"""

from __future__ import annotations

from typing import Any, Final

View = dict[str, Any]
TABLES: Final = ("queues", "agents")
_REMOVED: Final = "_removed"


def diff(old: View, new: View) -> View:
    """What changed from ``old`` to ``new``, as small as the rule above allows."""
    changes: View = {
        key: value
        for key, value in new.items()
        if key not in TABLES and (key not in old or old[key] != value)
    }
    for table in TABLES:
        before = {row["id"]: row for row in old[table]}
        rows = []
        for row in new[table]:
            known = before.pop(row["id"], None)
            # An unchanged row is most often the very same object: see ``BoardKeeper``.
            if known is row:
                continue
            changed = row if known is None else _changed(known, row)
            if changed:
                rows.append({"id": row["id"], **changed})
        if rows:
            changes[table] = rows
        if before:
            changes[table + _REMOVED] = sorted(before)
    return changes


def fold(board: View, changes: View) -> View:
    """The board after ``changes``; the given board is left as it is."""
    result = {**board}
    for key, value in changes.items():
        if key in TABLES:
            rows = {row["id"]: row for row in result[key]}
            for row in value:
                rows[row["id"]] = {**rows.get(row["id"], {}), **row}
            result[key] = [rows[id_] for id_ in sorted(rows)]
        elif not key.endswith(_REMOVED):
            result[key] = value
    for table in TABLES:
        gone = frozenset(changes.get(table + _REMOVED, ()))
        if gone:
            result[table] = [row for row in result[table] if row["id"] not in gone]
    return result


def _changed(old: View, new: View) -> View:
    return {key: value for key, value in new.items() if key not in old or old[key] != value}
