"""The server's own certificate: read with clear faults, and read again while the server serves.

MUST leave what works in force: a new certificate counts only when it and its key are whole and fit
each other, and it counts for new connections alone. Each handshake asks which one is in force, so
no connection ever meets half of a change.
"""

from __future__ import annotations

import os
import re
import ssl
import stat
from dataclasses import dataclass
from datetime import UTC, datetime

CERT, KEY = "server.tls_cert", "server.tls_key"
SOON_S = 14 * 86_400
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_UTC_TIME = 0x17
_VERSION = 0xA0


class TlsFault(ValueError):
    """A certificate or key that cannot be used: the setting, what is wrong, and the remedy."""

    def __init__(self, setting: str, fault: str, remedy: str) -> None:
        super().__init__(f"{setting}: {fault}; {remedy}")
        self.fault, self.remedy = f"{setting}: {fault}", remedy


@dataclass(slots=True, frozen=True)
class Validity:
    """From when until when a certificate holds, in seconds of Unix time."""

    begins_at: int
    ends_at: int

    def ends_soon(self, now: float) -> bool:
        """Whether who renews certificates should have done it: two weeks, or a third of its life
        where that is shorter.
        """
        return self.ends_at - now < min(SOON_S, (self.ends_at - self.begins_at) / 3)

    def __str__(self) -> str:
        return f"until {datetime.fromtimestamp(self.ends_at, UTC):%Y-%m-%d %H:%M} UTC"


class Certificate:
    """The certificate in force, and the context of a listener that serves it."""

    def __init__(self, cert: str, key: str) -> None:
        """Raises TlsFault."""
        self._cert, self._key = cert, key
        self._seen = self._look()
        self._live, self.validity = load(cert, key)
        self.context = self._live
        # Asked in every handshake, also by a client that names no server.
        self.context.sni_callback = self._choose

    def reload(self) -> bool:
        """Take what the files hold, if they changed since they were last taken.

        Raises TlsFault, once for each change; what was in force stays so.
        """
        seen = self._look()
        if seen == self._seen:
            return False
        self._seen = seen
        self._live, self.validity = load(self._cert, self._key)
        return True

    def _choose(self, connection: ssl.SSLObject, _name: str, _context: ssl.SSLContext) -> None:
        connection.context = self._live

    def _look(self) -> tuple[tuple[int, ...] | None, ...]:
        return _mark(self._cert), _mark(self._key)


def load(cert: str, key: str) -> tuple[ssl.SSLContext, Validity]:
    """A context for TLS 1.2 and newer, and how long its certificate holds. Raises TlsFault."""
    chain = _BLOCK.findall(_text(CERT, cert))
    if not chain:
        remedy = "it begins with -----BEGIN CERTIFICATE-----: give the PEM file, not DER"
        raise TlsFault(CERT, f"{cert} holds no certificate", remedy)
    private = _text(KEY, key)
    if "PRIVATE KEY-----" not in private:
        remedy = "it has a line -----BEGIN PRIVATE KEY-----: give the PEM file, not DER"
        raise TlsFault(KEY, f"{key} holds no private key", remedy)
    if "ENCRYPTED" in private:
        remedy = f"write one without: openssl pkey -in {key} -out FILE"
        raise TlsFault(KEY, f"{key} is locked with a passphrase", remedy)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(cert, key)
        validity = _validity(ssl.PEM_cert_to_DER_cert(chain[0]))
    except ssl.SSLError as error:
        raise _unfit(error, cert, key) from None
    except (ValueError, IndexError):
        raise TlsFault(CERT, f"{cert} is damaged", "put the file there anew") from None
    return context, validity


def _unfit(error: ssl.SSLError, cert: str, key: str) -> TlsFault:
    if error.reason == "KEY_VALUES_MISMATCH":
        remedy = "give the key the certificate was made for, and its own certificate first"
        return TlsFault(KEY, f"{key} is not the key of {cert}", remedy)
    reason = (error.reason or "unreadable").lower().replace("_", " ")
    return TlsFault(CERT, f"{cert} and {key} cannot be used: {reason}", "have them issued anew")


def _text(setting: str, path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        raise TlsFault(setting, f"there is no file {path}", "correct the path") from None
    except OSError as error:
        remedy = "let the server's user read it"
        raise TlsFault(setting, f"{path} cannot be read: {error.strerror}", remedy) from None


def _mark(path: str) -> tuple[int, ...] | None:
    """Differs when the file was written or replaced; None while there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    mode = stat.S_IMODE(found.st_mode)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, mode


def _validity(der: bytes) -> Validity:
    """The two times of a certificate (RFC 5280, 4.1). Raises ValueError, IndexError."""
    _, at, _ = _element(der, 0)
    _, at, _ = _element(der, at)
    if der[at] == _VERSION:
        at = _element(der, at)[2]
    for _serial_algorithm_issuer in range(3):
        at = _element(der, at)[2]
    _, at, _ = _element(der, at)
    begins, following = _time(der, at)
    ends, _ = _time(der, following)
    return Validity(begins, ends)


def _time(der: bytes, at: int) -> tuple[int, int]:
    tag, begins, ends = _element(der, at)
    text = der[begins:ends].decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    told = datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    return int(told.timestamp()), ends


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """Tag, begin and end of the element at this place."""
    tag, length, begins = der[at], der[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, begins = int.from_bytes(der[begins : begins + size], "big"), begins + size
    return tag, begins, begins + length
