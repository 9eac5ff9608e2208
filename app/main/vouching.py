"""Who vouches for people besides keys: an identity provider, passwords; each only if it is set.

MUST NOT ask the provider anything at the start: the server serves those with keys without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.config import Settings
    from app.edge.outside import Outside
    from app.edge.people import Passwords
    from app.shell.router import Router


def outside_of(settings: Settings, router: Router) -> Outside | None:
    """Who else vouches for people. Raises StartFailed when the library for it is missing."""
    auth = settings.auth
    if not auth.oidc_issuer:
        return None
    from app.edge.grants import rules_of
    from app.edge.outside import Outside
    from app.main.node import StartFailed

    try:
        from app.adapters.oidc import Fetcher, OidcProvider
    except ModuleNotFoundError as missing:
        message = f"auth.oidc_issuer needs the extra oidc (no {missing.name}): "
        raise StartFailed(f"{message}pip install 'interlock-offers[oidc]'") from None
    provider = OidcProvider(
        auth.oidc_issuer,
        auth.oidc_audience,
        auth.oidc_client_id,
        auth.oidc_client_secret.get_secret_value(),
        Fetcher(),
    )
    rules = rules_of(
        auth.oidc_role_claim, auth.oidc_roles, auth.oidc_agent_claim, auth.oidc_queues_claim
    )
    return Outside(provider, rules, router)


def passwords_of(settings: Settings) -> Passwords | None:
    """What checks the passwords of local users. Raises StartFailed when its library is missing."""
    if not settings.auth.local_users:
        return None
    from app.main.node import StartFailed

    try:
        from app.adapters.passwords import Argon2
    except ModuleNotFoundError as missing:
        message = f"auth.local_users needs the extra users (no {missing.name}): "
        raise StartFailed(f"{message}pip install 'interlock-offers[users]'") from None
    return Argon2()
