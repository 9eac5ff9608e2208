"""Asks a running server over HTTP and ends the command with a sentence when it refuses.

Knows no route. The rule: the key goes into the header only, never into a message.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from app.cli.exits import Exit, fail, settings_or_exit

if TYPE_CHECKING:
    from httpx2 import Client, Response

    from app.config import Settings

TIMEOUT_S = 10.0
STREAM_TIMEOUT_S = 300.0
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Api:
    """One server and the key to speak with."""

    url: str
    key: str

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer's JSON, None when it has none. Ends the command on a bad answer or none."""
        return _json(self._answer(method, path, body))

    def text(self, path: str) -> str:
        """The answer's text. Ends the command on a bad answer or none."""
        return self._answer("GET", path, None).text

    def stream(self, path: str) -> Iterator[bytes]:
        """The answer, piece by piece. Ends the command on a bad answer, or one that breaks off."""
        import httpx2

        try:
            # Much may be read for a line: the server looks through the log meanwhile.
            patience = httpx2.Timeout(TIMEOUT_S, read=STREAM_TIMEOUT_S)
            with (
                self._client() as client,
                client.stream("GET", self._at(path), timeout=patience) as answer,
            ):
                if not answer.is_success:
                    answer.read()
                    fail(Exit.REFUSED, _refusal(answer))
                yield from answer.iter_bytes()
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeEncodeError) as error:
            self._unheard(error)

    def _client(self) -> Client:
        import httpx2

        # A proxy of the environment cannot reach a loopback address of this machine.
        trust = urlsplit(self.url).hostname not in LOOPBACK
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx2.Client(timeout=TIMEOUT_S, trust_env=trust, headers=headers)

    def _at(self, path: str) -> str:
        return self.url.rstrip("/") + path

    def _unheard(self, error: Exception) -> NoReturn:
        reason = str(error) or type(error).__name__
        fail(Exit.REFUSED, [f"no answer from {self.url}: {reason}; is the server running? (--url)"])

    def _answer(self, method: str, path: str, body: dict[str, Any] | None) -> Response:
        import httpx2

        try:
            with self._client() as client:
                answer = client.request(method, self._at(path), json=body)
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeEncodeError) as error:
            self._unheard(error)
        if not answer.is_success:
            fail(Exit.REFUSED, _refusal(answer))
        return answer


def connect(url: str | None, key: str | None, config: Path | None) -> Api:
    """The server and key given, else those of the settings. Ends the command without them."""
    if not url or not key:
        settings = settings_or_exit(config, {}, Exit.USAGE).settings
        url = url or _address(settings)
        key = key or settings.auth.admin_key.get_secret_value()
    if not url:
        fail(Exit.USAGE, ["which server? The settings name no port: give --url"])
    if not key:
        fail(Exit.USAGE, ["no key: set INTERLOCK_AUTH__ADMIN_KEY or give --key"])
    return Api(url, key)


def _address(settings: Settings) -> str:
    server = settings.server
    host = EVERYWHERE.get(server.host, server.host)
    name = f"[{host}]" if ":" in host else host
    scheme = "https" if server.tls_cert else "http"
    return server.public_url or (f"{scheme}://{name}:{server.port}" if server.port else "")


def _json(answer: Response) -> Any:
    try:
        return answer.json() if answer.content else None
    except ValueError:
        fail(Exit.REFUSED, [f"{answer.url} did not answer JSON; is it an Interlock server?"])


def _refusal(answer: Response) -> Iterator[str]:
    """The lines of an RFC 9457 problem, or the bare status of anything else."""
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {}
    text = problem.get("detail") or problem.get("title") or answer.reason_phrase
    code = f" ({problem['code']})" if "code" in problem else ""
    yield f"refused with {answer.status_code}: {text}{code}"
    for error in problem.get("errors", []):
        if f"{error.get('path')}: {error.get('message')}" in text:
            continue
        yield f"  {error.get('path')}: {error.get('message')}"
