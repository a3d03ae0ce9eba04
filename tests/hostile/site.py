"""A served tenant that can be told to do harm, and the connection to it with small bounds."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from airflow_provider_veza.ownership.records.registry import RecordRegistry
from hostile.around_callers import AroundCallers
from support.served_tenant import AT_ONCE, UNTIL_FINISHED
from veza_emulator.http.server import RunningTenant
from veza_emulator.reading.checked_fields import checked
from veza_emulator.tenant.executions import Family
from veza_emulator.tenant.variant_choices import read_variants
from veza_emulator.variants import Variants

SMALL_BOUNDS = {
    **dict.fromkeys(("look_timeout", "page_timeout", "token_timeout"), 1.0),
    "cancel_timeout": 2.0,
    "max_answer_bytes": 300_000,
}
PATIENT_BOUNDS = {name: 60.0 for name in SMALL_BOUNDS if name.endswith("_timeout")}
"""For what is to be seen once the harm is over, on however busy a machine."""


@dataclass
class HostileSite(AroundCallers):
    """A tenant, the connection `veza_default` to it, the records and the Airflow around its callers."""

    running: RunningTenant
    registry: RecordRegistry

    def connect(self, **extra: Any) -> None:
        """Point the connection to the tenant, by its API key."""
        self._connect(password=self.running.api_key, extra=extra)

    def connect_by_oauth(self) -> None:
        """Point the connection to the tenant, by a token that is to be fetched."""
        settings = self.running.tenant.settings
        extra = {"auth": "oauth2_client_credentials", "token_url": f"{self.running.url}/oauth/token"}
        self._connect(login=settings.oauth_client_id, password=settings.oauth_client_secret, extra=extra)

    def let_queries(self, *, end: bool) -> None:
        """Let new queries end at once, or never."""
        self.running.tenant.set_behaviour(AT_ONCE if end else UNTIL_FINISHED)

    def harm(self, **variants: Any) -> None:
        """Begin to do harm."""
        with checked(variants) as read:
            self.running.tenant.variants = read_variants(read, Variants())

    def be_harmless(self) -> None:
        """End all harm, also what is under way; from now on the connection is patient."""
        self.running.tenant.variants = Variants()
        variable = "AIRFLOW_CONN_VEZA_DEFAULT"
        connection = json.loads(os.environ[variable])
        self.monkeypatch.setenv(variable, json.dumps(connection | {"extra": connection["extra"] | PATIENT_BOUNDS}))

    @property
    def still_runs(self) -> bool:
        """Whether a query runs on that could be cancelled; Veza documents no cancel of an AsyncTask."""
        return any(execution.family is Family.NODES for execution in self.running.tenant.running())

    def secrets(self) -> Iterator[str]:
        """Yield each form in which a secret of the connection may be echoed."""
        settings = self.running.tenant.settings
        pairs = (f"{settings.oauth_client_id}:{settings.oauth_client_secret}",)
        for secret in (settings.api_key, settings.oauth_client_secret, *pairs):
            yield from (secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode())

    def _connect(self, *, extra: dict[str, Any], **fields: Any) -> None:
        usual = {"stale_grace": 0, "rate_limit": 100_000, **SMALL_BOUNDS}
        connection = {"conn_type": "veza", "host": self.running.url, **fields, "extra": {**usual, **extra}}
        self.monkeypatch.setenv("AIRFLOW_CONN_VEZA_DEFAULT", json.dumps(connection))
