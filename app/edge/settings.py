"""What the edge wants to know from the settings, whoever read them.

Holds no values: the shape of ``app.config.Settings`` as far as the edge looks, so that it need not
import it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Secret(Protocol):
    """A value that does not show itself when printed."""

    def get_secret_value(self) -> str:
        """The value; empty when it is not set."""
        ...


class AuthSettings(Protocol):
    """Who may speak; times in milliseconds."""

    @property
    def admin_key(self) -> Secret:
        """The bootstrap key."""
        ...

    @property
    def session_ttl_ms(self) -> int:
        """How long a browser session lasts."""
        ...

    @property
    def ticket_ttl_ms(self) -> int:
        """How long a ticket may wait."""
        ...

    @property
    def oidc_session_ttl_ms(self) -> int:
        """How long a sign-in through the identity provider lasts."""
        ...


class ServerSettings(Protocol):
    """Where the server is found."""

    @property
    def allowed_origins(self) -> Sequence[str]:
        """Addresses of pages elsewhere that may act for whoever is signed in."""
        ...

    @property
    def public_url(self) -> str:
        """The address that people type; empty: the one listened on."""
        ...

    @property
    def notes_origin(self) -> str:
        """The page that may embed the agents' page and takes notes; empty: none."""
        ...

    @property
    def trusted_proxies(self) -> Sequence[str]:
        """Addresses and networks whose word about the client is taken."""
        ...


class LimitSettings(Protocol):
    """What one caller may cost."""

    @property
    def body_bytes_max(self) -> int:
        """Bound on an HTTP body."""
        ...

    @property
    def calls_per_s(self) -> int:
        """Calls of one person; 0: no limit."""
        ...

    @property
    def calls_burst(self) -> int:
        """Calls of one person at once."""
        ...

    @property
    def program_calls_per_s(self) -> int:
        """Calls of one program's key; 0: no limit."""
        ...

    @property
    def program_calls_burst(self) -> int:
        """Calls of one program's key at once."""
        ...


class FormatSettings(Protocol):
    """When a newer stored format may be finalized."""

    @property
    def clean_ms(self) -> int:
        """For how long the shadow writes must have been clean, in milliseconds."""
        ...

    @property
    def clean_records(self) -> int:
        """Over how many records."""
        ...


class AuditSettings(Protocol):
    """What the log says of who did something."""

    @property
    def address(self) -> str:
        """From where: hashed, plain or none."""
        ...


class EdgeSettings(Protocol):
    """The sections that the edge reads."""

    @property
    def auth(self) -> AuthSettings:
        """Who may speak."""
        ...

    @property
    def server(self) -> ServerSettings:
        """Where the server is found."""
        ...

    @property
    def limits(self) -> LimitSettings:
        """What one caller may cost."""
        ...

    @property
    def format(self) -> FormatSettings:
        """When a newer stored format may be finalized."""
        ...

    @property
    def audit(self) -> AuditSettings:
        """What the log says of who did something."""
        ...
