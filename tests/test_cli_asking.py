"""Commands that ask a running server: what they send, and what they make of the answer."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from app.cli.table import columns, moment
from tests.cli_runner import Peer, no_settings_from_outside, peer, run, unused_port

__all__ = ["no_settings_from_outside", "peer", "unused_port"]


def test_key_create_prints_the_key_alone(peer: Peer) -> None:
    peer.status, peer.answer = 201, b'{"id": "k1", "name": "bot", "role": "agent", "key": "SECRET"}'
    words = ("--name", "bot", "--role", "agent", "--agent", "anna", "--url", peer.url, "--key", "K")
    result = run("key", "create", *words)
    assert (result.exit_code, result.stdout) == (0, "SECRET\n")
    assert "k1" in result.stderr
    body = {"name": "bot", "role": "agent", "agent": "anna"}
    assert peer.seen == [("POST", "/v1/keys", "Bearer K", body)]


def test_key_list_is_a_table(peer: Peer) -> None:
    row = {"id": "k1", "name": "bot", "role": "agent", "agent": None, "created_at": 1_000}
    rows = [row, row | {"id": "k22", "revoked_at": 61_000}]
    peer.answer = json.dumps({"keys": rows}).encode()
    result = run("key", "list", "--url", peer.url, env={"INTERLOCK_AUTH__ADMIN_KEY": "K"})
    first, second, third = (line.split() for line in result.stdout.splitlines())
    assert first == ["ID", "NAME", "ROLE", "AGENT", "QUEUES", "CREATED", "ENDS", "REVOKED"]
    assert second == ["k1", "bot", "agent", "1970-01-01", "00:00:01Z"]
    assert third[-2:] == ["1970-01-01", "00:01:01Z"]
    assert peer.seen[0][2] == "Bearer K"


def test_key_create_and_limit_say_what_it_is_limited_to(peer: Peer) -> None:
    peer.status, peer.answer = 201, b'{"id": "k1", "key": "SECRET"}'
    where = ("--url", peer.url, "--key", "K")
    limits = ("--queue", "a", "--queue", "b", "--for", "30d", "--hide-customers")
    before = time.time() * 1_000
    assert (
        run("key", "create", "--name", "x", "--role", "supervisor", *limits, *where).exit_code == 0
    )
    body = peer.seen[0][3]
    assert body["queues"] == ["a", "b"] and body["hides_customers"] is True
    assert 0 <= body["expires_at"] - before - 30 * 86_400_000 < 60_000
    peer.status, peer.answer = 200, b"{}"
    assert run("key", "limit", "k 1", "--queue", "a", *where).stdout == "limited k 1\n"
    assert peer.seen[1] == ("POST", "/v1/keys/k%201/limits", "Bearer K", {"queues": ["a"]})
    assert run("key", "limit", "k1", *where).stdout == "k1 has no limits\n"
    assert run("key", "limit", "k1", "--for", "soon", *where).exit_code == 2


def test_key_rotate_prints_the_secret_alone(peer: Peer) -> None:
    peer.answer = b'{"id": "k1", "key": "SECRET"}'
    result = run("key", "rotate", "k1", "--overlap", "2h", "--url", peer.url, "--key", "K")
    assert (result.exit_code, result.stdout) == (0, "SECRET\n")
    asked = ("POST", "/v1/keys/k1/rotate", "Bearer K", {"overlap_ms": 7_200_000})
    assert peer.seen == [asked] and "SECRET" not in result.stderr


def test_user_add_takes_the_password_from_standard_input(peer: Peer) -> None:
    peer.status, peer.answer = 201, b"{}"
    where = ("--url", peer.url, "--key", "K")
    words = ("--role", "agent", "--agent", "a1")
    result = run("user", "add", "an na", *words, *where, input="long enough secret\n")
    assert (result.exit_code, result.stdout) == (0, "user an na with role agent\n")
    body = {"role": "agent", "agent": "a1", "password": "long enough secret"}
    assert peer.seen[0] == ("PUT", "/v1/users/an%20na", "Bearer K", body)
    peer.status = 200
    run("user", "password", "anna", *where, input="another long one\n")
    password = {"password": "another long one"}
    assert peer.seen[1] == ("POST", "/v1/users/anna/password", "Bearer K", password)
    peer.status, peer.answer = 204, b""
    assert run("user", "remove", "anna", *where).stdout == "removed anna\n"
    assert peer.seen[2][:2] == ("DELETE", "/v1/users/anna")
    row = {"id": "anna", "role": "agent", "agent": "a1", "password_set_at": 1_000}
    peer.status, peer.answer = 200, json.dumps({"users": [row]}).encode()
    assert "1970-01-01 00:00:01Z" in run("user", "list", *where).stdout


def test_server_and_key_may_come_from_the_settings(peer: Peer, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("FROM-FILE\n")
    env = {
        "INTERLOCK_SERVER__HOST": "0.0.0.0",
        "INTERLOCK_SERVER__PORT": peer.url.rpartition(":")[2],
        "INTERLOCK_AUTH__ADMIN_KEY_FILE": str(tmp_path / "key"),
    }
    assert run("key", "list", "--json", env=env).stdout == "{}\n"
    env["INTERLOCK_SERVER__PUBLIC_URL"] = peer.url
    env["INTERLOCK_SERVER__PORT"] = "0"
    assert run("key", "list", "--json", env=env).exit_code == 0
    assert [seen[2] for seen in peer.seen] == ["Bearer FROM-FILE"] * 2


def test_key_revoke_keeps_the_id_in_its_place(peer: Peer) -> None:
    peer.status, peer.answer = 204, b""
    result = run("key", "revoke", "../k 1", "--url", peer.url, "--key", "K")
    assert (result.exit_code, result.stdout) == (0, "revoked ../k 1\n")
    assert peer.seen[0][:2] == ("DELETE", "/v1/keys/..%2Fk%201")


def test_incident_list_is_a_table(peer: Peer) -> None:
    row = {
        "id": "i1", "cause": "lost_wake_up", "queue": "q", "since": 1_000, "text": "q stands\nstill"
    }  # fmt: skip
    peer.answer = json.dumps({"incidents": [row], "open": 1}).encode()
    result = run("incident", "list", "--state", "open", "--url", peer.url, "--key", "K")
    assert peer.seen[0][:2] == ("GET", "/v1/incidents?limit=50&state=open")
    assert result.stdout.splitlines()[1].split() == [
        "i1", "lost_wake_up", "q", "1970-01-01", "00:00:01Z", "q", "stands", "still"
    ]  # fmt: skip


def test_incident_ack_names_who_looks_after_it(peer: Peer) -> None:
    peer.answer = b'{"acknowledged_by": "supervisor:k1"}'
    result = run("incident", "ack", "i/1", "--reason", "on it", "--url", peer.url, "--key", "K")
    assert peer.seen == [
        ("POST", "/v1/incidents/i%2F1/acknowledge", "Bearer K", {"reason": "on it"})
    ]
    assert result.stdout == "i/1 is looked after by supervisor:k1\n"


def test_audit_export_is_what_came_and_overwrites_nothing(peer: Peer, tmp_path: Path) -> None:
    peer.answer = b'{"by": "admin:k"}\n'
    where = ("--url", peer.url, "--key", "K")
    asked = ("--from", "1970-01-01T00:00:01", "--until", "1970-01-01T02:00:02+02:00")
    more = ("--actor", "supervisor:k 1", "--subject", "q", "--work")
    result = run("audit", "export", *asked, *more, *where)
    assert (result.exit_code, result.stdout) == (0, '{"by": "admin:k"}\n')
    path = "/v1/audit.ndjson?from=1000&until=2000&actor=supervisor%3Ak+1&subject=q&work=true"
    assert peer.seen[0][:3] == ("GET", path, "Bearer K")
    out = tmp_path / "audit.csv"
    words = ("audit", "export", "--format", "csv", "--out", str(out), *where)
    assert run(*words).exit_code == 0
    assert peer.seen[1][1] == "/v1/audit.csv"
    assert out.read_bytes() == peer.answer and out.stat().st_mode & 0o777 == 0o600
    again = run(*words)
    assert again.exit_code == 2 and "File exists" in again.stderr
    assert run("audit", "export", "--from", "noon", *where).exit_code == 2
    peer.status, peer.answer = 403, b'{"detail": "no", "code": "forbidden"}'
    refusal = run("audit", "export", *where)
    assert refusal.exit_code == 1 and "forbidden" in refusal.stderr


def test_incident_report_is_the_text_as_it_came(peer: Peer) -> None:
    peer.answer = "# Incident i1\n\n- [ ] Grüße\n".encode()
    result = run("incident", "report", "i1", "--url", peer.url, "--key", "K")
    assert peer.seen[0][:2] == ("GET", "/v1/incidents/i1/report")
    assert result.stdout == "# Incident i1\n\n- [ ] Grüße\n"
    peer.answer = b'{"id": "i1"}'
    shown = run("incident", "show", "i1", "--url", peer.url, "--key", "K")
    assert json.loads(shown.stdout) == {"id": "i1"}


def test_what_was_set_aside_is_listed_put_back_and_ended(peer: Peer) -> None:
    item = {"id": "c1", "queue": "q", "at": 1_000, "by": "router", "reason": "bad", "evidence": "e"}
    peer.answer = json.dumps({"items": [item], "position": "1-1"}).encode()
    here = ("--url", peer.url, "--key", "K")
    table = run("quarantine", "list", *here).stdout.splitlines()
    assert table[1].split() == ["c1", "q", "1970-01-01", "00:00:01Z", "router", "bad", "e"]
    peer.status, peer.answer = 204, b""
    assert run("quarantine", "requeue", "c/1", *here).stdout == "c/1 waits to be offered\n"
    assert run("quarantine", "discard", "c1", "--reason", "spam", *here).exit_code == 0
    assert [seen[:2] + seen[3:] for seen in peer.seen] == [
        ("GET", "/v1/quarantine", None),
        ("POST", "/v1/quarantine/c%2F1/requeue", {"reason": ""}),
        ("POST", "/v1/quarantine/c1/discard", {"reason": "spam"}),
    ]


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (403, b'{"code": "forbidden", "detail": "admins only"}', "403: admins only (forbidden)"),
        (422, b'{"errors": [{"path": "role", "message": "no such role"}]}', "role: no such role"),
        (500, b"<html>", "refused with 500"),
        (404, b"[]", "refused with 404"),
        (200, b"<html>", "is it an Interlock server?"),
    ],
)
def test_a_refusal_ends_with_1_and_its_reason(
    peer: Peer, status: int, answer: bytes, said: str
) -> None:
    peer.status, peer.answer = status, answer
    result = run("key", "list", "--url", peer.url, "--key", "SECRET")
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr and "SECRET" not in result.stderr


def test_no_server_ends_with_1(unused_port: int) -> None:
    result = run("key", "list", "--url", f"http://127.0.0.1:{unused_port}", "--key", "K")
    assert result.exit_code == 1
    assert "is the server running? (--url)" in result.stderr


def test_a_key_that_cannot_be_a_header_is_no_crash(peer: Peer) -> None:
    assert run("key", "list", "--url", peer.url, "--key", "schlüssel").exit_code == 1


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert list(columns([("A", "B"), ("xyz", "1")])) == ["A    B", "xyz  1"]
    assert moment(None) == "" and moment(0) == ""
