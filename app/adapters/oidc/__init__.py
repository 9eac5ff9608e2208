"""Tokens of an external identity provider (OpenID Connect): fetched keys, checked signatures."""

from app.adapters.oidc.fetching import Fetcher, ProviderAway
from app.adapters.oidc.provider import OidcProvider

__all__ = ["Fetcher", "OidcProvider", "ProviderAway"]
