"""A served cluster that can be told to do harm, the connection to it with small bounds, and what its callers have let out."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote, urlsplit

import pytest

from airflow_provider_veza.operators.orphans import VezaCancelOrphanedQueriesOperator
from esql_double.harm import Harm
from esql_double.server import Double
from hostile.site import OVER, PATIENT_BOUNDS, SMALL_BOUNDS
from support.told_airflow import ToldAirflow

KEY = base64.b64encode(b"hostile:s3cret/key+of=acme").decode()
"""As clusters hand them out."""


@dataclass
class HostileCluster:
    """A cluster, the connection `elasticsearch_default` to it, and the Airflow around its callers.

    :param patience: how long callers wait for the query.
    :param said: what callers have let out besides logs and prints.
    """

    double: Double
    airflow: ToldAirflow
    monkeypatch: pytest.MonkeyPatch
    caplog: pytest.LogCaptureFixture
    capsys: pytest.CaptureFixture[str]
    patience: timedelta = timedelta(seconds=2)
    said: list[str] = field(default_factory=list)

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

    def sweep(self) -> dict[str, int]:
        """Sweep once, while Airflow says that every task is over."""
        self.airflow.answer = self.airflow.of_run = OVER
        return VezaCancelOrphanedQueriesOperator(task_id="sweep", grace=0).execute({})

    def all_said(self) -> str:
        """Return everything that logs, prints, errors, events and XCom show."""
        printed = self.capsys.readouterr()
        self.said += [printed.out, printed.err, self.caplog.text]
        self.said += [record.getMessage() for record in self.caplog.records]
        return "\n".join(self.said)

    def secrets(self) -> Iterator[str]:
        """Yield each form in which the key may be echoed."""
        yield from (KEY, quote(KEY, safe=""), base64.b64decode(KEY).decode())
