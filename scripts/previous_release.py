"""Install an earlier release of this repository beside it, to run old and new programs together.

``python3 scripts/previous_release.py 0.2.0 DIRECTORY`` (or any commit or tag) takes the sources out
of git, makes a virtual environment that runs them on the libraries of the Python that runs this
script, and prints the path of its ``interlock``. With ``--libraries`` it installs that release's
own libraries instead, which needs a network. MUST NOT touch the working tree or git's index.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASES = ROOT / "scripts" / "releases.toml"
PARTS = ("app", "static", "pyproject.toml", "README.md", "LICENSE", "scripts")
ENTRY = "#!{python}\nfrom app.main import cli\n\ncli()\n"


class NotInClone(Exception):
    """The commit is not here: a shallow clone, or a copy without git."""


@dataclass(frozen=True)
class Release:
    """One line of ``releases.toml``."""

    version: str
    commit: str
    format: int


def releases() -> list[Release]:
    """All releases, the oldest first."""
    return [Release(**one) for one in tomllib.loads(RELEASES.read_text())["release"]]


def commit_of(name: str) -> str:
    """The commit of a version, a tag or a commit. Raises NotInClone."""
    known = {release.version: release.commit for release in releases()}
    wanted = known.get(name, name)
    asked = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{wanted}^{{commit}}")
    if asked.returncode:
        raise NotInClone(f"{name} ({wanted}) is not in this clone: git fetch --unshallow --tags")
    return asked.stdout.decode().strip()


def install(name: str, directory: Path, *, libraries: bool = False) -> Path:
    """Install a release into an empty directory; the path of its ``interlock``.

    Raises NotInClone, subprocess.CalledProcessError.
    """
    commit = commit_of(name)
    source, env = directory / "source", directory / "env"
    source.mkdir(parents=True)
    packed = _git("archive", "--format=tar", commit, *_present(commit))
    packed.check_returncode()
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(source, filter="data")
    # A link to the Python that runs this, whose libraries the release then sees.
    venv.create(env, with_pip=libraries, symlinks=True)
    python = env / "bin" / "python"
    if libraries:
        subprocess.run([python, "-m", "pip", "install", "-q", source], check=True)
        return env / "bin" / "interlock"
    _lend(env, source)
    entry = env / "bin" / "interlock"
    entry.write_text(ENTRY.format(python=python))
    entry.chmod(0o755)
    return entry


def _present(commit: str) -> list[str]:
    listed = _git("ls-tree", "--name-only", commit).stdout.decode().split()
    return [part for part in PARTS if part in listed]


def _lend(env: Path, source: Path) -> None:
    """Let the environment see the release first and then our libraries."""
    home = env / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    ours = sysconfig.get_paths()
    paths = dict.fromkeys([str(source), ours["purelib"], ours["platlib"]])
    (home / "release.pth").write_text("\n".join(paths) + "\n")


def _git(*words: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, check=False)
    except FileNotFoundError:
        raise NotInClone("git is not installed") from None


def main() -> int:
    """Run the command. An exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("name", help="a version of releases.toml, a tag or a commit")
    parser.add_argument("directory", type=Path, help="made for it; must not exist")
    parser.add_argument("--libraries", action="store_true", help="install its own libraries")
    asked = parser.parse_args()
    try:
        print(install(asked.name, asked.directory, libraries=asked.libraries))
    except NotInClone as error:
        print(f"previous_release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
