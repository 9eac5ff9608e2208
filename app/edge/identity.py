"""Who speaks: by API key, by browser session, by ticket.

What a session or a ticket may do is decided anew from the key behind it (``shell.keyring``) at
every use. MUST NOT look into a body or a path for authority.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from typing import Final

from app.edge.cookies import Signer, Token
from app.edge.outside import PREFIX, Outside
from app.edge.pace import loop_s
from app.edge.people import Passwords, People
from app.edge.principal import Principal
from app.edge.problems import ProblemError
from app.edge.settings import EdgeSettings
from app.edge.tickets import NoRoom, Tickets
from app.edge.ways import Ways
from app.edge.whereabouts import Whereabouts
from app.shell.keyring import Held, Keyring, mark_of, sha256_of
from app.shell.router import Router
from app.shell.sign_ins import begins_at, is_over
from app.shell.work import NotOwner
from app.wire.codes import Problem

__all__ = ["Identity", "Principal", "SignedOut"]

BOOTSTRAP: Final = "bootstrap"


@dataclass(slots=True, frozen=True)
class SignedOut:
    """A browser session that was ended here, for the log: ``until`` is when it would have ended."""

    login: str
    key_id: str
    until: int
    by: str


class Identity:
    """Knows keys by the router's state, so a revocation counts from the moment it is decided."""

    def __init__(
        self,
        router: Router,
        settings: EdgeSettings,
        secret: bytes,
        outside: Outside | None = None,
        passwords: Passwords | None = None,
    ) -> None:
        """``secret`` signs browser sessions. An empty admin key opens nothing.

        ``outside`` is who else vouches for people, if anybody does; ``passwords`` checks those of
        local users, if there are any.
        """
        self.outside = outside
        self.whereabouts = Whereabouts(settings.audit.address, secret)
        self._router = router
        admin_key = settings.auth.admin_key.get_secret_value()
        self._admin_sha256 = sha256_of(admin_key) if admin_key else ""
        self._signer = Signer(secret)
        self.ways = Ways(secret, router.now_ms)
        self._session_ttl_ms = settings.auth.session_ttl_ms
        self._outside_ttl_ms = settings.auth.oidc_session_ttl_ms
        self._tickets: Tickets[Principal] = Tickets(router.now_ms, settings.auth.ticket_ttl_ms)
        self.keyring = Keyring(router)
        self.people = None if passwords is None else People(passwords, self.keyring, loop_s)

    @property
    def ticket_ttl_ms(self) -> int:
        """How long a ticket is good for."""
        return self._tickets.ttl_ms

    @property
    def session_ttl_ms(self) -> int:
        """How long a browser session lasts."""
        return self._session_ttl_ms

    def by_key(self, key: str) -> Principal | None:
        """Who holds this API key, or this token of the identity provider.

        Raises NotOwner when keys are not known here now; ProblemError for a token without a role.
        """
        if self.outside is not None and self.outside.is_token(key):
            return self.outside.by_token(key)
        digest = sha256_of(key)
        if self._admin_sha256 and hmac.compare_digest(digest, self._admin_sha256):
            by, now = f"admin:{BOOTSTRAP}", self._router.now_ms()
            return Principal("admin", by, None, BOOTSTRAP, since=now)
        held = self.keyring.find(key)
        return None if held is None else _speaker(held, None, 0, self._router.now_ms())

    def by_cookie(self, text: str) -> Principal | None:
        """Who is signed in with this session. Raises NotOwner."""
        token = self._signer.read(text, self._router.now_ms())
        return None if token is None else self._of_token(token)

    async def by_password(self, user: str, password: str, address: str) -> Principal:
        """Which local user this is. ``address``: from where it is tried.

        Raises ProblemError: unauthenticated, rate_limited, overloaded; NotOwner.
        """
        if self.people is None:
            raise ProblemError(Problem.UNAUTHENTICATED, "The name or the password is wrong.")
        held = await self.people.find(user, password, address)
        return _speaker(held, None, 0, self._router.now_ms())

    def sign_in(self, key: str, agent: str | None) -> tuple[Principal, str]:
        """Open a browser session with a key or a token; see ``open_session``."""
        principal = self.by_key(key)
        if principal is None:
            raise ProblemError(Problem.UNAUTHENTICATED, "This key opens nothing.")
        return self.open_session(principal, agent)

    def open_session(self, principal: Principal, agent: str | None) -> tuple[Principal, str]:
        """Open a browser session, for an agent if the key is an agent's or ``agent`` is named.

        Raises ProblemError: unauthenticated, forbidden, unknown_agent.
        """
        if principal.role == "ingest":
            raise ProblemError(Problem.FORBIDDEN, "A key for ingest is not for people.")
        if principal.role == "viewer":
            raise ProblemError(Problem.FORBIDDEN, "A wallboard's key goes with its link only.")
        if principal.role == "agent" or agent is not None:
            agent = self._desk(principal, agent)
        now = self._router.now_ms()
        since = begins_at(self._router.state, agent, now)
        mark = self._mark() if principal.key_id == BOOTSTRAP else principal.mark
        token = self._signer.write(principal.key_id, agent, mark, since, now + self._session_ttl_ms)
        if principal.key_id.startswith(PREFIX):
            ends_at = now + min(self._session_ttl_ms, self._outside_ttl_ms)
            token = self._signer.write_for(principal, agent, since, ends_at)
        opened = self.by_cookie(token)
        if opened is None:
            raise ProblemError(Problem.UNAUTHENTICATED, "This key opens nothing any more.")
        return opened, token

    def left_ms(self, principal: Principal) -> int:
        """How long what has an end is still good."""
        return max(0, principal.expires_at - self._router.now_ms())

    def sign_out(self, text: str) -> SignedOut | None:
        """End the session of this cookie on this process, if it is one; the log is the caller's."""
        now = self._router.now_ms()
        token = self._signer.read(text, now)
        if token is None:
            return None
        try:
            principal = self._of_token(token)
        except NotOwner:
            principal = None
        self._signer.sign_out(token, now)
        by = principal.by if principal is not None else f"key:{token.key}"
        return SignedOut(token.id, token.key, token.expires_at, by)

    def issue(self, principal: Principal, role: str, agent: str | None) -> str:
        """A ticket for one socket as ``role``.

        Raises ProblemError: forbidden, body_invalid, unknown_agent, overloaded.
        """
        if role == "agent":
            desk = self._desk(principal, agent)
            holder = replace(principal, role="agent", by=f"agent:{desk}", agent=desk)
        elif principal.role in ("supervisor", "admin"):
            holder = replace(principal, role="supervisor", agent=None, desk=principal.agent)
        else:
            raise ProblemError(Problem.FORBIDDEN, "Only supervisors see the board.")
        try:
            return self._tickets.issue(holder, principal.key_id)
        except NoRoom:
            raise ProblemError(Problem.OVERLOADED, "Too many tickets wait to be used.") from None

    def redeem(self, ticket: str) -> Principal | None:
        """Who the ticket was given to; None when it is unknown, used, stale, or its key revoked."""
        holder = self._tickets.redeem(ticket)
        if holder is None:
            return None
        try:
            return holder if self._is_in_force(holder) else None
        except NotOwner:
            # Keys are not known here now; neither does the router take anything from the holder.
            return holder

    def holds(self, principal: Principal) -> bool:
        """Whether the key, the sign-in and the agent behind a ticket are still in force."""
        state, login, agent = self._router.state, principal.login, principal.agent
        if 0 < principal.expires_at <= self._router.now_ms():
            return False
        return (
            self._is_in_force(principal)
            and not self._signer.is_signed_out(login)
            and not is_over(state, login, agent or principal.desk, principal.since)
            and (agent is None or agent in state.agents)
        )

    def is_as_issued(self, principal: Principal) -> bool:
        """Whether what the key behind a ticket is limited to is what it was then."""
        if principal.key_id == BOOTSTRAP or principal.key_id.startswith(PREFIX):
            return True
        held = self.keyring.held(principal.key_id, principal.mark)
        if held is None or (held.ends_at and not 0 < principal.expires_at <= held.ends_at):
            return False
        return principal.scope == held.scope

    def _desk(self, principal: Principal, agent: str | None) -> str:
        """The agent for whom this principal may speak."""
        if principal.role not in ("agent", "admin"):
            raise ProblemError(Problem.FORBIDDEN, "A supervisor does not speak for an agent.")
        agent = agent or principal.agent
        if agent is None:
            errors = [{"path": "$.agent", "message": "this key belongs to no agent: name one"}]
            raise ProblemError(Problem.BODY_INVALID, "Name the agent.", errors=errors)
        if principal.role == "agent" and principal.agent not in (None, agent):
            raise ProblemError(Problem.FORBIDDEN, "This key belongs to another agent.")
        if agent not in self._router.state.agents:
            raise ProblemError("unknown_agent", f"There is no agent {agent}.")
        return agent

    def _of_token(self, token: Token) -> Principal | None:
        """Who signed in so, unless the key, the session or all of the agent's were ended since."""
        found = self._holder_of(token)
        if found is None or is_over(self._router.state, token.id, found.agent, token.issued_at):
            return None
        return found

    def _holder_of(self, token: Token) -> Principal | None:
        since = token.issued_at
        if token.key.startswith(PREFIX):
            return None if self.outside is None else self.outside.by_cookie(token)
        if token.key != BOOTSTRAP:
            held = self.keyring.held(token.key, token.mark)
            if held is None:
                return None
            return _speaker(held, token.agent, token.expires_at, since, token.id)
        if not self._admin_sha256 or not hmac.compare_digest(token.mark, self._mark()):
            return None
        by = f"admin:{BOOTSTRAP}"
        return Principal("admin", by, token.agent, BOOTSTRAP, token.expires_at, token.id, since)

    def _is_in_force(self, principal: Principal) -> bool:
        if principal.key_id == BOOTSTRAP:
            return True
        if principal.key_id.startswith(PREFIX):
            return self.outside is not None and principal.mark == self.outside.mark
        return self.keyring.held(principal.key_id, principal.mark) is not None

    def _mark(self) -> str:
        """Changes with the bootstrap key and tells nothing of it."""
        return mark_of(self._admin_sha256)


def _speaker(
    held: Held, agent: str | None, expires_at: int, since: int, login: str = ""
) -> Principal:
    """Who holds the key, for ``agent`` unless it is bound to one, until both have ended."""
    key = held.key
    desk = key.agent or agent
    by = f"agent:{desk}" if key.role == "agent" and desk else f"{key.role}:{key.id}"
    ends_at = min(filter(None, (expires_at, held.ends_at)), default=0)
    return Principal(
        key.role, by, desk, key.id, ends_at, login, since, mark=held.mark, scope=held.scope
    )
