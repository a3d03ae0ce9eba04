"""Who may call the tenant: API keys and OAuth2 access tokens; no HTTP framework enters."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from veza_emulator.tenant.settings import TenantSettings


class Access(Enum):
    """What a credential opens."""

    QUERIES = auto()
    NO_QUERIES = auto()
    NOTHING = auto()


class OAuthError(Exception):
    """A refusal of the token endpoint, in the words of RFC 6749."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description

    def body(self) -> dict[str, str]:
        """Return the error body of RFC 6749, section 5.2."""
        return {"error": self.error, "error_description": self.description}


@dataclass(frozen=True)
class ClientCredentials:
    """What a client proves itself with."""

    client_id: str
    client_secret: str


class TokenIssuer:
    """Issues access tokens to the tenant's one OAuth2 client, and knows what each credential opens."""

    def __init__(self, settings: TenantSettings) -> None:
        self._settings = settings
        self._expiry_of: dict[str, datetime] = {}

    def issue(self, form: Mapping[str, str], authorization: str, now: datetime) -> dict[str, Any]:
        """Return the token response to a client-credentials request; the client is in Basic auth or in the form."""
        if form.get("grant_type") != "client_credentials":
            raise OAuthError(400, "unsupported_grant_type", "the only grant type here is client_credentials")
        known = ClientCredentials(self._settings.oauth_client_id, self._settings.oauth_client_secret)
        if _credentials(form, authorization) != known:
            raise OAuthError(401, "invalid_client", "the client id or secret is wrong")
        token = secrets.token_urlsafe(24)
        self._expiry_of[token] = now + self._settings.oauth_token_lifetime
        response = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": int(self._settings.oauth_token_lifetime.total_seconds()),
        }
        return {**response, "scope": form["scope"]} if form.get("scope") else response

    def is_api_key(self, authorization: str) -> bool:
        """Tell whether the value of an Authorization header is the API key that may run queries."""
        scheme, _, credential = authorization.partition(" ")
        return scheme.lower() == "bearer" and credential == self._settings.api_key

    def access(self, authorization: str, now: datetime) -> Access:
        """Return what the value of an Authorization header opens."""
        scheme, _, credential = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return Access.NOTHING
        if credential == self._settings.forbidden_key:
            return Access.NO_QUERIES
        valid_until = self._expiry_of.get(credential)
        if credential == self._settings.api_key or (valid_until is not None and now < valid_until):
            return Access.QUERIES
        return Access.NOTHING


def _credentials(form: Mapping[str, str], authorization: str) -> ClientCredentials:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ClientCredentials(form.get("client_id", ""), form.get("client_secret", ""))
    try:
        client_id, _, client_secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ClientCredentials("", "")
    return ClientCredentials(client_id, client_secret)
