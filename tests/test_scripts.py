"""The bootstrap and the build hook: what must hold on a machine that has almost nothing."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import build_static

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
DEV = ROOT / "scripts" / "dev.py"


def test_the_bootstrap_needs_the_standard_library_alone() -> None:
    tree = ast.parse(DEV.read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    sources = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = sources + [alias.name for node in imports for alias in node.names]
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize("arguments", [[], ["fly"]])
def test_the_bootstrap_refuses_an_unknown_verb(arguments: list[str]) -> None:
    run = subprocess.run([sys.executable, DEV, *arguments], capture_output=True, text=True)
    assert (run.returncode, run.stderr.partition(":")[0]) == (2, "usage")


def test_the_lock_names_no_registry_and_checks_every_package() -> None:
    packages = json.loads((STATIC / "package-lock.json").read_text())["packages"]
    fetched = [package for name, package in packages.items() if name]
    assert fetched
    assert all("resolved" not in package and package["integrity"] for package in fetched)


def test_each_library_comes_with_its_licence() -> None:
    copied = set(build_static.FILES.values())
    assert all(f"{name.partition('/')[0]}/LICENSE" in copied for name in copied)


IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*['"]([^'"]+)['"]""")


def imported_by(script: Path) -> set[Path]:
    """The files a script names, as a browser would look for them; a bare name is an error."""
    sources = IMPORT.findall(script.read_text())
    assert all(source.startswith(".") for source in sources), f"{script} has a bare import"
    return {(script.parent / source).resolve() for source in sources}


SCRIPT = re.compile(r'src="__STATIC__(vendor/[^"]+)"')


def test_the_pages_find_every_library_and_no_file_is_copied_in_vain() -> None:
    if not build_static.is_complete(STATIC):
        pytest.skip("the browser libraries are not here: INTERLOCK_UI=skip")
    vendor = STATIC / "vendor"
    ours = [path for path in STATIC.rglob("*.js") if vendor not in path.parents]
    wanted = {path for script in ours for path in imported_by(script) if vendor in path.parents}
    pages = "".join(page.read_text() for page in STATIC.glob("*.html"))
    seen = {STATIC / name for name in SCRIPT.findall(pages)}
    while wanted:
        script = wanted.pop()
        seen.add(script)
        wanted |= imported_by(script) - seen
    copied = {vendor / name for name in build_static.FILES.values() if name.endswith(".js")}
    assert seen == copied


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of its own for the hook to fill, and a npm that writes what it was asked for."""
    static = tmp_path / "static"
    static.mkdir()
    for name in build_static.MANIFEST:
        (static / name).write_bytes((STATIC / name).read_bytes())
    return tmp_path


def hook(project: Path) -> build_static.StaticBuildHook:
    """The hook as hatchling makes it; of all it is given it looks at the root alone."""
    unused: Any = None
    return build_static.StaticBuildHook(str(project), {}, unused, unused, "", "wheel")


def put_npm(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this Python script the only ``npm`` on PATH; it runs beside the manifest's copy."""
    npm = folder / "bin" / "npm"
    npm.parent.mkdir(exist_ok=True)
    npm.write_text(f"#!{sys.executable}\n{script}\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(npm.parent))
    monkeypatch.delenv("INTERLOCK_UI", raising=False)


UNPACK = f"""
from pathlib import Path
for name in {list(build_static.FILES)}:
    target = Path("node_modules", name)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(name)
with open(Path({{calls!r}}), "a") as calls:
    calls.write("once ")
"""


def test_the_hook_copies_the_named_files_once(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_npm(project, UNPACK.format(calls=str(project / "calls")), monkeypatch)
    hook(project).initialize("editable", {})
    hook(project).initialize("standard", {})
    vendor = project / "static" / "vendor"
    names = {path.relative_to(vendor).as_posix() for path in vendor.rglob("*") if path.is_file()}
    assert names == {*build_static.FILES.values(), "complete"}
    assert (project / "calls").read_text() == "once "


def test_a_new_lock_fetches_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_npm(project, UNPACK.format(calls=str(project / "calls")), monkeypatch)
    hook(project).initialize("editable", {})
    lock = project / "static" / "package-lock.json"
    lock.write_text(lock.read_text() + "\n")
    hook(project).initialize("editable", {})
    assert (project / "calls").read_text() == "once once "


def test_npm_out_of_reach_is_one_sentence(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_npm(project, "raise SystemExit(1)", monkeypatch)
    with pytest.raises(SystemExit, match="INTERLOCK_UI=skip"):
        hook(project).initialize("editable", {})
    assert not build_static.is_complete(project / "static")


def test_without_the_pages_npm_is_not_asked(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_npm(project, "raise SystemExit(1)", monkeypatch)
    monkeypatch.setenv("INTERLOCK_UI", "skip")
    hook(project).initialize("editable", {})
    monkeypatch.setenv("PATH", str(project / "empty"))
    assert hook(project).dependencies() == []


def test_node_comes_as_a_wheel_only_where_npm_is_missing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_npm(project, "", monkeypatch)
    assert hook(project).dependencies() == []
    monkeypatch.setenv("PATH", str(project / "empty"))
    assert hook(project).dependencies() == [build_static.WITHOUT_NPM]
