"""Which authorities a connection trusts, and the TLS context made of them, the same for both drivers."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from pathlib import Path

import certifi

from airflow_provider_veza.exceptions import ConnectionSettingsError
from airflow_provider_veza.transport.settings import TransportSettings


def trusted_authorities(settings: TransportSettings) -> str:
    """Return the PEM file or folder of the authorities to trust.

    That is ``ca_bundle``, else what ``REQUESTS_CA_BUNDLE`` or ``CURL_CA_BUNDLE`` name, else certifi's, as of requests.

    :raises ConnectionSettingsError: when what was named holds no authorities.
    """
    path = _path(settings)
    if path != certifi.where():
        tls_context(settings)
    return path


def tls_context(settings: TransportSettings) -> ssl.SSLContext:
    """Return the TLS context of a connection; this may read files and take long enough to block an event loop.

    :raises ConnectionSettingsError: when what was named holds no authorities.
    """
    path = _path(settings)
    try:
        return _trusting(path, Path(path).stat().st_mtime_ns)
    except OSError as e:
        raise ConnectionSettingsError(
            f"No trusted authorities could be read ({e.strerror}). The connection's extra `ca_bundle` "
            "(or REQUESTS_CA_BUNDLE in the environment) must name a PEM file, or a folder of them. Nothing was sent.",
            about=path,
        ) from e


def _path(settings: TransportSettings) -> str:
    named = settings.ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return named or certifi.where()


@lru_cache(maxsize=8)
def _trusting(path: str, _changed_at: int) -> ssl.SSLContext:
    """Return the one context of all who trust the same, which none of them changes: to read the usual file takes 30 ms."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if Path(path).is_dir():
        context.load_verify_locations(capath=path)
    else:
        context.load_verify_locations(cafile=path)
    return context
