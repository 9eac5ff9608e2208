"""The command line: options in, exit codes and lines out. What it starts is tested elsewhere."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.testing import Result

from app.config.render import default_file
from tests.cli_runner import Peer, no_settings_from_outside, peer, run, unused_port

__all__ = ["no_settings_from_outside", "peer", "unused_port"]

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = (
    "serve",
    "demo",
    "replay",
    "key",
    "audit",
    "incident",
    "quarantine",
    "config",
    "doctor",
    "version",
)


# ------------------------------------------------------------ help and usage


def test_help_names_the_commands_and_the_exit_codes() -> None:
    said = run("--help").stdout
    assert all(f"  {name} " in said for name in COMMANDS)
    assert "0 ok, 1 refused, 2 usage, 3 start-up failed" in said


@pytest.mark.parametrize("words", [(name,) for name in COMMANDS] + [("key", "create")])
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    result = run(*words, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


@pytest.mark.parametrize(
    "line",
    [
        "",
        "config",
        "key",
        "nothing",
        "serve --nothing",
        "serve --port ten",
        "serve --port 65536",
        "replay",
        "replay 3.2.1999",
        "replay 1999-02-03 --speed 0",
        "replay 1999-02-03 --data-set /no/such/directory",
        "replay 1999-02-03 --url http://127.0.0.1:1",
        "key create --name x",
        "key revoke",
        "key list",
    ],
)
def test_wrong_usage_is_2_and_says_why(line: str) -> None:
    result = run(*line.split())
    assert result.exit_code == 2
    assert result.stderr or result.stdout


def test_help_loads_nothing_heavy() -> None:
    heavy = {"pydantic", "httpx2", "redis", "uvicorn", "starlette", "structlog", "rich"}
    code = f"""
import sys
from app.cli import cli
try:
    cli(["--help"])
except SystemExit as end:
    assert end.code == 0
print(sorted({heavy!r} & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr.strip() == "[]"


def test_version_is_one_line_with_a_number() -> None:
    said = run("version").stdout
    assert run("--version").stdout == said
    assert said.count("\n") == 1 and said.startswith("interlock ")
    assert any(letter.isdigit() for letter in said)


# ------------------------------------------------------------ serve, demo, replay


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any, Any]]:
    """Stand in the place of the composition root, and note what it is asked to run."""
    asked: list[tuple[str, Any, Any]] = []

    def serve(settings: Any) -> int:
        asked.append(("serve", settings, None))
        return 0

    def demo(settings: Any, bots: bool) -> int:
        asked.append(("demo", settings, bots))
        return 3

    def replay(settings: Any, options: Any, **rest: Any) -> int:
        asked.append(("replay", settings, (options, rest)))
        return 1

    root = ModuleType("app.main")
    vars(root).update(serve=serve, demo=demo, replay=replay)
    monkeypatch.setitem(sys.modules, "app.main", root)
    return asked


def test_serve_hands_on_file_environment_and_flags(started: list, tmp_path: Path) -> None:
    path = tmp_path / "interlock.toml"
    path.write_text("[server]\nport = 1\nbacklog = 7\n")
    words = ("serve", "--config", path, "--host", "::1", "--port", "0", "--data", tmp_path)
    assert run(*words, env={"INTERLOCK_LOG__LEVEL": "debug"}).exit_code == 0
    [(name, settings, _)] = started
    assert name == "serve"
    assert (settings.server.host, settings.server.port, settings.server.backlog) == ("::1", 0, 7)
    assert (settings.embedded.data, settings.log.level) == (tmp_path, "debug")


def test_the_file_may_be_named_by_the_environment(started: list, tmp_path: Path) -> None:
    path = tmp_path / "interlock.toml"
    path.write_text("[server]\nport = 1234\n")
    assert run("serve", env={"INTERLOCK_CONFIG": str(path)}).exit_code == 0
    assert started[0][1].server.port == 1234


def test_the_exit_code_is_that_of_what_ran(started: list) -> None:
    assert run("demo").exit_code == 3
    assert run("demo", "--no-bots", "--port", "0").exit_code == 3
    assert [bots for _, _, bots in started] == [True, False]


