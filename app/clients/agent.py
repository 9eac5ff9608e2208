"""An agent's end of the WebSocket that stays connected for ever and loses no command.

Duty: sign in with a ticket, resume the session, answer pings, confirm offers, keep the view, and
say open commands again after every reconnect. MUST NOT decide anything for the agent (see
``behaviour``). What makes it right: every command keeps its ``ref`` until its final reply and means
the same when said twice; a gap in the sequence ends the connection and asks for a snapshot; waits
between tries have full jitter.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from random import Random
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from app.clients.agent_view import AgentView, Json, SequenceGap
from app.clients.backoff import Backoff
from app.clients.closing import Next, after_close
from app.clients.commands import Answer, Commands
from app.clients.http import ApiClient, ApiRefused, ApiUnreachable
from app.clients.journal import Journal, NoJournal
from app.clients.link import Closed, Dropped, Link, SessionOver

BAD_TICKETS_MAX = 5


@dataclass(slots=True, frozen=True, kw_only=True)
class Connecting:
    """How eagerly to come back, in seconds. ``answer_s`` bounds handshake and answer to hello."""

    base_s: float = 0.5
    cap_s: float = 30.0
    answer_s: float = 10.0
    seed: int | None = None


class AgentClient:
    """One agent, connected for as long as the context manager is open.

    ``view`` is what the agent knows now. ``key`` may be the agent's own or an admin's. With ``api``
    many clients share one pool of HTTP connections.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        agent_id: str,
        *,
        api: ApiClient | None = None,
        connecting: Connecting | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.agent_id = agent_id
        self.view = AgentView()
        self._connecting = connecting or Connecting()
        self._api = api or ApiClient(base_url, key)
        self._own_api = None if api else self._api
        self._address = "ws" + base_url.rstrip("/").removeprefix("http") + "/ws"
        self._journal = journal or NoJournal()
        self._instance = uuid4().hex
        self._commands = Commands(self._instance[:8])
        rng = Random(self._connecting.seed)
        self._backoff = Backoff(self._connecting.base_s, self._connecting.cap_s, rng)
        self._link: Link | None = None
        self._leaving = asyncio.Event()
        self._come_back_s: float | None = None
        self._bad_tickets = 0
        self._silence_s = 60.0
        self._news = asyncio.Event()
        self._listeners: list[asyncio.Queue[Json]] = []
        self._over: SessionOver | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._stay(), name=f"agent {self.agent_id}")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leaving.set()
        if self._link is not None:
            await self._link.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            if not self._task.cancelled() and (fault := self._task.exception()) and not error:
                raise fault
        if self._own_api is not None:
            await self._own_api.aclose()

    async def set_presence(
        self, presence: str, reason: str = "", *, after_work: bool = False
    ) -> Answer:
        """Say what the agent intends: available, away, offline or a custom presence.

        ``after_work``: no new offers from now on, and the presence when nothing is held any more.
        """
        fields: Json = {"presence": presence, "reason": reason}
        return await self.command("set_presence", **fields, **_if_true(after_work=after_work))

    async def accept(self, offer: str) -> Answer:
        """Take the offered conversation."""
        return await self.command("accept", offer=offer)

    async def decline(self, offer: str, reason: str = "") -> Answer:
        """Do not take the offered conversation."""
        return await self.command("decline", offer=offer, reason=reason)

    async def complete(self, conversation: str, disposition: str | None = None) -> Answer:
        """The talk is over; ``disposition`` says what came of it, as a code of yours."""
        said = {} if disposition is None else {"disposition": disposition}
        return await self.command("complete", conversation=conversation, **said)

    async def pull(self, queue: str, conversation: str | None = None) -> Answer:
        """Pick from a queue: this conversation, or the first that the agent may have.

        ``Answer.conversation`` is what was picked. Without a name it may pick a second one when the
        session is lost between command and answer; with one it never does.
        """
        named = {} if conversation is None else {"conversation": conversation}
        return await self.command("pull", queue=queue, **named)

    async def note_activity(self, conversation: str, *, idle: bool = False) -> Answer:
        """Something was said in the conversation, or (``idle``) nothing will be for a while."""
        fields: Json = {"conversation": conversation}
        return await self.command("activity", **fields, **_if_true(idle=idle))

    async def finish_wrap_up(self, conversation: str) -> Answer:
        """The wrap-up is over."""
        return await self.command("finish_wrap_up", conversation=conversation)

    async def command(self, kind: str, **fields: Any) -> Answer:
        """Say a command and wait for its final answer, over as many connections as it takes.

        Trouble of the server (store away, overload) is waited out. Raises SessionOver.
        """
        backoff = Backoff(0.1, 2.0, Random(self._connecting.seed))
        while True:
            if self._over is not None:
                raise self._over
            frame, future = self._commands.open(kind, fields)
            await self._say(frame)
            answer = await future
            if not answer.server_trouble:
                return answer
            await asyncio.sleep(backoff.next_s())

    async def pushes(self) -> AsyncIterator[Json]:
        """Every push applied from now on, in order. Raises SessionOver."""
        heard: asyncio.Queue[Json] = asyncio.Queue()
        self._listeners.append(heard)
        try:
            while True:
                while not heard.empty():
                    yield heard.get_nowait()
                await self.changed()
        finally:
            self._listeners.remove(heard)

    async def changed(self) -> None:
        """Return after the next push, reply or loss of connection. Raises SessionOver."""
        if self._over is None:
            await self._news.wait()
        if self._over is not None:
            raise self._over

    @property
    def connected(self) -> bool:
        """Whether a session is open now."""
        return self._link is not None

    async def _stay(self) -> None:
        try:
            while not self._leaving.is_set():
                wait_s = await self._session()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._leaving.wait(), wait_s)
        except SessionOver as over:
            self._over = over
        finally:
            self._over = self._over or SessionOver(1000, "the client has left")
            self._commands.fail(self._over)
            self._tell()

    async def _session(self) -> float:
        """One connection from ticket to close; returns how long to wait before the next."""
        self._come_back_s = None
        link: Link | None = None
        try:
            ticket = await self._ticket()
            link = await Link.open(
                self._address, self.agent_id, self._journal, self._connecting.answer_s
            )
            await self._hello(link, ticket)
            await self._listen(link)
        except Closed as closed:
            self._note("closed", code=closed.code, reason=closed.reason)
            self._judge(closed)
        except Dropped as dropped:
            self._note("closed", why=str(dropped))
        finally:
            self._link = None
            if link is not None:
                await link.abort()
            self._tell()
        return self._backoff.next_s() if self._come_back_s is None else self._come_back_s

    async def _ticket(self) -> str:
        try:
            return await self._api.ticket("agent", self.agent_id)
        except ApiRefused as refused:
            raise SessionOver(refused.code, refused.message) from refused
        except ApiUnreachable as error:
            raise Dropped(str(error)) from error

    async def _hello(self, link: Link, ticket: str) -> None:
        hello: Json = {"type": "hello", "ref": "hello", "ticket": ticket}
        hello |= {"instance": self._instance, "client": "interlock-python"}
        if self.view.session is not None:
            hello["resume"] = asdict(self.view.session)
        await link.say(hello)
        reply = await link.hear(self._connecting.answer_s)
        if not reply.get("ok"):
            self.view.forget_session()
            raise Dropped(f"hello was refused: {reply.get('code')}")
        self._welcome(reply)
        self._link = link
        for frame in self._commands.unanswered():
            await link.say(frame)

    def _welcome(self, reply: Json) -> None:
        try:
            self.view.welcome(reply)
        except SequenceGap as gap:
            raise Dropped(str(gap)) from gap
        if reply["mode"] == "snapshot":
            self._commands.drop_unawaited()
        self._silence_s = 2.5 * reply.get("ping_every_ms", 10_000) / 1000
        self._bad_tickets = 0
        self._backoff.reset()
        self._note("connected", mode=reply["mode"])

    async def _listen(self, link: Link) -> None:
        while True:
            frame = await link.hear(self._silence_s)
            if frame["type"] == "reply":
                self._commands.settle(frame)
            else:
                await self._pushed(frame)
            self._tell()

    async def _pushed(self, push: Json) -> None:
        try:
            if not self.view.apply(push):
                return
        except SequenceGap as gap:
            self.view.forget_session()
            raise Dropped(str(gap)) from gap
        match push["type"]:
            case "ping":
                await self._say({"type": "pong", "ping": push["ping"]})
            case "offer":
                await self._received(push["offer"]["id"])
            case "snapshot":
                for offer in self.view.offers:
                    await self._received(offer)
            case "draining":
                self._come_back_s = push["reconnect_in_ms"] / 1000
        for listener in self._listeners:
            listener.put_nowait(push)

    async def _received(self, offer: str) -> None:
        await self._say(self._commands.open_unawaited("received", {"offer": offer}))

    async def _say(self, frame: Json) -> None:
        """Send now if there is a connection; else the next one will say it again."""
        if self._link is not None:
            with contextlib.suppress(Closed):
                await self._link.say(frame)

    def _judge(self, closed: Closed) -> None:
        """Draw the consequence of a closed connection. Raises SessionOver."""
        if self._leaving.is_set():
            return
        match after_close(closed.code):
            case Next.AFRESH:
                self.view.forget_session()
            case Next.NEW_TICKET:
                self._bad_tickets += 1
                if self._bad_tickets >= BAD_TICKETS_MAX:
                    raise SessionOver(closed.code, closed.reason)
            case Next.STAY_AWAY:
                raise SessionOver(closed.code, closed.reason)

    def _note(self, event: str, **detail: Any) -> None:
        self._journal.note(self.agent_id, event, detail)

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def _if_true(**flags: bool) -> Json:
    """Only what differs from the default, so that an older server takes the command too."""
    return {name: value for name, value in flags.items() if value}
