"""A served cluster that can be told to do harm, and the connection to it with small bounds."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from esql_double.harm import Harm
from esql_double.server import Double
from hostile.around_callers import AroundCallers
from hostile.site import PATIENT_BOUNDS, SMALL_BOUNDS

KEY = base64.b64encode(b"hostile:s3cret/key+of=acme").decode()
"""As clusters hand them out."""


@dataclass
class HostileCluster(AroundCallers):
    """A cluster, the connection `elasticsearch_default` to it, and the Airflow around its callers."""

    double: Double

    def connect(self, **bounds: float) -> None:
        """Point the connection to the cluster, by its API key.

        :param bounds: other than the small ones.
        """
        address = urlsplit(self.double.url)
        self.double.take_keys(f"ApiKey {KEY}")
        connection = {
            "conn_type": "elasticsearch",
            "host": address.hostname,
            "port": address.port,
            "extra": {"api_key": KEY, **SMALL_BOUNDS, **bounds},
        }
        self.monkeypatch.setenv("AIRFLOW_CONN_ELASTICSEARCH_DEFAULT", json.dumps(connection))

    def harm(self, harm: Harm, method: str) -> None:
        """Begin to do harm to one kind of requests: a look is a GET, a cancel a DELETE."""
        self.double.configure(harm=harm, harmed_method=method)

    def be_harmless(self) -> None:
        """End all harm that is not under way; from now on the connection is patient."""
        self.double.configure(harm=Harm.NONE, harmed_method="")
        self.connect(**PATIENT_BOUNDS)

    def secrets(self) -> Iterator[str]:
        """Yield each form in which the key may be echoed."""
        yield from (KEY, quote(KEY, safe=""), base64.b64decode(KEY).decode())
