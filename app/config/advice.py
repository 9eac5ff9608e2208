"""What is allowed but unwise: said by ``config check``, never a reason to refuse.

Changes nothing. The rule: each sentence names the key and what to do about it. Queues, agents and
presences have warnings of their own (``app.wire.lint``), as a PUT answers them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from app.config.problems import Problem, nearest, origin_of
from app.config.settings import Settings

LOOPBACK = ("127.0.0.1", "::1", "localhost")
ADMIN_KEY_CHARS = 16


def advice(settings: Settings, origins: Mapping[str, str]) -> Iterator[Problem]:
    """Every piece of advice for these settings."""
    for path, text in (*_keys(settings), *_store(settings), *_tables(settings)):
        yield Problem(path, text, origin_of(path, origins))


def _keys(settings: Settings) -> Iterator[tuple[str, str]]:
    key = settings.auth.admin_key.get_secret_value()
    if key and len(key) < ADMIN_KEY_CHARS:
        yield "auth.admin_key", f"is shorter than {ADMIN_KEY_CHARS} characters and can be guessed"
    if settings.server.host not in LOOPBACK and settings.server.public_url.startswith("http://"):
        yield "server.public_url", "is plain http: keys and names can be read on the way"
    if settings.auth.oidc_issuer and not settings.server.public_url:
        yield (
            "auth.oidc_issuer",
            "is set and server.public_url is not: tokens are taken, but the sign-in page cannot "
            "send people there and back",
        )
    yield from _proxied(settings)


def _proxied(settings: Settings) -> Iterator[tuple[str, str]]:
    server = settings.server
    ends_tls = server.public_url.startswith("https://") and not server.tls_cert
    if ends_tls and not server.trusted_proxies:
        yield (
            "server.trusted_proxies",
            "is empty, but public_url is https: name the proxy that ends TLS (127.0.0.1 if it "
            "runs here), or cookies go without Secure and all clients have its address",
        )
    if server.tls_cert and server.public_url.startswith("http://"):
        yield "server.public_url", "is http, but the server itself speaks TLS: write https://"


def _store(settings: Settings) -> Iterator[tuple[str, str]]:
    for danger in settings.redis.allow:
        if not settings.redis.url:
            yield "redis.allow", f"{danger} has no effect: the server starts its own store"
    parts = urlsplit(settings.redis.url)
    if parts.scheme == "redis" and parts.hostname not in LOOPBACK:
        yield (
            "redis.url",
            "is not over TLS: its password and all it stores can be read on the way, unless the "
            "network is private; write rediss://",
        )
    if settings.redis.url and settings.embedded != type(settings.embedded)():
        yield "redis.url", "is set, so the section embedded has no effect"


def _tables(settings: Settings) -> Iterator[tuple[str, str]]:
    for name, agent in settings.agents.items():
        for queue in agent.queues:
            yield from _known(f"agents.{name}.queues.{queue}", queue, settings)


def _known(path: str, queue: str, settings: Settings) -> Iterator[tuple[str, str]]:
    if queue not in settings.queues:
        near = nearest(queue, settings.queues)
        hint = f", did you mean {near}?" if near else "; it must exist by other means"
        yield path, f"no queue {queue} in this file{hint}"
