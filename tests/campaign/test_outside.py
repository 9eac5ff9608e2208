"""The judge from outside: a right history passes, and each wrong one is told by what is wrong."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.campaign import outside
from app.campaign.outside import Judge, judge_files

Json = dict[str, Any]
NO_HASH = "00" * 8


def event(kind: str, **fields: Any) -> tuple[str, Json]:
    return kind, {"conversation": "c1", "queue": "q", "agent": "anna", **fields}


LOG = [
    ("WorkspaceOpened", {}),
    event("ConversationEntered"),
    event("OfferMade", offer="o1"),
    event("OfferEnded", offer="o1", outcome="declined"),
    event("OfferMade", offer="o2"),
    event("OfferEnded", offer="o2", outcome="accepted"),
    event("ConversationWrapping"),
    event("ConversationEnded", state="closed"),
    event("ConversationEntered", conversation="c2"),
    event("ConversationEnded", conversation="c2", state="abandoned"),
]


def lines(log: list[tuple[str, Json]]) -> list[Json]:
    """The log as an export has it: positions and a chain."""
    made: list[Json] = []
    for n, (kind, fields) in enumerate(log):
        prev = made[-1]["hash"] if made else NO_HASH
        made.append(
            {"position": f"1-{n}", "kind": kind, "fields": fields, "prev": prev, "hash": f"{n:016}"}
        )
    return made


def said(kind: str, ref: str, **fields: Any) -> Json:
    return {"who": "anna", "event": "sent", "detail": {"type": kind, "ref": ref, **fields}}


def heard(ref: str, ok: bool = True, **fields: Any) -> Json:
    detail = {"type": "reply", "ref": ref, "ok": ok, **fields}
    return {"who": "anna", "event": "received", "detail": detail}


def shown(offer: str, **fields: Any) -> Json:
    body = {"id": offer, "conversation": "c1", "queue": "q", **fields}
    return {"who": "anna", "event": "received", "detail": {"type": "offer", "offer": body}}


def wrote(act: str, name: str) -> Json:
    return {"who": "w", "event": "acknowledged", "detail": {"act": act, "id": name, "queue": "q"}}


JOURNAL = [
    wrote("create", "c1"),
    wrote("create", "c2"),
    wrote("cancel", "c2"),
    shown("o1"),
    said("decline", "r1", offer="o1"),
    heard("r1"),
    shown("o2"),
    said("accept", "r2", offer="o2"),
    heard("r2", ok=False, code="pending"),
    heard("r2"),
    said("complete", "r3", conversation="c1"),
    heard("r3"),
    said("accept", "r4", offer="o1"),
    heard("r4", ok=False, code="offer_expired"),
]


def verdict(log: list[Json], journal: list[Json]) -> list[str]:
    judge = Judge()
    judge.read(log)
    judge.hear(journal)
    return judge.verdict().faults


def test_a_right_history_passes() -> None:
    assert verdict(lines(LOG), JOURNAL) == []


Wrong = Callable[[list[tuple[str, Json]]], object]
WRONG_LOGS: dict[str, Wrong] = {
    "entered twice": lambda log: log.insert(2, log[1]),
    "misrouted": lambda log: log[2][1].update(queue="other"),
    "is offered while it is held": lambda log: log.insert(3, event("OfferMade", offer="o9")),
    "was made twice": lambda log: log[4][1].update(offer="o1"),
    "is held by anna and by bob": lambda log: log.insert(
        6, event("ConversationAssigned", agent="bob", from_agent=None)
    ),
    "was not live": lambda log: log.insert(6, log[5]),
    "goes on after its end": lambda log: log.append(event("OfferMade", offer="o9")),
    "wraps up what": lambda log: log[6][1].update(agent="bob"),
    "ended 0 times": lambda log: log.__delitem__(3),
    "0 final states": lambda log: log.__delitem__(7),
    "2 final states": lambda log: log.append(log[7]),
    "acknowledged, entered 0 times": lambda log: log.__delitem__(8),
    "cancel was acknowledged": lambda log: log[9][1].update(state="closed"),
    "accept of o2 acknowledged": lambda log: log[5][1].update(agent="bob"),
    "accept of o1 refused, in the log 1": lambda log: log[3][1].update(outcome="accepted"),
    "decline of o1 acknowledged": lambda log: log[3][1].update(outcome="timed_out"),
    "complete of c1 acknowledged": lambda log: [log.__delitem__(6), log[6][1].update(agent=None)],
    "which is not in the log": lambda log: [log.__delitem__(2), log.__delitem__(2)],
    "as another than was made": lambda log: log[4][1].update(agent="bob"),
    "never entered": lambda log: log.__delitem__(1),
    "an epoch begins with": lambda log: log.__delitem__(0),
}


@pytest.mark.parametrize("fault", WRONG_LOGS)
def test_each_wrong_history_is_told(fault: str) -> None:
    log = deepcopy(LOG)
    WRONG_LOGS[fault](log)
    assert any(fault in found for found in verdict(lines(log), JOURNAL))


def test_a_broken_chain_a_wrong_order_and_unreadable_bytes_are_told() -> None:
    for spoil, fault in (
        (lambda log: log.__delitem__(3), "does not follow"),
        (lambda log: log[3].update(position="1-1"), "stands after"),
        (lambda log: log[3].update(unreadable="NotARecord: no"), "is unreadable"),
    ):
        log = lines(LOG)
        spoil(log)
        assert any(fault in found for found in verdict(log, JOURNAL))


def test_two_final_answers_are_told() -> None:
    assert any(
        "two final answers" in found for found in verdict(lines(LOG), [*JOURNAL, JOURNAL[5]])
    )


def test_who_was_refused_may_ask_again_and_be_heard() -> None:
    again = [said("accept", "r9", offer="o2"), heard("r9", ok=False, code="internal")]
    assert verdict(lines(LOG), [*again, *JOURNAL]) == []


def test_files_are_judged_alike(tmp_path: Path) -> None:
    log, journal = tmp_path / "log", tmp_path / "journal"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines(LOG)))
    journal.write_text("".join(json.dumps(entry) + "\n" for entry in JOURNAL))
    assert judge_files(log, [journal]).faults == []
    journal.write_text(json.dumps(shown("o7")) + "\n")
    assert judge_files(log, [journal]).faults != []


def test_the_judge_shares_nothing_with_the_server() -> None:
    tree = ast.parse(Path(outside.__file__).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = (
                [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            )
            assert all(str(name).partition(".")[0] in sys.stdlib_module_names for name in names)
