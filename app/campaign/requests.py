"""Requests made out of the served ``/openapi.json`` by schemathesis, with all its checks.

It runs as a process of its own and judges each answer; here it is counted what the server made of
it, and looked whether anything is left. A request that fits its description and is refused all the
same is a fault of the description, except where a rule cannot be said in it: ``RULES``.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from app.campaign.machine import ADMIN_KEY, Server, Store
from app.campaign.tally import left_over, tally_of

OPERATIONS: Final = 75
CASES_MIN: Final = 3_000
"""What the other phases make by themselves, whatever the number of examples."""
RULES: Final = {
    "GET /v1/audit": "an instant has a place in the log",
    "GET /v1/audit.csv": "until comes after from",
    "GET /v1/audit.ndjson": "until comes after from",
    "GET /v1/board": "an instant lies within what the log keeps",
    "GET /v1/history": "until comes after from",
    "GET /v1/history.csv": "until comes after from",
    "GET /v1/estimates": "ids with commas between them",
    "POST /v1/broadcasts": "it ends after it begins, and is for one kind of listener",
    "POST /v1/conversations": "keys and texts are printable at any depth, and not too many",
    "POST /v1/conversations/{id}/cancel": "a reason is one of the words or says which",
    "POST /v1/keys": "a role and what it may be limited to go together",
    "POST /v1/keys/{id}/limits": "an instant lies ahead",
    "POST /v1/keys/{id}/rotate": "an instant lies ahead",
    "POST /v1/session": "one way to sign in, and not two",
    "POST /v1/tickets": "an agent is named where the key is bound to none",
    "PUT /v1/agents/{id}": "ids of the server's own are not to be had",
    "PUT /v1/presences/{id}": "ids of the server's own are not to be had",
    "PUT /v1/queues/{id}": "a zone exists, hours end after they begin, a rule names its target",
}
"""Operation -> the rule for which a request may be answered 400 that fits the description."""
VERSIONED: Final = ("PUT /v1/agents/{id}", "PUT /v1/presences/{id}", "PUT /v1/queues/{id}")
"""An ``If-Match`` that names no version matches none: 412, as RFC 9110 has it."""
REFUSED: Final = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "429"]
STATUSES: Final = ["2xx", "3xx", "400", "401", "403", "404", "409", "412", "429", "503"]
SETTINGS: Final = "schemathesis.toml"
PHASES: Final = "examples,coverage,fuzzing,stateful"
WITHOUT_LIMITS: Final = {"INTERLOCK_SNAPSHOTS__FOLLOWER": "false"}


class NotInstalled(Exception):
    """schemathesis is not here; the message says how to get it."""


@dataclass
class Asked:
    """What came of it: requests, faults, and what schemathesis said."""

    requests: int = 0
    faults: list[str] = field(default_factory=list)
    report: str = ""


async def campaign(
    seed: int, count: int, say: Callable[[int], None], only: str = "", phases: str = PHASES
) -> Asked:
    """Send about so many requests to a server of our own. Raises NotInstalled.

    ``only``: to paths that this regular expression finds.
    """
    if find_spec("schemathesis") is None:
        raise NotInstalled("schemathesis is missing: pip install 'interlock-offers[test]'")
    asked = Asked()
    async with Store(fsync="everysec") as store:
        server = Server(store.folder, store, WITHOUT_LIMITS)
        await server.start()
        try:
            before = await tally_of(server)
            words = _words(server.base, store.folder, seed, count)
            words += ["--phases", phases, *(["--include-path-regex", only] if only else [])]
            asked.report, status = await _run(server, store.folder, words, say)
            if status:
                asked.faults.append(f"schemathesis ended with {status}, see its report")
            asked.requests = (await tally_of(server)).requests - before.requests
            asked.faults += await left_over(server, before)
        finally:
            await server.end()
    return asked


def _words(base: str, folder: Path, seed: int, count: int) -> list[str]:
    examples = max(1, (count - CASES_MIN) // OPERATIONS)
    words = ["--config-file", str(folder / SETTINGS), "run", f"{base}/openapi.json"]
    words += ["--checks", "all", "--max-examples", str(examples), "--seed", str(seed)]
    words += ["--header", f"Authorization: Bearer {ADMIN_KEY}"]
    return [*words, "--no-color", "--continue-on-failure", "--request-timeout", "30"]


async def _run(
    server: Server, folder: Path, words: list[str], say: Callable[[int], None]
) -> tuple[str, int]:
    """What schemathesis says, and its exit status; ``say`` gets the requests so far."""
    report = folder / "report"
    await asyncio.to_thread((folder / SETTINGS).write_text, _settings())
    program = "from schemathesis.cli import schemathesis; schemathesis()"
    with report.open("wb") as told:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            program,
            *words,
            stdout=told,
            stderr=told,
            cwd=folder,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
    end = asyncio.create_task(child.wait())
    try:
        while not end.done():
            await asyncio.wait((end,), timeout=2)
            say((await tally_of(server)).requests)
    finally:
        if not end.done():
            child.kill()
    return await asyncio.to_thread(report.read_text, "utf-8", "replace"), await end


def _settings() -> str:
    lines = []
    for operation in RULES:
        lines += ["[[operations]]", f'include-name = "{operation}"']
        lines.append(_expected("positive_data_acceptance", STATUSES))
        if operation in VERSIONED:
            lines.append(_expected("negative_data_rejection", REFUSED))
    return "\n".join(lines) + "\n"


def _expected(check: str, statuses: list[str]) -> str:
    return f"checks.{check}.expected-statuses = {json.dumps(statuses)}"
