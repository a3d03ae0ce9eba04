"""What is around the callers of anything hostile: their Airflow, how patient they are, and what they have let out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from airflow_provider_veza.async_query.standing import Answer
from airflow_provider_veza.operators.orphans import VezaCancelOrphanedQueriesOperator
from support.told_airflow import ToldAirflow

OVER = Answer("failed")


@dataclass(kw_only=True)
class AroundCallers:
    """What callers have around them.

    :param patience: how long they wait for the query.
    :param said: what they have let out besides logs and prints.
    """

    airflow: ToldAirflow
    monkeypatch: pytest.MonkeyPatch
    caplog: pytest.LogCaptureFixture
    capsys: pytest.CaptureFixture[str]
    patience: timedelta = timedelta(seconds=2)
    said: list[str] = field(default_factory=list)

    def sweep(self) -> dict[str, int]:
        """Sweep once, while Airflow says that every task is over."""
        self.airflow.answer = self.airflow.of_run = OVER
        return VezaCancelOrphanedQueriesOperator(task_id="sweep", grace=0).execute({})

    def all_said(self) -> str:
        """Return everything that logs, prints, errors, events, XCom and records show."""
        printed = self.capsys.readouterr()
        self.said += [printed.out, printed.err, self.caplog.text]
        self.said += [record.getMessage() for record in self.caplog.records]
        return "\n".join(self.said)
