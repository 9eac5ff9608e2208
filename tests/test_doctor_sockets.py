"""``interlock doctor --sockets N`` looks at what a client of so many sockets needs."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from app.cli import cli


def doctor(tmp_path: Path, *words: str) -> str:
    """What it prints for a free port, a small server and a fresh directory."""
    env = {"INTERLOCK_LIMITS__SOCKETS_MAX": "10", "INTERLOCK_SERVER__BACKLOG": "1"}
    where = ["--port", "0", "--data", str(tmp_path / "data")]
    return CliRunner().invoke(cli, ["doctor", *where, *words], env=env).stdout


def test_ports_of_clients_are_counted_when_asked(tmp_path: Path) -> None:
    assert "client ports" not in doctor(tmp_path)
    assert "ok       client ports: " in doctor(tmp_path, "--sockets", "10")
    too_many = doctor(tmp_path, "--sockets", "70000")
    assert "note     client ports: " in too_many
    assert "open files: 70256 needed" in too_many or "need 70256" in too_many
