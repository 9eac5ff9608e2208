"""The ``/ws`` endpoint: who may begin a session at all.

A socket says hello in time and shows a ticket; then it is counted, and gets its turn. What is said
after that is ``edge.session``'s. Every refusal has its close code and is counted under the name of
the setting that was against it.
"""

from __future__ import annotations

import asyncio

from starlette.websockets import WebSocket, WebSocketDisconnect

from app.edge.admission import Admission
from app.edge.door import Door
from app.edge.identity import Identity, Principal
from app.edge.limits import ConnectionLimits, SocketLimits
from app.edge.pace import loop_s
from app.edge.session import Dialogue, Ground
from app.shell.hub import Hub
from app.shell.meter import Meter
from app.shell.router import Router
from app.wire.codes import CloseCode, Problem
from app.wire.frames import FrameInvalid, Hello, read_hello
from app.wire.outgoing import reply_problem

SUBPROTOCOL = "interlock.v1"


class Sockets:
    """The ``/ws`` endpoint."""

    def __init__(
        self,
        router: Router,
        hub: Hub,
        identity: Identity,
        limits: SocketLimits,
        meter: Meter,
        door: Door | None = None,
    ) -> None:
        """``door``: where those wait who have not said hello; its own one if not given."""
        self._ground = Ground(router, hub, identity, limits, meter)
        self._door = door or open_door(ConnectionLimits(), meter)
        self._admission = Admission(limits.sockets_max, limits.admission, loop_s)
        self._limits = limits

    async def endpoint(self, socket: WebSocket) -> None:
        """Serve one socket."""
        try:
            if self._admission.full:
                await socket.accept(SUBPROTOCOL if _offers(socket) else None)
                await self._refuse(socket, "sockets_max", CloseCode.OVERLOAD, "too many sockets")
            else:
                await self._serve(socket)
        except WebSocketDisconnect:
            pass

    async def _serve(self, socket: WebSocket) -> None:
        if not _offers(socket):
            await socket.accept()
            await socket.close(CloseCode.PROTOCOL, f"offer the subprotocol {SUBPROTOCOL}")
            return
        await socket.accept(SUBPROTOCOL)
        hello = await self._hello(socket)
        if hello is None:
            return
        principal = self._ground.identity.redeem(hello.ticket)
        if principal is None:
            text = "ticket unknown, used or stale: get a new one"
            await self._refuse(socket, "ticket", CloseCode.BAD_TICKET, text)
            return
        address = _address(socket)
        if against := self._admission.enter(principal, address):
            rate = against == "new_sockets_per_user"
            code = CloseCode.RATE if rate else CloseCode.OVERLOAD
            await self._refuse(socket, against, code, "too many sockets: come back later")
            return
        try:
            await self._begin(socket, principal, hello)
        finally:
            self._admission.leave(principal, address)

    async def _begin(self, socket: WebSocket, principal: Principal, hello: Hello) -> None:
        """Its turn, and then the session: after a restart all come back in one moment."""
        turn_s = self._admission.turn_s()
        if turn_s is None:
            text = "too many come at once: come back later"
            await self._refuse(socket, "admissions_per_s", CloseCode.OVERLOAD, text)
            return
        if turn_s:
            await asyncio.sleep(turn_s)
        await Dialogue(self._ground, socket, principal).run(hello)

    async def _hello(self, socket: WebSocket) -> Hello | None:
        """The first frame; None when the socket was closed for want of one."""
        loop = asyncio.get_running_loop()
        stranger = None
        try:
            async with asyncio.timeout(self._limits.hello_ms / 1000) as deadline:
                stranger = self._door.enter(
                    _address(socket), lambda: deadline.reschedule(loop.time())
                )
                message = await socket.receive()
        except TimeoutError:
            if stranger is not None and stranger.turned_out:
                await socket.close(CloseCode.OVERLOAD, "too many wait: say hello at once")
            else:
                await self._refuse(socket, "hello_ms", CloseCode.BAD_TICKET, "no hello in time")
            return None
        finally:
            if stranger is not None:
                self._door.leave(stranger)
        if message["type"] == "websocket.disconnect":
            return None
        text = message.get("text")
        try:
            if text is None:
                raise FrameInvalid(Problem.FRAME_INVALID, "the first frame is JSON text", None)
            return read_hello(text)
        except FrameInvalid as error:
            self._ground.meter.count("frames_refused_total", code=str(error.code))
            await socket.send_text(reply_problem(error.ref, error.code, error.message))
            await socket.close(CloseCode.PROTOCOL, "the first frame is a hello")
            return None

    async def _refuse(self, socket: WebSocket, reason: str, code: CloseCode, text: str) -> None:
        self._ground.refused(reason, code)
        await socket.close(code, text)


def open_door(limits: ConnectionLimits, meter: Meter) -> Door:
    """The door of a process."""
    return Door(limits.strangers_max, limits.strangers_per_address, meter, loop_s)


def _address(socket: WebSocket) -> str:
    return socket.client.host if socket.client is not None else ""


def _offers(socket: WebSocket) -> bool:
    return SUBPROTOCOL in socket.scope.get("subprotocols", ())
