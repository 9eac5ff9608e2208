"""The commands about the stored format: what a person reads, and what is sent."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli import cli
from app.cli import format as commands

NODE = {
    "node": "host-1",
    "version": "0.3.0",
    "read_min": 1,
    "read_max": 2,
    "write_max": 2,
    "owner": True,
    "shadow_records": 7,
    "shadow_mismatches": 0,
}
STATUS: dict[str, Any] = {
    "finalized": 1,
    "reads": [1, 2],
    "writes": [1, 2],
    "nodes": [NODE, NODE | {"node": "host-2", "owner": False, "read_max": 1}],
    "shadow_records": 7,
    "shadow_mismatches": 0,
    "shadow_since": 1_800_000_000_000,
    "target": 2,
    "missing": ["node host-2 (version 0.2.0) reads 1 to 1: update or stop it"],
}


class Server:
    """Answers what it holds, and notes what it is asked."""

    def __init__(self) -> None:
        self.answer = deepcopy(STATUS)
        self.asked: list[tuple[Any, ...]] = []

    def ask(self, *words: Any) -> Any:
        self.asked.append(words)
        return self.answer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(commands, "connect", lambda *_: server)
    return server


def run(*words: str) -> Result:
    result = CliRunner().invoke(cli, ["format", *words])
    assert result.exit_code == 0, result.output
    return result


def test_status_names_the_format_each_node_and_what_is_missing(server: Server) -> None:
    said = run("status").stdout
    assert server.asked == [("GET", "/v1/format")]
    assert "finalized      1" in said
    assert "7 since 2027-01-15 08:00:00Z, 0 of them wrong" in said
    assert "host-1  0.3.0    1 to 2  to 2    owner" in said
    assert "host-2  0.3.0    1 to 1  to 2    waits" in said
    assert said.endswith(f"missing for format 2:\n  {STATUS['missing'][0]}\n")


def test_status_says_when_nothing_is_missing_and_when_nothing_is_newer(server: Server) -> None:
    server.answer["missing"] = []
    assert "format 2 can be finalized: interlock format finalize" in run("status").stdout
    server.answer |= {"finalized": 2, "target": None, "shadow_since": 0}
    said = run("status").stdout
    assert "nothing newer to finalize" in said and "since" not in said


def test_status_for_programs_is_the_answer_as_it_came(server: Server) -> None:
    assert json.loads(run("status", "--json").stdout) == STATUS


def test_finalize_sends_what_was_asked_and_no_more(server: Server) -> None:
    server.answer |= {"finalized": 2, "target": None}
    result = run("finalize")
    assert result.stdout == "stored format 2 is in force\n" and not result.stderr
    run("finalize", "--format", "2", "--now")
    path = ("POST", "/v1/format/finalize")
    assert server.asked == [
        (*path, {"now": False, "allow_downgrade": False}),
        (*path, {"now": True, "allow_downgrade": False, "format": 2}),
    ]


def test_the_way_back_says_what_to_wait_for(server: Server) -> None:
    result = run("finalize", "--format", "1", "--allow-downgrade")
    assert result.stdout == "stored format 1 is in force\n"
    assert "once the next snapshot is there" in result.stderr
