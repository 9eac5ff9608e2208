"""What Interlock is made of: pinned with hashes, under licences that we may pass on, listed."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import tomllib
from email.message import Message
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("supply", ROOT / "scripts" / "supply.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["supply"] = module
    spec.loader.exec_module(module)
    return module


supply = load()


def test_the_lock_holds_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["oidc"]]
    locked = {pin.name: pin for pin in supply.pins()}
    for line in asked:
        wanted = Requirement(line)
        pin = locked.get(canonicalize_name(wanted.name))
        assert pin and wanted.specifier.contains(pin.version), (
            f"{line} is not in the lock: python3 scripts/supply.py lock"
        )
        assert bool(pin.marker) is bool(wanted.marker), line


def test_every_pin_has_hashes_and_none_names_a_registry() -> None:
    text = supply.LOCK.read_text()
    entries = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(supply.pins()) > 30
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    assert "://" not in text and "index" not in text


def test_every_licence_may_be_passed_on() -> None:
    refused = {part.name: part.refused for part in supply.parts() if part.refused}
    assert not refused, "look at their terms before they go on the list in scripts/supply.py"


@pytest.mark.parametrize(
    ("licence", "refused"),
    [
        ("MIT", []),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", []),
        ("GPL-3.0-only", ["GPL-3.0-only"]),
        ("MIT OR GPL-3.0-or-later", ["GPL-3.0-or-later"]),
        ("Apache-2.0 WITH LLVM-exception", ["LLVM-exception"]),
        ("", ["none named"]),
    ],
)
def test_a_licence_that_is_not_on_the_list_is_refused(licence: str, refused: list[str]) -> None:
    assert supply.Part("pkg:pypi/x@1", "x", "1", licence).refused == refused


@pytest.mark.parametrize(
    ("headers", "licence"),
    [
        ({"License-Expression": "MIT", "License": "GPL"}, "MIT"),
        ({"License": "MIT License\n\nCopyright (c)"}, "MIT"),
        ({"Classifier": "License :: OSI Approved :: Apache Software License"}, "Apache-2.0"),
        ({"Classifier": "Topic :: Office"}, ""),
    ],
)
def test_a_licence_is_read_wherever_it_is_said(headers: dict[str, str], licence: str) -> None:
    about = Message()
    for name, value in headers.items():
        about[name] = value.replace("\n", "\n ")
    assert supply.licence_of(about) == licence


def test_the_bill_of_materials_names_each_part_once_and_is_the_same_again() -> None:
    document = supply.sbom(supply.parts())
    assert document == supply.sbom(supply.parts())
    refs = [one["bom-ref"] for one in document["components"]]
    assert len(refs) == len(set(refs))
    assert {"pkg:npm/lit-html@3.3.3", "pkg:npm/uplot@1.6.32"} <= set(refs)
    assert any(ref.startswith("pkg:pypi/starlette@") for ref in refs)
    assert set(document["dependencies"][0]["dependsOn"]) == set(refs)
    assert document["metadata"]["component"]["licenses"] == [{"expression": "Apache-2.0"}]
    assert str(ROOT) not in json.dumps(document)
