"""Whom an external identity provider vouches for: bearer tokens, and sign-ins made with them.

A token is checked by the adapter (``Tokens``); what it grants is said by ``grants``. MUST NOT let
anybody in as an agent that does not exist here, nor with a token older than the agent's last
sign-out by a supervisor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from app.edge.cookies import Token
from app.edge.grants import Grant, NotGranted, Rules, grant_of
from app.edge.principal import Principal
from app.edge.problems import ProblemError
from app.shell.keyring import mark_of
from app.shell.router import Router
from app.shell.sign_ins import is_over
from app.wire.codes import Problem
from app.wire.scope import EVERYTHING, Scope

PREFIX: Final = "oidc:"
"""What the ids of those begin with who have no key here."""


class Tokens(Protocol):
    """Tokens of one provider."""

    @property
    def issuer(self) -> str:
        """Who it is."""
        ...

    async def prepare(self, token: str) -> None:
        """Have at hand what this token is checked with."""
        ...

    def read(self, token: str) -> Mapping[str, Any] | None:
        """The claims, if it is good and meant for us."""
        ...

    async def sign_in_address(
        self, redirect: str, state: str, nonce: str, challenge: str
    ) -> str | None:
        """Where a browser signs in; None when the provider is away."""
        ...

    async def redeem(self, code: str, redirect: str, verifier: str, nonce: str) -> str | None:
        """The token that a code of this sign-in stands for, if it does and the provider answers."""
        ...

    async def aclose(self) -> None:
        """Ask nothing more."""
        ...


class Outside:
    """The provider, as identity sees it."""

    def __init__(self, tokens: Tokens, rules: Rules, router: Router) -> None:
        self.tokens, self._rules, self._router = tokens, rules, router
        self.mark = mark_of(f"{tokens.issuer} {rules.role_claim} {sorted(rules.roles.items())}")

    @staticmethod
    def is_token(text: str) -> bool:
        """Whether it looks like a token; keys have no dots."""
        return text.startswith("eyJ") and text.count(".") == 2

    def by_token(self, token: str) -> Principal | None:
        """Who brings this token; None when it is not good. Raises ProblemError forbidden."""
        claims = self.tokens.read(token)
        if claims is None:
            return None
        try:
            grant = grant_of(claims, self._rules)
        except NotGranted as error:
            raise ProblemError(Problem.FORBIDDEN, str(error)) from None
        if grant.agent is not None and grant.agent not in self._router.state.agents:
            raise ProblemError(Problem.FORBIDDEN, f"There is no agent {grant.agent} here.")
        if is_over(self._router.state, "", grant.agent, grant.issued_at):
            return None
        return self._principal(grant)

    def by_cookie(self, token: Token) -> Principal | None:
        """Who signed in so; the settings may have changed since."""
        if token.mark != self.mark:
            return None
        queues = token.queues
        scope = EVERYTHING if queues is None else Scope(frozenset(queues))
        user = token.key.removeprefix(PREFIX)
        return Principal(
            token.role,
            _actor(token.role, token.agent, user),
            token.agent,
            token.key,
            token.expires_at,
            token.id,
            token.issued_at,
            mark=self.mark,
            scope=scope,
        )

    def _principal(self, grant: Grant) -> Principal:
        return Principal(
            grant.role,
            _actor(grant.role, grant.agent, grant.user),
            grant.agent,
            PREFIX + grant.user,
            grant.ends_at,
            "",
            grant.issued_at,
            mark=self.mark,
            scope=grant.scope,
        )


def _actor(role: str, agent: str | None, user: str) -> str:
    """As events name it; an agent is the agent, however signed in."""
    return f"agent:{agent}" if role == "agent" else f"{role}:{PREFIX}{user}"
