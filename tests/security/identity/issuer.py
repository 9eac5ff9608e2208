"""An identity provider with keys of its own, which signs whatever a test wants. No network."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from app.adapters.oidc import OidcProvider, ProviderAway
from app.edge.grants import rules_of
from app.edge.outside import Outside
from tests.shell.node import Node
from tests.virtual_time import EPOCH_MS

ISSUER, CLIENT = "https://id.example.test/realms/x", "interlock"
JWKS, TOKENS = f"{ISSUER}/keys", f"{ISSUER}/tokens"
ROLES = ("leads=supervisor", "desk=agent", "root=admin", "shop=ingest")


@cache
def private(kind: str) -> Any:
    """A private key: the same at every call, since making one takes a while."""
    if kind.startswith("rsa"):
        bits = 1_024 if kind == "rsa-weak" else 2_048
        return rsa.generate_private_key(public_exponent=65_537, key_size=bits)
    if kind.startswith("ec"):
        return ec.generate_private_key(ec.SECP384R1() if kind == "ec-384" else ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


def public_jwk(kind: str, **more: Any) -> dict[str, Any]:
    """Its public half as the provider tells it."""
    public = private(kind).public_key()
    of = {"rs": RSAAlgorithm, "ec": ECAlgorithm, "ed": OKPAlgorithm}[kind[:2]]
    said: dict[str, Any] = of.to_jwk(public, as_dict=True)  # type: ignore[attr-defined]
    return {name: value for name, value in said.items() if name != "key_ops"} | {
        "kid": kind,
        "use": "sig",
        **more,
    }


ALGORITHM = {"rsa": "RS256", "rsa-2": "RS256", "ec": "ES256", "ed": "EdDSA"}


class Issuer:
    """What the provider says; ``asked`` counts addresses."""

    def __init__(self, *kinds: str) -> None:
        self.keys = [public_jwk(kind) for kind in kinds]
        self.document: dict[str, Any] = {"issuer": ISSUER, "jwks_uri": JWKS}
        self.document |= {"authorization_endpoint": f"{ISSUER}/go", "token_endpoint": TOKENS}
        self.asked: list[str] = []
        self.codes: dict[str, str] = {}
        self.forms: list[dict[str, str]] = []
        self.away = False
        self.now_s = 1_000.0

    async def get(self, url: str) -> dict[str, Any]:
        self.asked.append(url)
        if self.away:
            raise ProviderAway("no answer")
        return self.document if url.endswith("/openid-configuration") else {"keys": self.keys}

    async def post(
        self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None
    ) -> dict[str, Any]:
        self.forms.append({"url": url, **form})
        if self.codes.get(form["code"]) is None:
            raise ProviderAway(f"{url} answers 400")
        return {"id_token": self.codes.pop(form["code"])}

    async def aclose(self) -> None:
        """There is nothing to let go."""

    def vouches(self, queues_claim: str = "", **rules: Any) -> Any:
        """For ``open_front``: takes this provider's tokens."""
        roles = rules.get("roles", ROLES)

        def make(node: Node) -> Outside:
            provider = OidcProvider(ISSUER, "", CLIENT, "", self, lambda: self.now_s)
            found = rules_of("realm.roles", roles, "desk", queues_claim)
            return Outside(provider, found, node.router)

        return make


def claims(**more: Any) -> dict[str, Any]:
    """Good claims, with others in their stead; None leaves one out."""
    known = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "u-17",
        "iat": int(time.time()),
        "exp": EPOCH_MS // 1_000 + 600,
        "realm": {"roles": ["leads", "nobody"]},
    } | more
    return {name: value for name, value in known.items() if value is not None}


def token(kind: str = "rsa", headers: Mapping[str, Any] | None = None, **more: Any) -> str:
    """A token signed by this key."""
    header = {"kid": kind, **(headers or {})}
    return jwt.encode(claims(**more), private(kind), ALGORITHM[kind], headers=dict(header))


def glued(header: Mapping[str, Any], payload: Mapping[str, Any], signature: bytes) -> str:
    """A token from its parts, whatever they are."""
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
