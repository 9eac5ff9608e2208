"""The kinds of values a setting can have: their unit, their bounds, their form.

Holds no key and no default. The rule: numbers are whole and strict, so that ``true`` or ``"20"``
in a file is an error and not a number by luck.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

ID_PATTERN = r"^[A-Za-z0-9_.:-]{1,128}$"
ID_TEXT = "an id has 1 to 128 characters from A-Z a-z 0-9 . _ : -"


@dataclass(frozen=True, slots=True)
class Unit:
    """What the value counts or holds, in one or two words for the reader of the file."""

    text: str


def _origin(text: str) -> str:
    """Accept ``scheme://host[:port]`` only: what a browser sends as Origin. Raises ValueError."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write it as https://host or https://host:port")
    if text != f"{parts.scheme}://{parts.netloc}" or parts.username:
        raise ValueError(f"no path, user or slash at the end: {parts.scheme}://{parts.hostname}")
    return text


def _origin_or_empty(text: str) -> str:
    return _origin(text) if text else text


def _network(text: str) -> str:
    """Accept one address or network, not everybody. Raises ValueError."""
    try:
        network = ip_network(text)
    except ValueError:
        text = "write an address or a network: 10.0.0.5, 10.0.0.0/8, ::1"
        raise ValueError(text) from None
    if network.prefixlen == 0:
        raise ValueError("is everybody: name the addresses of your proxies")
    return text


def _store_url(text: str) -> str:
    """Accept the addresses a Redis client knows, or nothing. Raises ValueError."""
    schemes = ("redis://", "rediss://", "unix://")
    if text and not text.startswith((*schemes, "/")):
        raise ValueError("write it as redis://host:6379/0, rediss://… or the path of a socket")
    try:
        _ = urlsplit(text).port
    except ValueError:
        # The library's own sentence may hold a piece of the password.
        raise ValueError("has no good port; in a password, write / as %2F and @ as %40") from None
    return text


def _hook_url(text: str) -> str:
    """Accept an http or https address with any path, or nothing. Raises ValueError."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if text and not good:
        raise ValueError("write it as https://host/path")
    return text


def _issuer(text: str) -> str:
    """Accept an address that nobody on the way can forge, or nothing. Raises ValueError."""
    parts = urlsplit(text)
    near = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
    if text and not (near or (parts.scheme == "https" and parts.hostname)):
        raise ValueError("write it as https://host/path, as the provider names itself")
    if parts.query or parts.fragment:
        raise ValueError("an issuer has no ? and no #")
    return text


def _role_of(text: str) -> str:
    """Accept ``value=role``. Raises ValueError."""
    value, _, role = text.rpartition("=")
    if not value or role not in ("ingest", "agent", "supervisor", "admin"):
        raise ValueError("write value=role, with a role ingest, agent, supervisor or admin")
    return text


Ms = Annotated[int, Field(strict=True, ge=1), Unit("ms")]
MsOrNone = Annotated[int, Field(strict=True, ge=0), Unit("ms, 0: none")]
Count = Annotated[int, Field(strict=True, ge=1), Unit("count")]
CountOrNone = Annotated[int, Field(strict=True, ge=0), Unit("count, 0: none")]
Bytes = Annotated[int, Field(strict=True, ge=1_024), Unit("bytes")]
PerSecond = Annotated[int, Field(strict=True, ge=1), Unit("per second")]
Port = Annotated[int, Field(strict=True, ge=0, le=65_535), Unit("port, 0: any free one")]
Id = Annotated[str, Field(pattern=ID_PATTERN), Unit("id")]
Text = Annotated[str, Unit("text")]
TextPath = Annotated[str, Unit("path of a file")]
Origin = Annotated[str, AfterValidator(_origin)]
OriginOrEmpty = Annotated[str, AfterValidator(_origin_or_empty), Unit("address")]
Network = Annotated[str, AfterValidator(_network)]
Issuer = Annotated[str, AfterValidator(_issuer), Unit("address")]
RoleOf = Annotated[str, AfterValidator(_role_of)]
StoreUrl = Annotated[str, AfterValidator(_store_url), Field(repr=False), Unit("address, secret")]
HookUrl = Annotated[str, AfterValidator(_hook_url), Field(repr=False), Unit("address, secret")]
Secret = Annotated[SecretStr, Unit("secret")]
