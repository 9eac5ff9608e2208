"""The command line: the start line, exit codes, help, and the configuration commands."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from .process import LISTENING, Server, interlock


def test_the_start_line_is_printed_once_and_true(server: Server) -> None:
    lines = [line for line in server.lines if "listening on" in line]
    assert len(lines) == 1, server.lines
    match = LISTENING.match(lines[0])
    assert match, lines
    assert int(match[1].rsplit(":", 1)[1]) > 0
    assert httpx2.get(match[1] + "/healthz").status_code == 200


def test_sigterm_ends_with_0(spawn: Callable[..., Server]) -> None:
    server = spawn()
    children = server.children()
    server.signal(signal.SIGTERM)
    assert server.wait(30) == 0
    assert not [pid for pid in children if Path(f"/proc/{pid}/exe").exists()], "the store stayed"


def test_sigint_ends_cleanly_too(spawn: Callable[..., Server]) -> None:
    server = spawn()
    server.signal(signal.SIGINT)
    assert server.wait(30) in (0, 130, -2)


def test_help_lists_the_commands() -> None:
    done = interlock("--help")
    assert done.returncode == 0, done.stderr
    for word in ("serve", "demo", "config", "key", "format", "doctor", "replay", "version"):
        assert word in done.stdout, word


@pytest.mark.parametrize("command", ["serve", "key", "config", "format", "doctor"])
def test_each_command_explains_itself(command: str) -> None:
    done = interlock(command, "--help")
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout.lower()


def test_key_help_names_its_actions() -> None:
    said = interlock("key", "--help").stdout
    for word in ("create", "list", "revoke"):
        assert word in said


def test_version_is_one_line() -> None:
    done = interlock("version")
    assert done.returncode == 0, done.stderr
    assert any(letter.isdigit() for letter in done.stdout)


@pytest.mark.parametrize(
    "options",
    [
        ["serve", "--no-such-option"],
        ["no-such-command"],
        ["serve", "--port", "ten"],
        ["serve", "--port", "70000"],
        ["config"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(options: list[str]) -> None:
    done = interlock(*options)
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert done.stderr.strip() or done.stdout.strip()
    assert "Traceback" not in done.stderr


def serve_with(folder: Path, config: str | None, *options: str) -> tuple[int, str]:
    """Run a serve that is expected to fail; return the exit code and all it said."""
    path = folder / "interlock.toml"
    if config is not None:
        path.write_text(config)
    base = ["serve", "--data", str(folder / "data"), "--config", str(path)]
    done = interlock(*base, *(options or ("--port", "0")))
    assert "Traceback" not in done.stderr, done.stderr
    assert "listening on" not in done.stdout
    return done.returncode, done.stdout + done.stderr


def test_a_taken_port_ends_with_3_and_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = serve_with(tmp_path, "", "--host", "127.0.0.1", "--port", str(port))
    assert code == 3, said
    assert str(port) in said


def test_an_unwritable_data_directory_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, not a directory")
    code, said = serve_with(tmp_path, "")
    assert code == 3, said
    assert "data" in said


def test_an_unreachable_store_ends_with_3(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    done = interlock(
        "serve",
        "--port",
        "0",
        "--data",
        str(tmp_path / "data"),
        env={"INTERLOCK_REDIS__URL": f"redis://127.0.0.1:{port}/0"},
        timeout_s=60,
    )
    assert done.returncode == 3, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "config",
    ["[server\n", "[no_such_section]\nx = 1\n", "[auth]\nno_such_setting = 1\n"],
    ids=["not TOML", "unknown section", "unknown setting"],
)
def test_a_wrong_config_file_does_not_start(tmp_path: Path, config: str) -> None:
    code, said = serve_with(tmp_path, config)
    assert code in (2, 3), (code, said)
    assert "interlock.toml" in said or "no_such" in said, said


def test_a_missing_config_file_does_not_start(tmp_path: Path) -> None:
    code, said = serve_with(tmp_path, None)
    assert code in (2, 3), (code, said)
    assert "interlock.toml" in said


def test_config_check_refuses_and_accepts(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text("")
    bad.write_text("[auth]\nno_such_setting = 1\n")
    assert interlock("config", "check", "--config", str(good)).returncode == 0
    refused = interlock("config", "check", "--config", str(bad))
    assert refused.returncode == 1, (refused.returncode, refused.stderr)
    assert "no_such_setting" in refused.stdout + refused.stderr
