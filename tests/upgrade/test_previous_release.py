"""The list of releases, and the script that brings one back."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from app.codec.formats import FORMATS, NEWEST
from scripts.previous_release import NotInClone, commit_of, install, releases


def test_releases_are_named_once_and_never_know_more_than_this_tree() -> None:
    found = releases()
    assert len({release.version for release in found}) == len(found) > 0
    assert all(release.format in FORMATS for release in found)
    assert [release.format for release in found] == sorted(release.format for release in found)


def test_the_last_release_reads_the_format_before_the_newest() -> None:
    """Otherwise nobody could go back to it: a format is finalized one release after its first."""
    assert releases()[-1].format >= NEWEST - 1


def test_a_release_runs_its_own_code_on_our_libraries(tmp_path: Path) -> None:
    release = releases()[0]
    try:
        commit_of(release.version)
    except NotInClone as error:
        pytest.skip(str(error))
    entry = install(release.version, tmp_path / "old")
    script = "import app.codec.formats as f; print(f.__file__, f.NEWEST)"
    python = entry.with_name("python")
    done = subprocess.run(
        [python, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(str(tmp_path / "old"))
    assert done.stdout.split()[-1] == str(release.format)


def test_what_is_not_in_the_clone_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotInClone, match="unshallow"):
        install("0" * 40, tmp_path / "none")
    with pytest.raises(NotInClone):
        commit_of("--all")