def test_replay_hands_on_its_options(started: list, tmp_path: Path) -> None:
    words = ("replay", "1999-02-03", "--speed", "120", "--data-set", tmp_path)
    assert run(*words).exit_code == 1
    options, rest = started[0][2]
    assert options.speed == 120
    assert rest == {"day": "1999-02-03", "url": None, "key": None, "data_set": tmp_path}
    (tmp_path / "mine.day").write_text("")
    assert run("replay", tmp_path / "mine.day", "--url", "http://h:1", "--key", "k").exit_code == 1
    rest = started[1][2][1]
    assert (rest["url"], rest["key"]) == ("http://h:1", "k")
    assert rest["day"] == str(tmp_path / "mine.day")


@pytest.mark.parametrize("command", ["serve", "demo", "replay 1999-02-03"])
def test_wrong_settings_start_nothing_and_end_with_3(
    started: list, tmp_path: Path, command: str
) -> None:
    path = tmp_path / "interlock.toml"
    path.write_text("[auth]\nno_such_setting = 1\n[log]\nlevel = 'loud'\n")
    result = run(*command.split(), "--config", path)
    assert (result.exit_code, started) == (3, [])
    assert "auth.no_such_setting" in result.stderr and "log.level" in result.stderr
    assert result.stdout == ""
    assert run("serve", "--config", tmp_path / "none.toml").exit_code == 3


# ------------------------------------------------------------ config


def test_config_check(tmp_path: Path) -> None:
    assert run("config", "check").stdout.startswith("ok: 0 values set")
    path = tmp_path / "interlock.toml"
    path.write_text("[queues.billing]\nname = 'B'\noffer.timeout = 1\n[server]\nport = 'x'\n")
    result = run("config", "check", "--config", path)
    assert result.exit_code == 1
    assert "did you mean queues.billing.offer.timeout_ms?" in result.stderr
    assert "server.port: must be a whole number" in result.stderr


def test_config_check_gives_advice_and_accepts() -> None:
    result = run("config", "check", env={"INTERLOCK_AUTH__ADMIN_KEY": "short"})
    assert result.exit_code == 0
    assert "advice: auth.admin_key" in result.stderr
    assert "short" not in result.stdout


def test_config_check_warns_as_a_put_would(tmp_path: Path) -> None:
    path = tmp_path / "interlock.toml"
    path.write_text(
        """
        [queues.billing]
        name = "Billing"
        overflow = [{ when = "no_agents", queue = "generl" }]
        [queues.general]
        name = "General"
        hours.weekly.mon = [["09:00", "17:00"]]
        [agents.anna]
        name = "Anna"
        queues = { general = 1 }
        blocks = { voice = ["chat"] }
        [presences.fax]
        name = "Fax"
        presence = "available"
        channels = ["fax"]
        """
    )
    result = run("config", "check", "--config", path)
    assert result.exit_code == 0 and "2 queues, 1 agents, 1 presences" in result.stdout
    said = [line.removeprefix("interlock: advice: ") for line in result.stderr.splitlines()]
    assert {line.partition(": ")[0]: line.rpartition(" ")[2] for line in said} == {
        "presences.fax.channels[0]": "(channel_nobody_has)",
        "queues.billing.overflow[0].queue": "(overflow_to_nowhere)",
        "queues.billing": "(no_members)",
        "queues.general.hours": "(closed_without_overflow)",
        "agents.anna.blocks.voice": "(blocks_without_capacity)",
    }
    assert any("Did you mean general?" in line for line in said)


def test_config_check_says_nothing_of_agents_who_may_be_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "interlock.toml"
    path.write_text("[queues.billing]\nname = 'Billing'\n")
    assert run("config", "check", "--config", path).stderr == ""


def test_config_show_masks_and_names_the_source() -> None:
    env = {"INTERLOCK_AUTH__ADMIN_KEY": "hidden", "INTERLOCK_SERVER__PORT": "81"}
    said = run("config", "show", env=env).stdout
    assert "server.port = 81  # env INTERLOCK_SERVER__PORT\n" in said
    assert 'server.host = "127.0.0.1"  # default\n' in said
    assert 'auth.admin_key = "********"  # env INTERLOCK_AUTH__ADMIN_KEY\n' in said
    assert "hidden" not in said
    assert len(run("config", "show", "--changed", env=env).stdout.splitlines()) == 2


