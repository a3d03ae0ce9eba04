"""Judges of what holds for every request: rights, errors, latency, rate limits; pure functions of what was seen."""

from __future__ import annotations

import math
import re
from statistics import median

from airflow_provider_veza.doctor.examination_steps import Asked
from airflow_provider_veza.doctor.verdicts import (
    REPORT,
    Advice,
    Case,
    Judgement,
    confirmed,
    contradicted,
    not_seen,
    set_extra,
    told,
)
from airflow_provider_veza.doctor.words import Quoted
from airflow_provider_veza.exceptions import NoAnswerError

ERROR_KEYS = ("code", "message", "request_id", "timestamp", "details")
_LIMIT_HEADER = re.compile(r"(x-)?(rate-?limit[a-z-]{0,20}|retry-after)")
_COMFORT = 4
"""A request may take this many times longer than the slowest one seen before its timeout ends it."""


def list_needs_query_rights(case: Case) -> Judgement:
    """Judge what the connection test asks for."""
    listed, submitted = case.seen.listed, case.seen.first.submitted
    if listed.error is None:
        return confirmed(f"GET queries answered HTTP {listed.status}.")
    if submitted.error is None:
        advice = Advice("Do not go by the connection's Test button: it fails although queries run.")
        return contradicted("A query could be submitted, but the list answered ", *told(listed), advice=advice)
    return not_seen("Neither the list nor a submit was answered: ", *told(listed))


def error_body(case: Case) -> Judgement:
    """Judge what error messages are made from."""
    refused = [asked for asked in case.asked if _is_refusal_of_the_api(asked)]
    if not refused:
        return not_seen("No request was refused.")
    lacking = {key for asked in refused for key in ERROR_KEYS if key not in asked.body}
    if not lacking:
        return confirmed(f"{len(refused)} refusals had all five keys.")
    what = f"Of {len(refused)} refusals some lack {', '.join(sorted(lacking))}."
    return contradicted(what, advice=Advice("Nothing to set: messages say less. Please report it."))


def wrong_request_is_refused(case: Case) -> Judgement:
    """Judge whether a wrong spec is told apart from a failure that may pass."""
    asked = case.seen.lost.empty_request
    if case.seen.first.submitted.error is not None:
        return not_seen("Right requests were refused as well.")
    if asked.status is None:
        return not_seen("A create that sets no cache mode had no answer.")
    if asked.status == 400:
        return confirmed("A create that sets no cache mode was answered HTTP 400: ", Quoted(str(asked.error)))
    words = (f"A create that sets no cache mode was answered HTTP {asked.status}, not 400.",)
    if asked.status >= 500:
        return contradicted(*words, advice=Advice("Wrong specs are taken for a passing failure: keep retries low."))
    return contradicted(*words, advice=REPORT)


def latency(case: Case) -> Judgement:
    """Judge whether the connection waits long enough."""
    limit = case.veza.transport.read_timeout
    seconds = sorted(asked.seconds for asked in case.asked)
    words = f"{len(seconds)} requests: median {median(seconds):.3f} s, longest {seconds[-1]:.3f} s."
    if any(isinstance(asked.error, NoAnswerError) for asked in case.asked):
        return contradicted(words, " Some had no whole answer.", advice=set_extra("read_timeout", limit * _COMFORT))
    if seconds[-1] * _COMFORT <= limit:
        return confirmed(words)
    return contradicted(words, advice=set_extra("read_timeout", math.ceil(seconds[-1] * _COMFORT)))


def rate_limit(case: Case) -> Judgement:
    """Judge the pace; of what a tenant announces, only ``Retry-After`` is honoured."""
    pace = case.veza.transport.rate_limit
    throttled = sum(asked.status == 429 for asked in case.asked)
    headers = sorted({name for asked in case.asked for name in _limit_headers(asked)})
    if throttled:
        half = max(round(pace / 2, 2), 0.01)
        return contradicted(
            f"{throttled} of {len(case.asked)} requests were answered HTTP 429 at most {pace:g} a second.",
            advice=set_extra("rate_limit", half, "less, until no request is answered 429"),
        )
    if headers:
        values = (word for name in headers for word in (f" {name}: ", Quoted(_last_value(case.asked, name)), ";"))
        advice = Advice("Set the connection's extra rate_limit below what these headers allow.", "rate_limit")
        return contradicted("A rate limit is announced:", *values, advice=advice)
    return confirmed(f"{len(case.asked)} requests at most {pace:g} a second; no limit was announced, none refused.")


def _is_refusal_of_the_api(asked: Asked) -> bool:
    """Whether the refusal is an endpoint's own; for an unknown path, a proxy before the tenant may answer."""
    is_error = asked.status is not None and asked.status >= 400 and asked.request.path.startswith("/api/v1/")
    return is_error and bool(asked.body.keys() & set(ERROR_KEYS))


def _limit_headers(asked: Asked) -> list[str]:
    names = asked.response.headers if asked.response else {}
    return [name for name in names if _LIMIT_HEADER.fullmatch(name)]


def _last_value(asked: tuple[Asked, ...], name: str) -> str:
    return [one.response.headers[name] for one in asked if one.response and name in one.response.headers][-1]
