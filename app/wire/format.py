"""The stored format over HTTP: where a workspace is, and what is missing for the next one.

MUST NOT hold behaviour.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from app.domain.refusals import Refusal as R
from app.wire.codes import Problem as P
from app.wire.route import ADMIN, SUPERVISE, Route
from app.wire.shapes import At

FORMAT_MAX: Final = 1_000
FormatNumber = Annotated[int, Meta(ge=1, le=FORMAT_MAX, description="A stored format.")]


class Finalize(Struct, kw_only=True, forbid_unknown_fields=True):
    """Put a stored format in force. ``now`` does without the waiting, never without a check."""

    format: FormatNumber | UnsetType = UNSET
    now: bool = False
    allow_downgrade: bool = False


class FormatNode(Struct, kw_only=True):
    """One live node, as it announces itself."""

    node: str
    version: str
    read_min: int
    read_max: int
    write_max: int
    owner: bool
    shadow_records: int
    shadow_mismatches: int


class FormatShape(Struct, kw_only=True):
    """The stored format in force, what this build can do, and what is missing to go on.

    ``target`` is the next format (null: none is newer); ``shadow_since`` 0: no shadow write yet.
    """

    finalized: int
    reads: tuple[int, int]
    writes: tuple[int, int]
    nodes: list[FormatNode]
    shadow_records: int
    shadow_mismatches: int
    shadow_since: At
    target: int | None
    missing: list[str]


def format_view(status: dict[str, Any]) -> dict[str, Any]:
    """The answer; ``status`` holds the fields of ``shell.format_gate.FormatStatus``."""
    nodes = [_node(name, facts) for name, facts in status["nodes"].items()]
    return {**status, "nodes": nodes}


def _node(name: str, facts: dict[str, Any]) -> dict[str, Any]:
    """A node of another build may leave fields out."""
    counts = ("read_min", "read_max", "write_max", "shadow_records", "shadow_mismatches")
    return {
        "node": name,
        "version": str(facts.get("version", "")),
        "owner": bool(facts.get("finalized", 0)),
        **{count: int(facts.get(count, 0)) for count in counts},
    }


FORMAT: Final = (
    Route(
        "GET",
        "/v1/format",
        "get_format",
        "The stored format: in force, readable by each live node, and what the next one lacks.",
        SUPERVISE,
        {200: (FormatShape, "Now.")},
    ),
    Route(
        "POST",
        "/v1/format/finalize",
        "finalize_format",
        "Put a stored format in force once every live node can read it.",
        ADMIN,
        {200: (FormatShape, "In force, now or before.")},
        Finalize,
        (P.FORMAT_NOT_READY, R.NOT_IN_FORMAT),
    ),
)
