"""A whole visit of the doctor to a tenant whose answers are drawn, half of them damaged; nothing is sent, no time passes."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.doctor.driver import Driver
from airflow_provider_veza.doctor.examination import Plan
from airflow_provider_veza.doctor.report import Report, as_json, as_text
from airflow_provider_veza.doctor.verdicts import Verdict
from airflow_provider_veza.doctor.visit import visit
from airflow_provider_veza.doctor.words import redacted
from airflow_provider_veza.exceptions import NoAnswerError
from airflow_provider_veza.hooks.veza_settings import VezaSettings
from airflow_provider_veza.transport.settings import ApiKeyAuth, TransportSettings
from readers.damage import damaged_body

VEZA = VezaSettings(TransportSettings("https://t.example", ApiKeyAuth("key-of-acme"), "tests"))
PLAN = Plan("marker", "lost", ("OktaUser", "S3Bucket"), patience=20.0)
STATUSES = (*[200] * 30, 204, 400, 401, 404, 429, 500, 503)


@dataclass(frozen=True)
class DrawnTenant:
    """Answers each request with one of the samples for its path.

    :param samples: by the end of the path.
    """

    samples: Mapping[str, Sequence[Any]]
    dice: random.Random

    def run(self, call: Call[Response], *, retry: RetryPolicy) -> Response:
        """Answer."""
        if self.dice.random() < 0.01:
            raise NoAnswerError("The connection broke.")
        path = call.request.path
        known = next((bodies for end, bodies in self.samples.items() if end in path), [{}])
        body = damaged_body(self.dice.choice(known), self.dice)
        return call.read(Response(self.dice.choice(STATUSES), {"content-type": "application/json"}, body))


def examined(seed: int, samples: Mapping[str, Sequence[Any]]) -> str:
    """Visit such a tenant; return all that the doctor says of it."""
    seconds = count()
    tenant = DrawnTenant(samples, random.Random(seed))
    driver = Driver(tenant, sleep=lambda _: None, monotonic=lambda: float(next(seconds)))
    report = Report.of(visit(VEZA, PLAN, driver), VEZA)
    for finding in report.findings:
        came = [redacted(one.came) for one in finding.judgement.evidence]
        assert finding.verdict is not Verdict.CONFIRMED or any(one.startswith("HTTP ") for one in came)
    return as_text(report).encode().decode() + json.dumps(as_json(report))