def test_config_schema_env_and_default() -> None:
    assert json.loads(run("config", "schema").stdout)["additionalProperties"] is False
    names = run("config", "env").stdout.split()
    assert {"INTERLOCK_REDIS__URL_FILE", "INTERLOCK_SERVER__PORT", "PORT"} <= set(names)
    assert run("config", "default").stdout == default_file()


# ------------------------------------------------------------ doctor


@pytest.fixture
def doctor(tmp_path: Path) -> Callable[..., Result]:
    """Run it on a small set of limits, a free port and a fresh directory."""

    def call(*words: str | Path, **env: str) -> Result:
        small = {"INTERLOCK_LIMITS__SOCKETS_MAX": "10", "INTERLOCK_SERVER__BACKLOG": "1"}
        defaults = ("--port", "0", "--data", tmp_path / "new" / "data")
        return run("doctor", *defaults, *words, env=small | env)

    return call


def line(result: Result, name: str) -> str:
    """The finding of this name with its remedy."""
    lines = result.stdout.splitlines()
    place = next(n for n, text in enumerate(lines) if f" {name}: " in text)
    return "\n".join(lines[place : place + 2])


def test_doctor_is_content_and_leaves_no_trace(doctor: Any, tmp_path: Path) -> None:
    result = doctor()
    assert result.exit_code == 0, result.stdout
    assert "PROBLEM" not in result.stdout
    assert "version" in line(result, "store") and "to be made" in line(result, "data")
    assert list(tmp_path.iterdir()) == []


def test_doctor_finds_a_taken_port(doctor: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        # Nothing answers behind this socket: the probe ends by its own deadline.
        result = doctor("--port", str(server.getsockname()[1]))
    assert result.exit_code == 1
    assert "PROBLEM  port: cannot listen" in line(result, "port")
    assert "--port" in line(result, "port")


def test_doctor_knows_a_running_server(doctor: Any, peer: Peer) -> None:
    result = doctor("--port", peer.url.rpartition(":")[2])
    assert result.exit_code == 0
    assert "running server" in line(result, "port")
    assert peer.seen[0][:2] == ("GET", "/healthz")


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_doctor_finds_a_host_that_is_not_here(doctor: Any, host: str) -> None:
    result = doctor("--host", host)
    assert result.exit_code == 1
    assert "remedy: set server.host" in line(result, "port")


def test_doctor_finds_a_bad_directory(doctor: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = doctor("--data", tmp_path / "file" / "data")
    assert result.exit_code == 1
    assert "PROBLEM  data" in line(result, "data") and "--data" in line(result, "data")


def test_doctor_finds_a_bad_program(doctor: Any, tmp_path: Path) -> None:
    missing = doctor(INTERLOCK_EMBEDDED__BINARY=str(tmp_path / "none"))
    assert missing.exit_code == 1
    assert "remedy:" in line(missing, "store")
    strange = doctor(INTERLOCK_EMBEDDED__BINARY=sys.executable)
    assert strange.exit_code == 1
    assert "PROBLEM  store" in line(strange, "store")


def test_doctor_finds_a_store_that_does_not_answer(doctor: Any, unused_port: int) -> None:
    url = f"redis://:hidden@127.0.0.1:{unused_port}/0"
    result = doctor(INTERLOCK_REDIS__URL=url)
    assert result.exit_code == 1
    assert "PROBLEM  store" in line(result, "store") and "redis.url" in line(result, "store")
    assert "hidden" not in result.stdout


def test_doctor_counts_open_files(doctor: Any) -> None:
    many = ("INTERLOCK_LIMITS__SOCKETS_MAX", "INTERLOCK_LIMITS__CONNECTIONS_MAX")
    result = doctor(**dict.fromkeys(many, "999999999"))
    assert "LimitNOFILE=1000000255" in line(result, "open files")


def test_doctor_refuses_wrong_settings(doctor: Any) -> None:
    assert doctor(INTERLOCK_LOG__LEVEL="loud").exit_code == 1
