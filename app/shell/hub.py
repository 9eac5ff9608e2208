"""Who listens: sessions by agent, and the supervisors' boards. Turns durable events into pushes.

MUST NOT await while publishing, and MUST NOT send anything that is not durable: it is called by
the router's release only. Two sockets of one agent are two sessions; both see everything. One that
only watches is nobody's connection and proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.domain import events as e
from app.domain.engine import Engine
from app.domain.routability import why_not_routable
from app.shell.board_feed import BoardFeed
from app.shell.limits import HubLimits
from app.shell.meter import Meter
from app.shell.session import Session, Speaker, Transport
from app.shell.silence import Silence
from app.shell.telling import tell
from app.wire.agent_views import agent_snapshot
from app.wire.codes import CloseCode
from app.wire.incidents import incident_of, incident_view
from app.wire.outgoing import Push
from app.wire.reserved import is_reserved

LANES = 10


@dataclass(slots=True, frozen=True)
class Resume:
    """What a client brings back: session, secret, identity of the log, the last push taken."""

    session: str
    secret: str
    gen: str
    seq: int


@dataclass(slots=True, frozen=True)
class Welcome:
    """The session to go on with; ``missed`` None means that a snapshot follows."""

    session: Session
    missed: list[str] | None


class ResumeRefused(Exception):
    """The session exists and the secret is not its own."""


class TooManySockets(Exception):
    """The agent has as many live sockets as are allowed."""


class Hub:
    """All sessions of one workspace in this process."""

    def __init__(
        self,
        limits: HubLimits,
        meter: Meter,
        token: Callable[[], str],
        board: BoardFeed,
    ) -> None:
        """``token`` makes unguessable ids."""
        self.limits = limits
        self.board = board
        self._meter = meter
        self._token = token
        self._sessions: dict[str, Session] = {}
        self._by_agent: dict[str, dict[str, Session]] = {}
        self._lanes: list[dict[str, Session]] = [{} for _ in range(LANES)]
        self.silence = Silence()
        self._joined = 0
        self._resting: dict[str, None] = {}

    def join(
        self,
        speaker: Speaker,
        transport: Transport,
        resume: Resume | None,
        gen: str,
        now: int,
        alone: bool = False,
        watch: bool = False,
    ) -> Welcome:
        """Give a socket its session; ``alone`` ends the agent's others first, ``watch`` only looks.

        Raises ResumeRefused, TooManySockets.
        """
        if alone and speaker.agent is not None:
            self._end_others(speaker.agent, resume.session if resume is not None else "")
        former = self._sessions.get(resume.session) if resume is not None else None
        if resume is not None and former is not None:
            if not former.knows(resume.secret) or former.speaker.agent != speaker.agent:
                raise ResumeRefused
            same = resume.gen == gen and former.works is not watch
            # What was missed was said to whoever saw more, or less, than this ticket does.
            same = same and former.speaker.scope == speaker.scope
            missed = former.missed(resume.seq) if same else None
            self._meter.count("resumes_total", mode="snapshot" if missed is None else "replay")
            if former.transport is not None:
                former.transport.close(CloseCode.SUPERSEDED, "taken over by another socket")
                self.leave(former, former.transport, now)
            self._check_room(speaker)
            if missed is not None:
                # The newest ticket says who speaks; what ends its key or sign-in ends this too.
                former.speaker = speaker
                former.attach(transport, now)
                self.silence.heard(former, now)
                return Welcome(former, missed)
            # All or nothing: what cannot be replayed whole begins anew, counting from 1.
            self._drop(former)
        self._check_room(speaker)
        keep = self.limits.resume_frames
        session = Session(self._token(), self._token(), speaker, keep, now, works=not watch)
        session.attach(transport, now)
        self.silence.heard(session, now)
        self._joined += 1
        session.lane = self._joined % LANES
        self._sessions[session.id] = session
        self._lanes[session.lane][session.id] = session
        if speaker.agent is not None:
            self._by_agent.setdefault(speaker.agent, {})[session.id] = session
        return Welcome(session, None)

    def _end_others(self, agent: str, kept: str) -> None:
        for session in [s for s in self._by_agent.get(agent, {}).values() if s.id != kept]:
            if session.transport is not None:
                session.transport.close(CloseCode.SUPERSEDED, "taken over by another socket")
            self._drop(session)

    def _check_room(self, speaker: Speaker) -> None:
        if speaker.agent is None:
            return
        sessions = self._by_agent.get(speaker.agent, {}).values()
        open_ = sum(session.transport is not None for session in sessions)
        if open_ >= self.limits.sockets_per_agent:
            raise TooManySockets

    def send_snapshot(self, session: Session, engine: Engine, now: int) -> None:
        """Show the present state; the engine's is durable when the router calls back."""
        agent = session.speaker.agent
        if agent is None:
            self.board.join(session, engine, now)
            return
        session.routable = tuple(why_not_routable(engine.state, engine.state.agents[agent], now))
        self._note_rest(agent, session.routable)
        session.push(Push("snapshot", now, agent_snapshot(engine, agent, now)))
        for offer in engine.state.agents[agent].offers if session.works else ():
            session.unconfirmed[offer] = session.ping

    def leave(self, session: Session, transport: Transport, now: int) -> bool:
        """The socket is gone. True when it was the last one that the agent works with."""
        if not session.detach(transport, now):
            return False
        self.silence.forget(session)
        self.board.leave(session)
        agent = session.speaker.agent
        if agent is None:
            return False
        gone = [s for s in self._by_agent.get(agent, {}).values() if s.transport is None]
        for oldest in sorted(gone, key=lambda s: s.detached_at)[: -self.limits.sockets_per_agent]:
            self._drop(oldest)
        return session.works and not self.live(agent)

    def watched(self) -> list[str]:
        """Agents with at least one live socket that they work with."""
        return [agent for agent in self._by_agent if self.live(agent)]

    def live(self, agent: str) -> int:
        """How many sockets the agent works with now."""
        sessions = self._by_agent.get(agent, {}).values()
        return sum(session.works and session.transport is not None for session in sessions)

    def _drop(self, session: Session) -> None:
        self._sessions.pop(session.id, None)
        self.silence.forget(session)
        self._lanes[session.lane].pop(session.id, None)
        agent = session.speaker.agent
        if agent is not None:
            own = self._by_agent.get(agent, {})
            own.pop(session.id, None)
            if not own:
                self._by_agent.pop(agent, None)

    def publish(self, engine: Engine, events: list[e.Event], now: int) -> None:
        """Push one durable batch."""
        touched: dict[str, None] = {}
        incidents: dict[str, int] = {}
        for event in events:
            about = incident_of(event)
            if about is not None:
                incidents[about] = event.at
            tell(self._tell_agent, self._by_agent.__contains__, engine, event, now)
            if isinstance(event, e.KeyRevoked):
                self.revoke_key(event.key)
            elif isinstance(event, e.KeyLimited | e.KeyRotated):
                self._change_key(event)
            elif isinstance(event, e.LoginEnded):
                self.end_login(event.login)
            elif isinstance(event, e.AgentSignedOut):
                self._sign_out(event.agent)
            elif isinstance(event, e.AgentRemoved):
                self._remove_agent(event.agent)
            elif isinstance(event, e.PresenceConfigured):
                known = engine.state.agents.values()
                inside = (one.id for one in known if one.custom == event.presence)
                touched.update(dict.fromkeys(id_ for id_ in inside if id_ in self._by_agent))
            if isinstance(event, e.OfferMade):
                self._expect_receipt(event)
            agent = getattr(event, "agent", None)
            if agent is not None and agent in self._by_agent:
                touched[agent] = None
        for agent in touched:
            self._tell_routable(engine, agent, now)
        for incident, at in incidents.items():
            self._tell_supervisors(engine, incident, at)

    def _tell_agent(self, agent: str, push: Push) -> None:
        self._meter.count("pushes_total", type=push.kind)
        for session in self._by_agent[agent].values():
            session.push(push)

    def _tell_supervisors(self, engine: Engine, incident: str, at: int) -> None:
        """Each incident once for a batch, as it is now; those who are away for a moment too."""
        known = engine.state.incidents.get(incident)
        if known is None:
            return
        push = Push("incident", at, {"incident": incident_view(known)})
        for session in self._sessions.values():
            speaker = session.speaker
            if speaker.agent is None and speaker.scope.sees_incident(engine.state, known):
                session.push(push)

    def _expect_receipt(self, event: e.OfferMade) -> None:
        for session in self._by_agent.get(event.agent, {}).values():
            if session.works:
                session.unconfirmed[event.offer] = session.ping

    def _tell_routable(self, engine: Engine, agent_id: str, now: int) -> None:
        agent = engine.state.agents.get(agent_id)
        if agent is None:
            return
        why_not = tuple(why_not_routable(engine.state, agent, now))
        self._note_rest(agent_id, why_not)
        push = None
        for session in self._by_agent.get(agent_id, {}).values():
            if session.routable != why_not:
                session.routable = why_not
                if push is None:
                    body: dict[str, Any] = {"routable": not why_not, "why_not": list(why_not)}
                    push = Push("routable", now, body)
                session.push(push)

    @property
    def resting(self) -> bool:
        """Whether an agent with a session rests after an offer."""
        return bool(self._resting)

    def tell_rested(self, engine: Engine, now: int) -> None:
        """A rest ends by time alone, without an event. Called where the state is durable."""
        for agent in [*self._resting]:
            if agent in self._by_agent and agent in engine.state.agents:
                self._tell_routable(engine, agent, now)
            else:
                del self._resting[agent]

    def _note_rest(self, agent: str, why_not: tuple[str, ...]) -> None:
        if "back_off" in why_not:
            self._resting[agent] = None
        else:
            self._resting.pop(agent, None)

    def beat(self, lane: int, now: int) -> None:
        """Ping the sessions of one lane, forget those of it gone for long; close the silent."""
        for session in list(self._lanes[lane % LANES].values()):
            if session.transport is not None:
                session.ping += 1
                session.push(Push("ping", now, self._ping(session, now)))
            elif now - session.detached_at > self.limits.resume_ms:
                self._drop(session)
        for session in self.silence.take_since_before(now - self.limits.lost_after_ms):
            if session.transport is not None:
                self._meter.count("sockets_lost_total", reason="no_pong")
                session.transport.close(CloseCode.NO_PONG, "no answer to ping")

    def _ping(self, session: Session, now: int) -> dict[str, Any]:
        body: dict[str, Any] = {"ping": session.ping, "server_time": now}
        if session.speaker.agent is not None:
            body["sockets"] = self.live(session.speaker.agent)
        return body

    def pong(self, session: Session, ping: object, now: int) -> list[str]:
        """The page answered. Offers pushed before that ping have then been taken by the page:
        their ids.
        """
        self.silence.heard(session, now)
        if not isinstance(ping, int) or ping > session.ping:
            return []
        proven = [offer for offer, sent in session.unconfirmed.items() if sent < ping]
        for offer in proven:
            del session.unconfirmed[offer]
        return proven

    def _remove_agent(self, agent: str) -> None:
        self._end(lambda speaker: speaker.agent == agent, "the agent was removed")

    def revoke_key(self, key_id: str) -> None:
        """End every session that was opened with this key."""
        self._end(lambda speaker: speaker.key == key_id, "the key was revoked")

    def _change_key(self, event: e.KeyLimited | e.KeyRotated) -> None:
        """Whoever came with the key comes back as what it is now, if it still opens anything."""
        code, reason = CloseCode.RESUME_REFUSED, "the key was changed: come back without resume"
        if isinstance(event, e.KeyRotated) and not event.former_until:
            code, reason = CloseCode.SESSION_OVER, "the key has another secret"
        self._end(lambda speaker: speaker.key == event.key, reason, code)

    def end_login(self, login: str) -> None:
        """End every session that came from this browser session."""
        self._end(lambda speaker: speaker.login == login, "signed out")

    def end_sign_in(self, session: Session) -> None:
        """The sign-in that opened this session has run out."""
        if session.transport is not None:
            session.transport.close(CloseCode.SESSION_OVER, "the sign-in has ended")
        self._drop(session)

    def _sign_out(self, agent: str) -> None:
        """Whatever speaks for the agent, and the boards that a sign-in at that desk has opened."""
        reason = "signed out by a supervisor"
        self._end(lambda one: agent in (one.agent, one.desk), reason)

    def _end(
        self,
        meant: Callable[[Speaker], bool],
        reason: str,
        code: CloseCode = CloseCode.SESSION_OVER,
    ) -> None:
        for session in [s for s in self._sessions.values() if meant(s.speaker)]:
            if session.transport is not None:
                session.transport.close(code, reason)
            self._drop(session)

    def close_all(self, code: CloseCode, reason: str) -> None:
        """End every socket; the sessions are forgotten."""
        for session in list(self._sessions.values()):
            if session.transport is not None:
                session.transport.close(code, reason)
            self._drop(session)

    def attached(self) -> list[Session]:
        """Sessions with a live socket."""
        return [s for s in self._sessions.values() if s.transport is not None]

    def kept(self) -> int:
        """Sessions kept, with a live socket or without."""
        return len(self._sessions)

    def counts(self) -> dict[str, int]:
        """Live sockets by role."""
        counts = {"agent": 0, "supervisor": 0}
        for session in self.attached():
            agent = session.speaker.agent
            if agent is None or not is_reserved(agent):
                counts["agent" if agent else "supervisor"] += 1
        return counts
