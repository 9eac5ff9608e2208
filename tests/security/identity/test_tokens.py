"""Tokens of an identity provider, forged in every way that is known to have worked somewhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.warnings import InsecureKeyLengthWarning

from app.adapters.oidc.keys import Keys
from app.config import Settings, read
from app.edge.grants import NotGranted, grant_of, rules_of
from app.main.node import StartFailed
from app.main.vouching import outside_of, passwords_of
from tests.edge.front import BASE, open_front, paths, refused, said
from tests.edge.phone import socket_of
from tests.security.identity.issuer import (
    CLIENT,
    ISSUER,
    JWKS,
    ROLES,
    Issuer,
    claims,
    glued,
    private,
    public_jwk,
    token,
)
from tests.security.identity.office import OWN, Office
from tests.virtual_time import elapse


def hs256(key: bytes, header: dict[str, Any]) -> str:
    """Signed with what everybody knows of the provider, as if that were a secret."""
    unsigned = glued(header, claims(), b"").rpartition(".")[0]
    return glued(header, claims(), hmac.new(key, unsigned.encode(), hashlib.sha256).digest())


def pem() -> bytes:
    return bytes(
        private("rsa").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )


def other_key(header: dict[str, Any]) -> str:
    """Signed by a key of the attacker's, with the name of the provider's."""
    return str(jwt.encode(claims(), private("rsa-2"), "RS256", headers={"kid": "rsa", **header}))


def changed_payload() -> str:
    head, _, signature = token().split(".")
    payload = glued({}, claims(realm={"roles": ["root"]}), b"").split(".")[1]
    return f"{head}.{payload}.{signature}"


def with_algorithm(algorithm: str) -> str:
    return str(jwt.encode(claims(), private("rsa"), algorithm, headers={"kid": "rsa"}))


GOOD_HEADER = {"alg": "RS256", "kid": "rsa", "typ": "JWT"}
FORGED = {
    "alg none": lambda: glued({"alg": "none", "kid": "rsa"}, claims(), b""),
    "alg None": lambda: glued({"alg": "nOnE", "kid": "rsa"}, claims(), b""),
    "no alg": lambda: glued({"kid": "rsa"}, claims(), b"x"),
    "alg is a list": lambda: glued({"alg": ["RS256"], "kid": "rsa"}, claims(), b"x"),
    "HS256 with the public PEM": lambda: hs256(pem(), {"alg": "HS256", "kid": "rsa"}),
    "HS256 with the modulus": lambda: hs256(
        public_jwk("rsa")["n"].encode(), {"alg": "HS256", "kid": "rsa"}
    ),
    "HS256 with nothing": lambda: hs256(b"", {"alg": "HS256", "kid": "rsa"}),
    "no signature": lambda: glued(GOOD_HEADER, claims(), b""),
    "signature of something else": changed_payload,
    "another key by the same name": lambda: other_key({}),
    "its own key along": lambda: other_key({"jwk": public_jwk("rsa-2")}),
    "its own key set": lambda: other_key({"jku": "https://evil.test/keys"}),
    "its own certificate": lambda: other_key({"x5c": ["MII"]}),
    "its own certificate's address": lambda: other_key({"x5u": "https://evil.test/c"}),
    "good, with a key set along": lambda: token(headers={"jku": "https://evil.test/keys"}),
    "critical extension": lambda: token(headers={"crit": ["exp"]}),
    "RS384": lambda: with_algorithm("RS384"),
    "PS256": lambda: with_algorithm("PS256"),
    "ES256 under the name of an RSA key": lambda: token("ec", {"kid": "rsa"}),
    "EdDSA under the name of an EC key": lambda: token("ed", {"kid": "ec"}),
    "unknown kid": lambda: token(headers={"kid": "other"}),
    "kid as a path": lambda: token(headers={"kid": "../../../../dev/null"}),
    "kid as SQL": lambda: token(headers={"kid": "x' UNION SELECT 'k"}),
    "no kid where there are several": lambda: str(jwt.encode(claims(), private("rsa"), "RS256")),
    "a logout token": lambda: token(headers={"typ": "logout+jwt"}),
    "another issuer": lambda: token(iss="https://evil.test"),
    "an issuer that begins alike": lambda: token(iss=f"{ISSUER}.evil.test"),
    "another audience": lambda: token(aud="crm"),
    "no audience": lambda: token(aud=None),
    "given to another program": lambda: token(aud=[CLIENT, "crm"], azp="crm"),
    "expired": lambda: token(exp=1_700_000_000),
    "no end": lambda: token(exp=None),
    "end as a word": lambda: token(exp="never"),
    "not yet": lambda: token(nbf=4_000_000_000),
    "from the future": lambda: token(iat=4_000_000_000),
    "no iat": lambda: token(iat=None),
    "nobody": lambda: token(sub=None),
    "two dots and nothing": lambda: "eyJ..",
    "four parts": lambda: token() + ".x",
    "deep header": lambda: glued({"alg": "RS256"}, {}, b"").replace(".", "." + "A" * 20_000, 1),
    "payload is a list": lambda: glued(GOOD_HEADER, [1], b"x"),  # type: ignore[arg-type]
}


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer("rsa", "ec", "ed")


@pytest.mark.parametrize("attack", FORGED, ids=[*FORGED])
async def test_a_forged_token_opens_nothing(attack: str, issuer: Issuer) -> None:
    async with open_front(outside=issuer.vouches()) as front:
        said(await front.client(token()).get("/v1/session"))
        forged = FORGED[attack]()
        refused(await front.client(forged).get("/v1/session"), 401, "unauthenticated")
        answer = await front.client().post("/v1/session", json={"token": forged})
        assert answer.status_code in (400, 401), answer.text
        assert "evil" not in " ".join(issuer.asked), "no address of a token is ever asked"


@pytest.mark.parametrize("kind", ["rsa", "ec", "ed"])
@pytest.mark.parametrize("typ", ["JWT", "at+jwt", None])
async def test_a_good_token_is_its_holder(kind: str, typ: str | None, issuer: Issuer) -> None:
    async with open_front(outside=issuer.vouches()) as front:
        good = token(kind, {"typ": typ})
        session = said(await front.client(good).get("/v1/session"))
        assert (session["role"], session["agent"], session["queues"]) == ("supervisor", None, None)
        assert session["expires_at"] == claims()["exp"] * 1_000


async def test_without_a_provider_no_token_is_anything() -> None:
    async with open_front() as plain:
        refused(await plain.client(token()).get("/v1/session"), 401, "unauthenticated")
        bad = await plain.client().post("/v1/session", json={"token": token()})
        refused(bad, 401, "unauthenticated")


@pytest.mark.parametrize(
    "more",
    [
        {"realm": None},
        {"realm": {"roles": []}},
        {"realm": {"roles": ["admin", "supervisor"]}},
        {"realm": {"roles": {"leads": 1}}},
        {"realm": "leads"},
        {"realm": {"roles": ["desk"]}},
        {"realm": {"roles": ["desk"]}, "desk": "no such agent"},
        {"realm": {"roles": ["desk"]}, "desk": "ghost"},
        {"realm": {"roles": ["desk"]}, "desk": ["ann"]},
    ],
)
async def test_a_good_token_without_a_role_here_gets_nothing(
    more: dict[str, Any], issuer: Issuer
) -> None:
    async with open_front(outside=issuer.vouches()) as front:
        refused(await front.client(token(**more)).get("/v1/session"), 403, "forbidden")


async def test_a_claim_limits_to_queues_and_its_absence_lets_nobody_in(issuer: Issuer) -> None:
    async with open_front(outside=issuer.vouches("teams")) as front:
        await Office(front).furnish()
        refused(await front.client(token()).get("/v1/board"), 403, "forbidden")
        lead = front.client(token(teams=[OWN, "gone"]))
        board = said(await lead.get("/v1/board"))
        assert [row["id"] for row in board["queues"]] == [OWN]
        everywhere = said(await front.client(token(teams="*")).get("/v1/board"))
        assert len(everywhere["queues"]) == 2
        body = {"token": token(teams=[OWN])}
        cookie = (await front.client().post("/v1/session", json=body)).headers["set-cookie"]
        browser = front.client()
        browser.headers["Cookie"] = cookie.split(";")[0]
        assert len(said(await browser.get("/v1/board"))["queues"]) == 1, "so is the sign-in"


def test_of_several_roles_the_first_counts_and_odd_names_are_hashed() -> None:
    rules = rules_of("realm.roles", ROLES, "desk", "")
    grant = grant_of(claims(realm={"roles": ["desk", "leads", "root"]}, sub="a/b\n"), rules)
    assert grant.role == "admin" and grant.user.startswith("h-") and "\n" not in grant.user
    with pytest.raises(NotGranted):
        grant_of(claims(), rules_of("realm.roles", (), "desk", ""))


def test_an_agent_claim_is_an_id() -> None:
    rules = rules_of("realm.roles", ROLES, "desk", "")
    for odd in ("a b", "", "x" * 129, "a\nb", 7):
        with pytest.raises(NotGranted):
            grant_of(claims(realm={"roles": ["desk"]}, desk=odd), rules)


def test_a_key_is_found_for_its_own_algorithm_only() -> None:
    keys = Keys(lambda: 0.0)
    assert keys.take({"keys": [public_jwk("rsa"), public_jwk("ec"), public_jwk("ed")]}) == 3
    found = {
        (kid, algorithm)
        for kid in ("rsa", "ec", "ed")
        for algorithm in ("RS256", "ES256", "EdDSA", "HS256", "none", "RS512")
        if keys.find(kid, algorithm) is not None
    }
    assert found == {("rsa", "RS256"), ("ec", "ES256"), ("ed", "EdDSA")}


async def test_an_agent_is_who_the_claim_says_and_no_other(issuer: Issuer) -> None:
    async with open_front(outside=issuer.vouches()) as front:
        await Office(front).furnish()
        mine = token(realm={"roles": ["desk"]}, desk="ann")
        client = front.client(mine)
        said(await client.post("/v1/tickets", json={"role": "agent"}), 201)
        other = await client.post("/v1/tickets", json={"role": "agent", "agent": "both"})
        refused(other, 403, "forbidden")
        bad = await front.client().post("/v1/session", json={"token": mine, "agent": "both"})
        refused(bad, 403, "forbidden")
        said(await front.api.post("/v1/agents/ann/sign_out", json={}))
        refused(await client.get("/v1/session"), 401, "unauthenticated")


async def test_a_sign_in_by_token_lasts_its_own_time_and_dies_with_the_settings(
    issuer: Issuer,
) -> None:
    ttl = {"oidc_session_ttl_ms": 3_600_000}
    async with open_front(outside=issuer.vouches(), auth=ttl) as front:
        await Office(front).furnish()
        browser = front.client()
        answer = await browser.post("/v1/session", json={"token": token()})
        assert said(answer)["expires_at"] == front.node.router.now_ms() + 3_600_000
        assert "Max-Age=3600;" in answer.headers["set-cookie"] + ";"
        cookie = answer.headers["set-cookie"].split(";")[0]
        browser.headers.update({"Cookie": cookie, "Origin": BASE})
        said(await browser.post("/v1/queues/ours/pause", json={}))
        assert front.node.told[-1].by == "supervisor:oidc:u-17"  # type: ignore[union-attr]
        assert front.identity.outside is not None
        elsewhere = issuer.vouches(roles=("leads=admin",))(front.node)
        value = cookie.partition("=")[2]
        known, front.identity.outside = front.identity.outside, elsewhere
        assert front.identity.by_cookie(value) is None, "it names the rules it was made under"
        front.identity.outside = None
        assert front.identity.by_cookie(value) is None
        front.identity.outside = known
        await elapse(3_601)
        refused(await browser.get("/v1/session"), 401, "unauthenticated")


async def test_a_socket_of_a_token_ends_with_the_token(issuer: Issuer) -> None:
    async with open_front(outside=issuer.vouches()) as front:
        await Office(front).furnish()
        async with socket_of(front, front.client(token()), role="supervisor") as board:
            await elapse(590)
            assert board.closed is None and len(board.of("reauth_required")) == 1
            await elapse(12)
            assert board.closed == (4501, "the sign-in has ended")


async def test_one_of_key_and_token_signs_in() -> None:
    async with open_front() as front:
        for body in ({}, {"key": "k", "token": "t"}):
            bad = await front.client().post("/v1/session", json=body)
            assert paths(refused(bad, 400, "body_invalid")) == ["$.key"]


async def test_a_code_is_redeemed_with_the_verifier_and_for_its_own_sign_in_only(
    issuer: Issuer,
) -> None:
    public = {"public_url": BASE}
    async with open_front(outside=issuer.vouches(), server=public) as front:
        for nonce_of, ends in (("its own", "/board"), ("another", "/login#refused=away")):
            browser = front.client()
            answer = await browser.get("/login/provider")
            browser.headers["Cookie"] = answer.headers["set-cookie"].split(";")[0]
            asked = parse_qs(urlsplit(answer.headers["location"]).query)
            nonce = asked["nonce"][0] if nonce_of == "its own" else "of-another-sign-in"
            issuer.codes["c"] = token(nonce=nonce)
            query = {"code": "c", "state": asked["state"][0]}
            back = await browser.get("/login/provider/back", params=query)
            assert back.headers["location"] == ends
            form = issuer.forms[-1]
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            assert [challenge] == asked["code_challenge"]
            assert form["redirect_uri"] == f"{BASE}/login/provider/back"
            assert form["code_verifier"] not in answer.headers["location"]


async def test_a_way_that_took_too_long_is_over(issuer: Issuer) -> None:
    public = {"public_url": BASE}
    async with open_front(outside=issuer.vouches(), server=public) as front:
        begun = front.identity.ways.begin()
        assert front.identity.ways.end(begun.cookie, begun.way.state) == begun.way
        assert front.identity.ways.end(begun.cookie, "\ud800") is None
        await elapse(601)
        assert front.identity.ways.end(begun.cookie, begun.way.state) is None
    async with open_front(outside=issuer.vouches()) as front:
        there = await front.client().get("/login/provider", headers={"Host": "evil.test"})
        assert there.headers["location"] == "/login#refused=no_provider", "it has no address"


async def test_new_keys_are_asked_for_once_and_made_up_names_make_no_traffic() -> None:
    issuer = Issuer("rsa")
    async with open_front(outside=issuer.vouches()) as front:
        said(await front.client(token()).get("/v1/session"))
        issuer.keys = [public_jwk("rsa-2")]
        issuer.asked.clear()
        issuer.now_s += 11
        for number in range(20):
            forged = token(headers={"kid": f"made-up-{number}"})
            refused(await front.client(forged).get("/v1/session"), 401, "unauthenticated")
        assert issuer.asked.count(JWKS) == 1
        said(await front.client(token("rsa-2")).get("/v1/session"))
        refused(await front.client(token()).get("/v1/session"), 401, "unauthenticated")
        assert issuer.asked.count(JWKS) == 1, "the old key is known to be gone"
        issuer.now_s += 11
        refused(await front.client(token()).get("/v1/session"), 401, "unauthenticated")
        assert issuer.asked.count(JWKS) == 2


async def test_known_keys_outlive_a_provider_that_is_away_for_a_day_and_no_longer() -> None:
    issuer = Issuer("rsa")
    async with open_front(outside=issuer.vouches()) as front:
        client = front.client(token())
        said(await client.get("/v1/session"))
        issuer.away = True
        issuer.now_s += 20 * 3_600
        said(await client.get("/v1/session"))
        issuer.now_s += 5 * 3_600
        refused(await client.get("/v1/session"), 401, "unauthenticated")


@pytest.mark.parametrize(
    "bad",
    [
        {"document": {"issuer": f"{ISSUER}/", "jwks_uri": JWKS}},
        {"document": {"issuer": ISSUER, "jwks_uri": "http://id.example.test/keys"}},
        {"document": {"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"}},
        {"document": {"issuer": ISSUER}},
        {"keys": "none"},
        {"keys": [public_jwk("rsa", use="enc")]},
        {"keys": [public_jwk("rsa", alg="RS512")]},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "rsa"}]},
        {"keys": [{"kty": "RSA", "n": "!", "e": "AQAB", "kid": "rsa"}, 7, None]},
    ],
)
async def test_a_provider_that_says_odd_things_vouches_for_nobody(bad: dict[str, Any]) -> None:
    issuer = Issuer("rsa")
    for name, value in bad.items():
        setattr(issuer, name, value)
    async with open_front(outside=issuer.vouches()) as front:
        refused(await front.client(token()).get("/v1/session"), 401, "unauthenticated")


async def test_a_weak_key_of_the_provider_is_not_used() -> None:
    issuer = Issuer("rsa")
    issuer.keys = [public_jwk("rsa-weak", kid="rsa")]
    async with open_front(outside=issuer.vouches()) as front:
        with pytest.warns(InsecureKeyLengthWarning):
            weak = jwt.encode(claims(), private("rsa-weak"), "RS256", headers={"kid": "rsa"})
        refused(await front.client(weak).get("/v1/session"), 401, "unauthenticated")


async def test_a_token_is_in_no_log_line(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with open_front(outside=issuer.vouches()) as front:
        good, forged = token(), token(aud="crm")
        said(await front.client(good).get("/v1/session"))
        refused(await front.client(forged).get("/v1/session"), 401, "unauthenticated")
        text = caplog.text + json.dumps([str(one) for one in front.node.told])
        assert "InvalidAudienceError" in caplog.text
        assert good.split(".")[2] not in text and forged.split(".")[2] not in text


def test_without_the_extra_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.merged(
        {"auth": {"oidc_issuer": ISSUER, "oidc_client_id": "x", "oidc_roles": ["a=agent"]}}
    )
    for name in [name for name in sys.modules if name.startswith(("app.adapters.oidc", "jwt"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "jwt", None)
    with pytest.raises(StartFailed, match=r"interlock-offers\[oidc\]"):
        outside_of(settings, None)  # type: ignore[arg-type]
    assert outside_of(Settings(), None) is None  # type: ignore[arg-type]
    for name in [name for name in sys.modules if name.startswith(("app.adapters.pass", "argon2"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "argon2", None)
    with pytest.raises(StartFailed, match=r"interlock-offers\[users\]"):
        passwords_of(Settings.merged({"auth": {"local_users": True}}))
    assert passwords_of(Settings()) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"oidc_issuer": "http://id.example.test"},
        {"oidc_issuer": "https://id.example.test/?x=1"},
        {"oidc_client_id": ""},
        {"oidc_roles": []},
        {"oidc_roles": ["leads"]},
        {"oidc_roles": ["leads=king"]},
        {"oidc_roles": ["=admin"]},
    ],
)
def test_settings_that_would_let_the_wrong_people_in_are_refused(wrong: dict[str, Any]) -> None:
    right = {"oidc_issuer": ISSUER, "oidc_client_id": "x", "oidc_roles": ["a=agent"]}
    assert Settings.merged({"auth": right}).auth.oidc_issuer == ISSUER
    with pytest.raises(ValueError):
        Settings.merged({"auth": right | wrong})


def test_a_provider_without_an_address_of_our_own_is_unwise(tmp_path: Path) -> None:
    known = ('oidc_issuer = "https://id.test"', 'oidc_client_id = "x"', 'oidc_roles = ["a=agent"]')
    (tmp_path / "c.toml").write_text("\n".join(("[auth]", *known)))
    assert [one.path for one in read(tmp_path / "c.toml", env={}).advice] == ["auth.oidc_issuer"]
