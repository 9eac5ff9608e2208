"""One WebSocket session of the independent client.

Duty: keep every frame in the order heard and let a test wait for what it needs. It MUST NOT hide a
fault of the server: a gap in `seq` is noted in `gaps`, and leaving the socket then fails the test.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from itertools import count
from types import TracebackType
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from .client import WITHIN_S, Json

SUBPROTOCOL = "interlock.v1"
T = TypeVar("T")


class Socket:
    """One WebSocket session that reads at once and keeps all it hears.

    `pushes` holds every push in order, `replies` every reply by `ref`. Pings are answered and
    offers confirmed with `received` unless `polite` is off.
    """

    def __init__(self, wire: ClientConnection, polite: bool = True) -> None:
        self._wire = wire
        self._refs = count(1)
        self._news = asyncio.Condition()
        self._taken: set[int] = set()
        self._frozen = False
        self.polite = polite
        self.pushes: list[Json] = []
        self.replies: dict[str, list[Json]] = {}
        self.strays: list[Any] = []
        self.hello: Json = {}
        self.expected_seq = 1
        self.gaps: list[str] = []
        self.close_code: int | None = None
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(
        cls,
        address: str,
        polite: bool = True,
        subprotocol: str | None = SUBPROTOCOL,
        origin: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Socket:
        """Open a socket; nothing is said yet. Raises `InvalidStatus` when refused by HTTP."""
        wire = await connect(
            address + "/ws",
            subprotocols=[Subprotocol(subprotocol)] if subprotocol else None,
            origin=None if origin is None else Origin(origin),
            additional_headers=dict(headers or {}),
            compression=None,
            ping_interval=None,
            max_size=None,
            proxy=None,
            close_timeout=2,
        )
        return cls(wire, polite)

    async def __aenter__(self) -> Socket:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.leave()
        if error is None:
            assert not self.gaps, self.gaps

    @property
    def subprotocol(self) -> str | None:
        """What the server chose in the handshake."""
        return self._wire.subprotocol

    async def leave(self) -> None:
        """Close the socket the polite way."""
        if self._frozen:
            self._wire.transport.resume_reading()
        await self._wire.close()
        await self._reader

    async def echo(self) -> float:
        """Send a ping of the WebSocket protocol itself and return when it was answered."""
        return await (await self._wire.ping())

    def cut(self) -> None:
        """Lose the connection without a goodbye, as a dead network would."""
        self._wire.transport.abort()

    def freeze(self) -> None:
        """Stop reading altogether: the kernel's buffers fill, nothing is answered."""
        self.polite = False
        self._frozen = True
        self._wire.transport.pause_reading()

    async def _read(self) -> None:
        try:
            async for text in self._wire:
                await self._hear(text)
        except ConnectionClosed:
            pass
        finally:
            self.close_code = self._wire.close_code or 1006
            async with self._news:
                self._news.notify_all()

    async def _hear(self, text: str | bytes) -> None:
        frame = json.loads(text) if isinstance(text, str) else text
        async with self._news:
            if not isinstance(frame, dict) or "type" not in frame:
                self.strays.append(frame)
            elif frame["type"] == "reply":
                self.replies.setdefault(str(frame.get("ref")), []).append(frame)
                if frame.get("ok") and "resume" in self.hello:
                    self._begin(frame)
            else:
                self._push(frame)
            self._news.notify_all()
        if self.polite and isinstance(frame, dict):
            await self._courtesy(frame)

    def _begin(self, welcome: Json) -> None:
        """Take where the sequence starts from the answer to hello (0: the snapshot tells)."""
        asked = self.hello.pop("resume")
        if asked is None or welcome.get("session") != asked["session"]:
            self.expected_seq = 1
        elif welcome.get("mode") == "replay":
            self.expected_seq = asked["seq"] + 1
        else:
            self.expected_seq = 0

    def _push(self, frame: Json) -> None:
        if self.expected_seq and frame.get("seq") != self.expected_seq:
            self.gaps.append(f"expected seq {self.expected_seq}, got {frame}")
        self.expected_seq = int(frame.get("seq", 0)) + 1
        self.pushes.append(frame)

    async def _courtesy(self, frame: Json) -> None:
        if frame.get("type") == "ping":
            await self.say(type="pong", ping=frame["ping"])
        if frame.get("type") == "offer":
            await self.say(type="received", offer=frame["offer"]["id"])
        if frame.get("type") == "snapshot":
            for offer in frame.get("offers", ()):
                await self.say(type="received", offer=offer["id"])

    async def raw(self, data: str | bytes) -> None:
        """Send any text or bytes as one frame; a closed socket is no error here."""
        with contextlib.suppress(ConnectionClosed):
            await self._wire.send(data)

    async def say(self, **fields: Any) -> str:
        """Send one command with a fresh `ref` (unless given) and return the ref."""
        ref = fields.setdefault("ref", f"r{next(self._refs)}")
        await self.raw(json.dumps(fields))
        return str(ref)

    async def _until(self, ready: Callable[[], T | None], what: str, within_s: float) -> T:
        async def look() -> T:
            async with self._news:
                while True:
                    found = ready()
                    if found is not None:
                        return found
                    assert self.close_code is None, (
                        f"closed {self.close_code} before {what}; heard {self.pushes[-5:]}"
                    )
                    await self._news.wait()

        try:
            return await asyncio.wait_for(look(), within_s)
        except TimeoutError:
            heard = [self.pushes[-8:], list(self.replies.values())[-4:]]
            raise AssertionError(f"not within {within_s} s: {what}; heard {heard}") from None

    async def reply(self, ref: str, within_s: float = WITHIN_S) -> Json:
        """Return the final reply to `ref`; a `pending` one is waited out."""

        def ready() -> Json | None:
            final = [r for r in self.replies.get(ref, ()) if r.get("code") != "pending"]
            return final[-1] if final else None

        return await self._until(ready, f"a reply to {ref}", within_s)

    async def ask(self, kind: str, **fields: Any) -> Json:
        """Send one command and return its reply."""
        return await self.reply(await self.say(type=kind, **fields))

    async def do(self, kind: str, **fields: Any) -> Json:
        """Send one command that must be granted and return its reply."""
        answer = await self.ask(kind, **fields)
        assert answer.get("ok") is True, f"{kind} {fields} -> {answer}"
        return answer

    async def refused(self, kind: str, **fields: Any) -> str:
        """Send one command that must be refused and return the code."""
        answer = await self.ask(kind, **fields)
        assert answer.get("ok") is False, f"{kind} {fields} -> {answer}"
        assert isinstance(answer.get("code"), str), answer
        assert isinstance(answer.get("message"), str), answer
        assert isinstance(answer.get("temporary"), bool), answer
        return str(answer["code"])

    async def push(
        self,
        kind: str,
        where: Callable[[Json], bool] = lambda push: True,
        within_s: float = WITHIN_S,
    ) -> Json:
        """Return the first push of this type that no earlier call took."""

        def ready() -> Json | None:
            for index, push in enumerate(self.pushes):
                if index not in self._taken and push["type"] == kind and where(push):
                    self._taken.add(index)
                    return push
            return None

        return await self._until(ready, f"a push {kind}", within_s)

    def take_all(self, kind: str) -> list[Json]:
        """Take every push of this type heard so far and return them in order."""
        found = self.untaken(kind)
        self._taken |= {i for i, push in enumerate(self.pushes) if push["type"] == kind}
        return found

    def untaken(self, kind: str) -> list[Json]:
        """The pushes of this type that were heard but not taken."""
        return [
            push
            for index, push in enumerate(self.pushes)
            if index not in self._taken and push["type"] == kind
        ]

    async def first_of(self, ref: str, within_s: float = WITHIN_S) -> Json | int:
        """Return the reply to `ref`, or the close code if the server closed instead."""

        def ready() -> Json | int | None:
            if ref in self.replies:
                return self.replies[ref][-1]
            return self.close_code

        return await self._until(ready, f"a reply to {ref} or a close", within_s)

    async def closed(self, within_s: float = WITHIN_S) -> int:
        """Wait until the server closed the socket and return the close code."""
        return await self._until(lambda: self.close_code, "a close", within_s)

    async def say_hello(self, ticket: str, resume: Json | None = None, **more: Any) -> str:
        """Say hello and return its ref."""
        self.hello = {"resume": resume}
        fields = {"ticket": ticket, **more}
        if resume is not None:
            fields["resume"] = resume
        return await self.say(type="hello", **fields)

    async def greet(self, ticket: str, resume: Json | None = None, **more: Any) -> Json:
        """Say hello and return the reply, whatever it is."""
        answer = await self.reply(await self.say_hello(ticket, resume, **more))
        if answer.get("ok"):
            self.hello = answer
        return answer

    def resume(self) -> Json:
        """What a later hello needs to take this session up again."""
        seq = self.pushes[-1]["seq"] if self.pushes else 0
        return {key: self.hello[key] for key in ("session", "secret", "gen")} | {"seq": seq}
