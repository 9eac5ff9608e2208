"""Settings: where values come from, what is refused and how that is said."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest
from pydantic import SecretStr, ValidationError

from app.config import ConfigError, Settings, load, read
from app.config.keys import keys
from app.config.layers import leaves
from app.config.render import default_file, schema, show, variables
from app.config.sections import Lease
from app.config.settings import RELATIONS, Relation
from app.domain.settings import AgentSettings, PresenceSettings, QueueSettings
from app.domain.words import Strategy
from app.wire.lint import Configured, all_warnings

CONFIG = Path(__file__).resolve().parents[1] / "config"


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "interlock.toml"
        path.write_text(text)
        return path

    return write


def problems(path: Path | None = None, **env: str) -> dict[str, str]:
    """Load, expect refusal, and return the sentences by path."""
    with pytest.raises(ConfigError) as refused:
        load(path, env=env)
    return {problem.path: problem.text for problem in refused.value.problems}


# ------------------------------------------------------------ the defaults and their files


def test_without_anything_the_defaults_hold() -> None:
    assert load(env={}) == Settings()


def test_settings_themselves_read_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER__PORT", "1")
    monkeypatch.setenv("INTERLOCK_SERVER__PORT", "1")
    monkeypatch.setenv("server", '{"port": 1}')
    assert Settings().server.port == 8080


def test_the_process_environment_is_read_by_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERLOCK_SERVER__PORT", "1234")
    assert load().server.port == 1234


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().server.port = 1  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Settings().lease = Lease()  # type: ignore[misc]


def test_default_toml_holds_every_key_with_the_value_of_the_code() -> None:
    table = tomllib.loads((CONFIG / "default.toml").read_text())
    assert [path for path, _ in leaves(table)] == list(keys())
    assert load(CONFIG / "default.toml", env={}) == Settings()


def test_the_waits_that_the_protocol_page_promises_are_the_defaults() -> None:
    session = Settings().session
    waits = session.ping_every_ms, session.lost_after_ms, session.grace_ms
    assert waits == (10_000, 25_000, 20_000)
    assert Settings().limits.hello_ms == 5_000


def test_default_toml_is_what_the_code_prints() -> None:
    assert (CONFIG / "default.toml").read_text() == default_file()


def test_every_key_has_its_unit_and_its_reason() -> None:
    for key in keys().values():
        assert len(key.reason) > 10, key.path
        if key.path.endswith("_ms"):
            assert key.unit.startswith("ms"), key.path
        if key.path.endswith("bytes_max"):
            assert key.unit == "bytes", key.path


def test_the_defaults_are_those_of_the_protocol() -> None:
    limits, session = Settings().limits, Settings().session
    assert (limits.frame_bytes_max, limits.body_bytes_max) == (16 * 1024, 64 * 1024)
    assert (limits.frames_per_s, limits.frames_burst, limits.hello_ms) == (20, 40, 5_000)
    times = (session.ping_every_ms, session.lost_after_ms, session.grace_ms)
    assert times == (10_000, 25_000, 20_000)
    assert Settings().auth.ticket_ttl_ms == 30_000
    assert (Settings().server.host, Settings().server.port) == ("127.0.0.1", 8080)


def test_the_example_is_right_and_nothing_in_it_is_unwise() -> None:
    loaded = read(CONFIG / "example.toml", env={})
    assert loaded.advice == ()
    tables = loaded.settings.queues, loaded.settings.agents, loaded.settings.presences
    assert list(all_warnings(Configured(*tables))) == []
    billing = loaded.settings.queues["billing"]
    assert isinstance(billing, QueueSettings)
    assert billing.offer.strategy is Strategy.LONGEST_IDLE
    assert [ring.max_level for ring in billing.rings] == [1, 2, 2]
    assert not billing.decline.reasons[1].again
    assert isinstance(loaded.settings.agents["anna"], AgentSettings)


def test_the_example_shows_every_key_of_a_queue_an_agent_and_a_presence() -> None:
    example = tomllib.loads((CONFIG / "example.toml").read_text())
    shapes = {"queues": QueueSettings, "agents": AgentSettings, "presences": PresenceSettings}
    for kind, shape in shapes.items():
        shown = {key for one in example[kind].values() for key in one}
        assert shown == set(shape.__dataclass_fields__)


def test_the_unit_of_systemd_fits_the_defaults() -> None:
    unit = (CONFIG / "systemd" / "interlock.service").read_text()
    values = dict(re.findall(r"^(\w+)=(.*)$", unit, re.M))
    assert int(values["TimeoutStopSec"]) * 1000 > 2 * Settings().server.drain_ms
    assert int(values["LimitNOFILE"]) > 2 * Settings().limits.sockets_max
    assert values["KillMode"] == "mixed"
    names = set(re.findall(r"^Environment=(\w+)=", unit, re.M))
    assert names <= set(variables())


# ------------------------------------------------------------ layers


def test_flag_beats_variable_beats_file_beats_default(written) -> None:
    path = written("[server]\nport = 1\nhost = 'a'\nbacklog = 7\n[lease]\nttl_ms = 9000\n")
    env = {"INTERLOCK_SERVER__PORT": "2", "INTERLOCK_SERVER__HOST": "b"}
    loaded = read(path, flags={"server.port": 3, "server.host": None}, env=env)
    server = loaded.settings.server
    assert (server.port, server.host, server.backlog, server.drain_ms) == (3, "b", 7, 10_000)
    assert dict(loaded.origins) == {
        "server.port": "flag --port",
        "server.host": "env INTERLOCK_SERVER__HOST",
        "server.backlog": f"file {path}",
        "lease.ttl_ms": f"file {path}",
    }


def test_port_is_honoured_and_our_own_name_is_stronger(written) -> None:
    path = written("[server]\nport = 1\n")
    assert load(path, env={"PORT": "5000"}).server.port == 5000
    both = {"INTERLOCK_SERVER__PORT": "6000", "PORT": "5000"}
    assert load(env=both).server.port == 6000
    assert load(env=dict(reversed(both.items()))).server.port == 6000
    assert "whole number" in problems(PORT="tcp://10.0.0.1:80")["server.port"]


def test_an_empty_variable_counts_as_not_set(written) -> None:
    path = written("[server]\nport = 1\n[auth]\nadmin_key = 'k'\n")
    env = {"INTERLOCK_SERVER__PORT": "", "INTERLOCK_AUTH__ADMIN_KEY": "", "PORT": ""}
    loaded = load(path, env=env)
    assert loaded.server.port == 1
    assert loaded.auth.admin_key == SecretStr("k")


@pytest.mark.parametrize(
    "text",
    ['["https://a.example", "http://b.example:81"]', "https://a.example, http://b.example:81"],
)
def test_a_list_in_a_variable_is_json_or_commas(text: str) -> None:
    origins = load(env={"INTERLOCK_SERVER__ALLOWED_ORIGINS": text}).server.allowed_origins
    assert origins == ("https://a.example", "http://b.example:81")


@pytest.mark.parametrize("text", ["[1, ", "[1]"])
def test_a_bad_list_in_a_variable_is_refused(text: str) -> None:
    found = problems(INTERLOCK_SERVER__ALLOWED_ORIGINS=text)
    assert len(found) == 1 and next(iter(found)).startswith("server.allowed_origins")


@pytest.mark.parametrize("name", ["AUTH__ADMIN_KEY", "REDIS__URL"])
def test_a_secret_may_come_from_a_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / "secret"
    path.write_text("redis://:hidden@store/0\n")
    settings = load(env={f"INTERLOCK_{name}_FILE": str(path)})
    found = (settings.auth.admin_key.get_secret_value(), settings.redis.url)
    assert "redis://:hidden@store/0" in found


def test_a_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    name = "INTERLOCK_AUTH__ADMIN_KEY_FILE"
    assert "No such file" in problems(**{name: str(tmp_path / "none")})[name]
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert "UTF-8" in problems(**{name: str(tmp_path / "binary")})[name]


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k")
    name = "INTERLOCK_AUTH__ADMIN_KEY_FILE"
    found = problems(**{name: str(tmp_path / "key"), "INTERLOCK_AUTH__ADMIN_KEY": "k"})
    assert "unset one" in found[name]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("INTERLOCK_SERVR__PORT", "did you mean INTERLOCK_SERVER__PORT?"),
        ("INTERLOCK_AUTH__ADMIN_KEY_FIL", "did you mean"),
        ("INTERLOCK_SERVER__PORT_FILE", "only secrets"),
        ("INTERLOCK_QUEUES__BILLING__NAME", "in the file or through the API"),
        ("INTERLOCK_X__Y", "no such setting"),
    ],
)
def test_an_unknown_variable_is_refused(name: str, said: str) -> None:
    assert said in problems(**{name: "1"})[name]


def test_foreign_variables_are_left_alone() -> None:
    env = {"INTERLOCK_UI": "skip", "INTERLOCK_PORT_80_TCP": "tcp://x", "OTHER__PORT": "1"}
    assert load(env=env) == Settings()


# ------------------------------------------------------------ refusals


def test_everything_wrong_is_said_at_once_with_path_source_and_remedy(written) -> None:
    path = written(
        """
        workspce = { id = "x" }
        [server]
        port = "80"
        host = 3
        admin_key = "x"
        [limits]
        sockets_max = 2
        frame_bytes_max = 3
        [log]
        level = "inf"
        [queues.billing]
        name = "Billing"
        offer = { timeout = 3, strategy = "longest", timeout_ms = true }
        rings = [{ after_ms = 0 }, { aftr_ms = 2 }]
        [queues.empty]
        [agents.anna]
        name = "Anna"
        queues = { billing = -1 }
        """
    )
    found = problems(path, INTERLOCK_LEASE__RENEW_MS="x", INTERLOCK_NO__SUCH="1")
    expected = {
        "workspce": "unknown key, did you mean workspace?",
        "server.port": "must be a whole number, without quotes",
        "server.host": "must be text, in quotes",
        "server.admin_key": "unknown key, did you mean auth.admin_key?",
        "limits.sockets_max": "set limits.sockets_max to 4 or more",
        "limits.frame_bytes_max": "must be 1024 or more",
        "log.level": "did you mean info?",
        "queues.billing.offer.timeout": "did you mean queues.billing.offer.timeout_ms?",
        "queues.billing.offer.timeout_ms": "must be a whole number",
        "queues.billing.offer.strategy": "did you mean longest_idle?",
        "queues.billing.rings[1].aftr_ms": "did you mean queues.billing.rings[1].after_ms?",
        "queues.empty.name": "is missing",
        "agents.anna.queues.billing": "must be 0 to 1000",
        "lease.renew_ms": "must be a whole number",
        "INTERLOCK_NO__SUCH": "no such setting",
    }
    assert set(found) == set(expected)
    for where, text in expected.items():
        assert text in found[where], where


def test_the_source_is_told(written) -> None:
    path = written("[server]\nprt = 1\n[queues.a]\nname = ''\n")
    with pytest.raises(ConfigError) as refused:
        load(path, flags={"server.port": -1}, env={"INTERLOCK_LOG__LEVEL": "loud"})
    lines = str(refused.value).splitlines()
    assert len(lines) == 4
    assert any("server.prt: " in line and line.endswith(f"(file {path})") for line in lines)
    assert any("queues.a.name: " in line and line.endswith(f"(file {path})") for line in lines)
    assert any("server.port: " in line and line.endswith("(flag --port)") for line in lines)
    assert any(
        "log.level" in line and line.endswith("(env INTERLOCK_LOG__LEVEL)") for line in lines
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [(b"[server\n", "is not TOML"), (b"\xff", "is not UTF-8 text"), (None, "cannot be read")],
)
def test_a_file_that_is_no_settings_file(tmp_path: Path, text: bytes | None, said: str) -> None:
    path = tmp_path / "interlock.toml"
    if text is not None:
        path.write_bytes(text)
    assert said in problems(path)[str(path)]


@pytest.mark.parametrize("text", ["server = 3", "queues = 3", "queues = []", "queues.a = 3"])
def test_a_value_where_a_table_belongs(written, text: str) -> None:
    assert "must be a table" in problems(written(text)).popitem()[1]


def test_a_section_that_is_no_table_hides_no_other_source(written) -> None:
    found = problems(written("lease = 3\n[log]\nlevl = 1"), INTERLOCK_SERVER__PORT="x")
    assert set(found) == {"lease", "log.levl", "server.port"}


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda one: f"{one.low} {one.high}")
def test_relations_hold(relation: Relation) -> None:
    others = {other.low for other in RELATIONS if other.high == relation.high}
    flags = dict.fromkeys(others, 1) | {relation.high: 3_000}
    limit = 3_000 // relation.factor
    load(flags=flags | {relation.low: limit}, env={})
    with pytest.raises(ConfigError, match=re.escape(relation.why)) as refused:
        load(flags=flags | {relation.low: limit + 1}, env={})
    assert [problem.path for problem in refused.value.problems] == [relation.high]


def test_relations_hold_without_load_too() -> None:
    with pytest.raises(ValidationError, match="one renewal must be able to fail"):
        Settings(lease=Lease(ttl_ms=3_000, renew_ms=2_000))


def test_a_renewal_can_fail_once_and_a_ping_can_be_answered() -> None:
    found = problems(INTERLOCK_LEASE__RENEW_MS="3001", INTERLOCK_SESSION__LOST_AFTER_MS="9999")
    assert set(found) == {"lease.ttl_ms", "session.lost_after_ms"}
    load(env={"INTERLOCK_LEASE__RENEW_MS": "3000", "INTERLOCK_SESSION__LOST_AFTER_MS": "10000"})


def test_a_relation_with_a_wrong_side_is_not_guessed_at(written) -> None:
    found = problems(written("[lease]\nttl_ms = 'long'\nrenew_ms = 5000\n"))
    assert set(found) == {"lease.ttl_ms"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("server.port", 65_536),
        ("server.public_url", "interlock.example"),
        ("server.allowed_origins", ["https://a.example/"]),
        ("server.allowed_origins", ["*"]),
        ("redis.url", "http://store"),
        ("redis.url", "redis://u:pa/ss@store/0"),
        ("redis.allow", ["everything"]),
        ("workspace.id", "two words"),
        ("embedded.fsync", "never"),
        ("lease.ttl_ms", 0),
        ("limits.frames_burst", 1.5),
        ("session.grace_ms", -1),
        ("log.format", "xml"),
    ],
)
def test_out_of_bounds(path: str, value: object) -> None:
    with pytest.raises(ConfigError) as refused:
        load(flags={path: value}, env={})
    assert refused.value.problems[0].path.startswith(path)


def test_no_secret_is_repeated_in_a_refusal() -> None:
    env = {"INTERLOCK_REDIS__URL": "redis://u:hid/den@store/0", "INTERLOCK_AUTH__ADMIN_KEY": "x"}
    with pytest.raises(ConfigError) as refused:
        load(env=env)
    assert "hid" not in str(refused.value)


def test_no_secret_is_in_the_printed_form() -> None:
    env = {"INTERLOCK_REDIS__URL": "redis://u:hidden@h/0", "INTERLOCK_AUTH__ADMIN_KEY": "hidden"}
    assert "hidden" not in repr(load(env=env))


# ------------------------------------------------------------ what is shown


def test_show_tells_each_value_with_its_source_and_masks_secrets(written) -> None:
    path = written("[queues.q]\nname = 'Q'\noffer.timeout_ms = 5000\n")
    env = {"INTERLOCK_REDIS__URL": "redis://u:hidden@h/0", "INTERLOCK_AUTH__ADMIN_KEY": "hidden"}
    rows = {row[0]: row[1:] for row in show(read(path, flags={"server.port": 0}, env=env))}
    assert set(keys()) <= set(rows)
    assert rows["server.port"] == ("0", "flag --port")
    assert rows["server.backlog"] == ("4096", "default")
    assert rows["redis.url"] == ('"redis://********@h/0"', "env INTERLOCK_REDIS__URL")
    assert rows["auth.admin_key"] == ('"********"', "env INTERLOCK_AUTH__ADMIN_KEY")
    assert rows["queues.q.offer.timeout_ms"] == ("5000", f"file {path}")
    assert rows["queues.q.offer.fan_out"] == ("5", "default")
    assert "hidden" not in str(rows)


def test_a_password_in_the_query_is_masked_too() -> None:
    env = {"INTERLOCK_REDIS__URL": "redis://h/0?password=hidden&db=1"}
    assert "hidden" not in str(list(show(read(env=env))))


def test_a_webhook_is_signed_and_its_path_is_a_secret() -> None:
    with pytest.raises(ConfigError) as caught:
        read(env={"INTERLOCK_WEBHOOK__URL": "https://hook.example/T0/secret"})
    assert "needs a secret" in str(caught.value) and "T0" not in str(caught.value)
    with pytest.raises(ConfigError):
        read(env={"INTERLOCK_WEBHOOK__URL": "ftp://h", "INTERLOCK_WEBHOOK__SECRET": "s"})
    env = {
        "INTERLOCK_WEBHOOK__URL": "https://hook.example/T0/secret?a=b",
        "INTERLOCK_WEBHOOK__SECRET": "hush",
    }
    loaded = read(env=env)
    said = str(list(show(loaded, changed=True))) + repr(loaded.settings)
    assert "https://hook.example/" in said
    assert "T0" not in said and "a=b" not in said and "hush" not in said


def test_what_is_shown_can_be_a_file_again(written) -> None:
    loaded = read(CONFIG / "example.toml", env={})
    text = "\n".join(f"{path} = {value}" for path, value, _ in show(loaded))
    assert load(written(text), env={}) == loaded.settings


def test_the_schema_accepts_our_files_and_refuses_an_unknown_key() -> None:
    document = json.loads(schema())
    validator = jsonschema.Draft202012Validator(document)
    jsonschema.Draft202012Validator.check_schema(document)
    for name in ("default", "example"):
        validator.validate(tomllib.loads((CONFIG / f"{name}.toml").read_text()))
    for table in ({"servr": {}}, {"server": {"prt": 1}}, {"queues": {"a": {"name": 1}}}):
        assert not validator.is_valid(table), table
    assert document["properties"]["server"]["$ref"]


def test_each_listed_variable_is_one_that_load_knows(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("1")
    for name in variables():
        env = {name: str(tmp_path / "secret") if name.endswith("_FILE") else "1"}
        try:
            load(env=env)
        except ConfigError as refused:
            assert name not in [problem.path for problem in refused.problems]
