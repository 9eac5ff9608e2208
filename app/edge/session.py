"""One WebSocket from the hello to the last frame: what it asks, what it is told.

The reader never waits for the store or for anybody's outbox: each frame becomes a command in the
router's inbox, and the answer is sent when the router calls back. Ids in a frame are never
authority: who speaks is known from the ticket.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from app.edge.expiry import SignInEnd
from app.edge.identity import Identity, Principal
from app.edge.limits import SocketLimits
from app.edge.pace import Bucket, loop_s
from app.edge.transport import SocketTransport
from app.shell.attendance import arrive, confirm, depart, stay
from app.shell.hub import Hub, Resume, ResumeRefused, TooManySockets
from app.shell.meter import Meter
from app.shell.router import Router
from app.shell.session import Session, Speaker
from app.shell.work import Answer, Broken, NotOwner, Overloaded, Trouble
from app.wire.audit import traced
from app.wire.codes import CloseCode, Problem
from app.wire.frames import (
    ExtendWrapUp,
    Frame,
    FrameInvalid,
    Hello,
    Pong,
    Pull,
    Transfer,
    read_frame,
    to_command,
)
from app.wire.frames_of_supervision import FreezeRepairs, SendBroadcast, SignOutAgent
from app.wire.outgoing import reply_ok, reply_problem, reply_refused
from app.wire.reserved import OURS, reserved_in
from app.wire.scope import refusal_of_names

_NOT_IDEMPOTENT = (ExtendWrapUp, Pull, Transfer, SendBroadcast, SignOutAgent, FreezeRepairs)
"""These would do more when carried out again: the same frame gets the same answer instead."""


@dataclass(slots=True, frozen=True)
class Ground:
    """What every socket may use."""

    router: Router
    hub: Hub
    identity: Identity
    limits: SocketLimits
    meter: Meter

    def refused(self, reason: str, code: CloseCode) -> None:
        """Count a socket that is closed, and the setting or rule that was against it."""
        self.meter.count("refusals_total", reason=reason)
        self.meter.count("sockets_closed_total", code=str(int(code)))


class Dialogue:
    """What is said over one authenticated socket."""

    def __init__(self, ground: Ground, socket: WebSocket, principal: Principal) -> None:
        self._ground, self._socket, self._principal = ground, socket, principal
        self._address = ground.identity.whereabouts.of(socket.scope)
        self._speaker = Speaker(
            "agent" if principal.agent else "supervisor",
            principal.by,
            principal.agent,
            principal.key_id,
            principal.login,
            principal.desk,
            principal.scope,
        )
        limits = ground.limits
        board = principal.agent is None
        self._transport = SocketTransport(
            socket, limits.board_outbox if board else limits.agent_outbox, self._slow
        )
        self._bytes_max = limits.board_frame_bytes_max if board else limits.frame_bytes_max
        self._bucket = Bucket(limits.frames_per_s, limits.frames_burst, loop_s)
        self._session: Session | None = None
        self._watches = False
        self._end = SignInEnd(
            principal.expires_at, ground.router.now_ms, self._warn, self._sign_in_ended
        )

    async def run(self, hello: Hello) -> None:
        """Welcome the client, then read until the socket ends."""
        self._watches = hello.watch
        arrive(
            self._ground.router,
            None if hello.watch else self._speaker.agent,
            self._address,
            lambda answer: self._welcome(hello, answer),
            lambda: self._pending(hello.ref),
        )
        gone = asyncio.create_task(self._transport.gone.wait())
        reader = asyncio.create_task(self._read())
        try:
            await asyncio.wait((gone, reader), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, reader):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect):
                await reader
            self._leave()

    def _slow(self, reason: str) -> None:
        """The reader is too slow, or reads nothing at all."""
        meter = self._ground.meter
        meter.count("refusals_total", reason=reason)
        meter.count("sockets_lost_total", reason="slow_reader")

    def _warn(self) -> None:
        assert self._session is not None, "watched from the welcome on"
        self._session.warn(self._principal.expires_at, self._ground.router.now_ms())

    def _sign_in_ended(self) -> None:
        assert self._session is not None, "watched from the welcome on"
        self._ground.hub.end_sign_in(self._session)

    def _leave(self) -> None:
        self._end.stop()
        router, limits = self._ground.router, self._ground.limits
        self._transport.gone.set()
        session, agent = self._session, self._speaker.agent
        if session is None:
            here = self._ground.hub.live(agent) if agent is not None else 0
            last = here == 0 and not self._watches
        else:
            last = self._ground.hub.leave(session, self._transport, router.now_ms())
        if last and agent is not None:
            depart(router, agent, limits.grace_ms)

    def _welcome(self, hello: Hello, answer: Answer | Trouble) -> None:
        """The state is durable here: answer the hello and show the state, or what was missed."""
        if self._transport.gone.is_set():
            return
        if isinstance(answer, Trouble):
            code = CloseCode.OVERLOAD if isinstance(answer, Overloaded) else CloseCode.RESTART
            self._transport.close(code, str(answer))
            return
        if answer.refusal is not None:
            self._transport.close(CloseCode.FORBIDDEN, answer.refusal.message)
            return
        # The wait may have been long: what was true of the ticket may be so no more.
        if not self._ground.identity.holds(self._principal):
            self._transport.close(CloseCode.SESSION_OVER, "the key, sign-in or agent is gone")
            return
        if not self._ground.identity.is_as_issued(self._principal):
            self._transport.close(CloseCode.RESUME_REFUSED, "the key was changed: come back")
            return
        router, hub = self._ground.router, self._ground.hub
        now, engine = router.now_ms(), router.engine
        resume = None
        if hello.resume is not None:
            asked = hello.resume
            resume = Resume(asked.session, asked.secret, asked.gen, asked.seq)
        try:
            gen, alone, watch = engine.state.gen, hello.alone, hello.watch
            welcome = hub.join(self._speaker, self._transport, resume, gen, now, alone, watch)
        except ResumeRefused:
            self._transport.close(CloseCode.RESUME_REFUSED, "come back without resume")
            return
        except TooManySockets:
            most = "too many live sockets of this agent"
            self._refuse("sockets_per_agent", CloseCode.OVERLOAD, most)
            return
        session = self._session = welcome.session
        limits = self._ground.limits
        self._transport.send(
            reply_ok(
                hello.ref,
                session=session.id,
                secret=session.secret,
                gen=engine.state.gen,
                mode="snapshot" if welcome.missed is None else "replay",
                server_time=now,
                ping_every_ms=limits.ping_every_ms,
                grace_ms=limits.grace_ms,
                sockets=hub.live(self._speaker.agent) if self._speaker.agent else 1,
                limits=limits.told(self._speaker.agent is None),
            )
        )
        agent = self._speaker.agent
        if session.works:
            stay(router, agent)
        elif agent is not None and not hub.live(agent):
            # It may be the session that the agent worked with a moment ago.
            depart(router, agent, limits.grace_ms)
        if welcome.missed is None:
            hub.send_snapshot(session, engine, now)
        else:
            self._transport.replay(welcome.missed)
            if self._speaker.agent is None:
                hub.board.resume(session)
        self._end.start()

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            if text is None:
                self._refuse("malformed", CloseCode.PROTOCOL, "frames are JSON text")
                return
            if len(text) > self._bytes_max or len(text.encode()) > self._bytes_max:
                most = f"a frame has {self._bytes_max} bytes"
                self._refuse("frame_bytes_max", CloseCode.TOO_BIG, most)
                return
            if not self._bucket.take():
                self._refuse("frames_per_s", CloseCode.RATE, "too many frames a second")
                return
            self._take(text)

    def _refuse(self, reason: str, code: CloseCode, text: str) -> None:
        self._ground.refused(reason, code)
        self._transport.close(code, text)

    def _take(self, text: str) -> None:
        """One frame. Never awaits."""
        try:
            frame = read_frame(self._speaker.role, text)
        except FrameInvalid as error:
            self._ground.meter.count("frames_refused_total", code=str(error.code))
            self._transport.send(reply_problem(error.ref, error.code, error.message))
            return
        if isinstance(frame, Pong):
            self._ponged(frame)
            return
        if self._session is None:
            message = "wait for the answer to the hello"
            self._transport.send(reply_problem(_ref(frame), Problem.FRAME_INVALID, message))
            return
        if self._watches:
            message = "this socket only watches: say hello without watch to act"
            self._transport.send(reply_problem(_ref(frame), Problem.FORBIDDEN, message))
            return
        told = self._session.told.get(text)
        if told is not None:
            if told:
                self._transport.send(told)
            return
        scope, state = self._speaker.scope, self._ground.router.state
        outside = refusal_of_names(scope, state, frame, must=True)
        if outside is not None:
            self._transport.send(reply_problem(_ref(frame), *outside))
            return
        command = to_command(frame, agent=self._speaker.agent, by=self._speaker.by)
        ref = _ref(frame)
        if reserved_in(command):
            self._transport.send(reply_problem(ref, Problem.FRAME_INVALID, f"An id {OURS}."))
            return
        if isinstance(frame, _NOT_IDEMPOTENT):
            self._session.remember(text, "")
        if self._speaker.agent is None:
            command = traced(command, self._speaker.by, self._address)
        self._ground.router.post(
            command,
            lambda answer: self._answer(text, frame, answer),
            lambda: self._pending(ref),
        )

    def _ponged(self, frame: Pong) -> None:
        session, agent = self._session, self._speaker.agent
        if session is None:
            return
        router = self._ground.router
        for offer in self._ground.hub.pong(session, frame.ping, router.now_ms()):
            if agent is not None:
                confirm(router, agent, offer)

    def _answer(self, text: str, frame: Frame, answer: Answer | Trouble) -> None:
        ref = _ref(frame)
        session = self._session
        assert session is not None, "frames are taken after the hello"
        # The client may have come back over another socket meanwhile.
        transport = session.transport or self._transport
        if isinstance(answer, Trouble):
            session.forget(text)
            transport.send(reply_problem(ref, _problem(answer), str(answer)))
            return
        if answer.refusal is not None:
            told = reply_refused(ref, answer.refusal)
        else:
            told = reply_ok(ref, **_done(answer))
        if isinstance(frame, _NOT_IDEMPOTENT):
            session.remember(text, told)
        transport.send(told)

    def _pending(self, ref: str | int) -> None:
        message = "the store is away; the final answer follows"
        self._transport.send(reply_problem(ref, Problem.PENDING, message))


def _ref(frame: Frame) -> str | int:
    assert frame.ref is not None, "only a pong may come without"
    return frame.ref


def _done(answer: Answer) -> dict[str, Any]:
    """What a good answer says besides ok."""
    fields: dict[str, Any] = {"position": str(answer.position)}
    if answer.already:
        fields["already"] = True
    if answer.picked is not None:
        fields["conversation"] = answer.picked
    return fields


def _problem(trouble: Trouble) -> Problem:
    if isinstance(trouble, Overloaded):
        return Problem.OVERLOADED
    if isinstance(trouble, NotOwner):
        return Problem.NOT_OWNER
    return Problem.INTERNAL if isinstance(trouble, Broken) else Problem.STORE_UNAVAILABLE
