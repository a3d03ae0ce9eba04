"""Judges of what holds for every request: rights, errors, whole answers, latency, limits; pure functions of what was seen.

The docstring of a judge is the statement that it judges.
"""

from __future__ import annotations

import math
import re
from collections.abc import Set
from statistics import median

from airflow_provider_veza.doctor.evidence import fields_words
from airflow_provider_veza.doctor.examination_steps import Asked
from airflow_provider_veza.doctor.verdicts import (
    REPORT,
    Advice,
    Case,
    Judgement,
    answered_otherwise,
    confirmed,
    contradicted,
    not_seen,
    set_extra,
    told,
)
from airflow_provider_veza.doctor.words import Quoted, Words
from airflow_provider_veza.exceptions import AnswerTooLargeError, NoAnswerError, RedirectRefusedError
from airflow_provider_veza.hooks.connection_fields import LONGEST_SECONDS
from airflow_provider_veza.services import veza_nodes, veza_result, veza_saved_queries, veza_sync
from airflow_provider_veza.transport.redaction import SHORTEST, forms_of

ERROR_KEYS = ("code", "message", "request_id", "timestamp", "details")
_LIMIT_HEADER = re.compile(r"(x-)?(rate-?limit[a-z-]{0,20}|retry-after)")
_COMFORT = 4
"""A request may take this many times longer than the slowest one seen before its timeout ends it."""
_DOCUMENTED_PATHS = frozenset(
    {
        veza_nodes.CREATE_PATH,
        veza_nodes.CANCEL_PATH,
        veza_sync.NODES_PATH,
        veza_sync.RESULT_PATH,
        veza_result.CREATE_PATH,
        veza_saved_queries.LIST_PATH,
    }
)
_OF_THE_API = frozenset({400, 403, 404, 409})
"""Statuses with which an endpoint refuses a request itself; others may be the word of a gateway before it."""
_NOT_WHOLE = (NoAnswerError, AnswerTooLargeError, RedirectRefusedError)


def list_needs_query_rights(case: Case) -> Judgement:
    """A key that may run queries may list saved queries, which is what the connection test does."""
    listed, submitted = case.seen.listed, case.seen.first.submitted
    both = (listed, submitted)
    if submitted.error is not None:
        return not_seen("No query could be submitted: ", *told(submitted), basis=both)
    if listed.error is None:
        return confirmed(both, f"GET queries answered HTTP {listed.status}, and a query could be submitted.")
    advice = Advice("Do not go by the connection's Test button: it fails although queries run.")
    return answered_otherwise(listed, "A query could be submitted, but the list answered ", advice=advice)


def error_body(case: Case) -> Judgement:
    """Errors are JSON with code, message, request_id, timestamp and details."""
    refused = [asked for asked in case.asked if _is_refusal_of_the_api(asked)]
    if not refused:
        return not_seen("No endpoint refused a request.")
    lacking = {key for asked in refused for key in ERROR_KEYS if key not in asked.body}
    if not lacking:
        return confirmed(refused, f"{len(refused)} refusals had all five keys.")
    some = [asked for asked in refused if not asked.body.keys() >= set(ERROR_KEYS)]
    what = f"Of {len(refused)} refusals {len(some)} lack {', '.join(sorted(lacking))}."
    return contradicted(some, what, advice=Advice("Nothing to set: messages say less. Please report it."))


def wrong_request_is_refused(case: Case) -> Judgement:
    """A wrong request is refused with HTTP 400."""
    asked, right = case.seen.lost.empty_request, case.seen.first.submitted
    if right.error is not None:
        return not_seen("A right request did not succeed either: ", *told(right), basis=(asked, right))
    if asked.status is None:
        return not_seen("A create that sets no cache mode had no answer.", basis=asked)
    if asked.status == 400:
        return confirmed(asked, "A create that sets no cache mode was answered HTTP 400: ", Quoted(str(asked.error)))
    words = (f"A create that sets no cache mode was answered HTTP {asked.status}, not 400.",)
    if asked.status >= 500:
        advice = Advice("Wrong specs are taken for a passing failure: keep retries low.")
        return contradicted(asked, *words, advice=advice)
    return contradicted(asked, *words, advice=REPORT)


def whole_answers(case: Case) -> Judgement:
    """Every request is answered by the tenant itself, with an answer that ends."""
    broken = _never_answered(case)
    if not broken:
        again = sum(asked.response is None for asked in case.asked)
        return confirmed(case.asked, f"{len(case.asked)} requests, {again} of them again, had whole answers.")
    words = f"Of {len(case.asked)} requests {len(broken)} had no whole answer of this tenant: "
    return contradicted(broken, words, Quoted(str(broken[-1].error)), advice=_against(broken, case))


def latency(case: Case) -> Judgement:
    """Every answer comes well within read_timeout."""
    limit = case.veza.transport.read_timeout
    answered = sorted((asked for asked in case.asked if asked.status is not None), key=lambda asked: asked.seconds)
    if not answered:
        return not_seen("No request was answered.", basis=case.asked)
    longest = answered[-1]
    middle = median(asked.seconds for asked in answered)
    words = f"{len(answered)} answers: median {middle:.3f} s, longest {longest.seconds:.3f} s."
    if cut := [asked for asked in _never_answered(case) if isinstance(asked.error, NoAnswerError)]:
        return not_seen(f"{words} {len(cut)} requests had no whole answer in their time.", basis=(longest, *cut))
    if longest.seconds * _COMFORT <= limit:
        return confirmed(longest, words)
    return contradicted(longest, words, advice=set_extra("read_timeout", math.ceil(longest.seconds * _COMFORT)))


def rate_limit(case: Case) -> Judgement:
    """No rate limit shows: none is announced, and no request is answered HTTP 429."""
    pace = case.veza.transport.rate_limit
    throttled = [asked for asked in case.asked if asked.status == 429]
    if throttled:
        half = max(round(pace / 2, 2), 0.01)
        words = f"{len(throttled)} of {len(case.asked)} requests were answered HTTP 429 at most {pace:g} a second."
        advice = set_extra("rate_limit", half, "less, until no request is answered 429")
        return contradicted(throttled, words, advice=advice)
    announcing = [asked for asked in case.asked if _limit_headers(asked)]
    if announcing:
        advice = Advice("Set the connection's extra rate_limit below what these headers allow.", "rate_limit")
        return contradicted(announcing, "A rate limit is announced:", *_limits(announcing), advice=advice)
    words = f"{len(case.asked)} requests, at most {_busiest_second(case.asked)} of them within one second."
    return confirmed(case.asked, words, f" rate_limit allows {pace:g} a second, which was not tried for long.")


def credentials_stay_unsaid(case: Case) -> Judgement:
    """No answer quotes the credential that its request came with."""
    secrets = case.veza.transport.secrets()
    forms = {form for secret in secrets for form in forms_of(secret) if len(form) >= SHORTEST}
    answered = [asked for asked in case.asked if asked.response is not None]
    quoting = [asked for asked in answered if _quotes(asked, forms)]
    if not answered:
        return not_seen("No request was answered.", basis=case.asked)
    if not quoting:
        return confirmed(answered, f"{len(answered)} answers were searched for it.")
    advice = Advice(
        "This provider hides it in whatever it shows; logs of others may not. Change the credential, and tell Veza, or who "
        "runs the proxy before it."
    )
    words: Words = (f"{len(quoting)} answers quote it, among the fields ", *fields_words(quoting[-1].body), ".")
    return contradicted(quoting, *words, advice=advice)


def _never_answered(case: Case) -> list[Asked]:
    """Return the requests that had no whole answer, nor when they were sent again."""
    broken = [asked for asked in case.asked if isinstance(asked.error, _NOT_WHOLE) and asked.response is None]
    answered = [asked.request for asked in case.asked if asked.response is not None]
    return [asked for asked in broken if asked.request not in answered]


def _against(broken: list[Asked], case: Case) -> Advice:
    """Advise on the last of them: silence is helped by patience, the rest is somebody else's to mend."""
    limit, last = case.veza.transport.read_timeout, broken[-1]
    if isinstance(last.error, RedirectRefusedError):
        return Advice("Put the address that redirects lead to into the connection's host, if it is the tenant's own.")
    if isinstance(last.error, AnswerTooLargeError):
        return Advice(
            "Set the connection's extra max_answer_bytes, if the answer is as large as that.", "max_answer_bytes"
        )
    if last.seconds >= limit:
        return set_extra("read_timeout", min(limit * _COMFORT, LONGEST_SECONDS))
    return Advice(
        "Ask who runs the network between here and the tenant: answers break off, or never end. No extra helps."
    )


def _is_refusal_of_the_api(asked: Asked) -> bool:
    """Whether the refusal is an endpoint's own; for an unknown path, a proxy before the tenant may answer."""
    if asked.status is None or asked.status < 400 or not asked.request.path.startswith("/api/v1/"):
        return False
    is_documented = asked.request.path in _DOCUMENTED_PATHS and asked.status in _OF_THE_API
    return is_documented or bool(asked.body.keys() & set(ERROR_KEYS))


def _limit_headers(asked: Asked) -> list[str]:
    names = asked.response.headers if asked.response else {}
    return [name for name in names if _LIMIT_HEADER.fullmatch(name)]


def _limits(announcing: list[Asked]) -> Words:
    """Return the headers, each with the value that came last."""
    last = {
        name: asked.response.headers[name] for asked in announcing for name in _limit_headers(asked) if asked.response
    }
    return tuple(word for name in sorted(last) for word in (f" {name}: ", Quoted(last[name]), ";"))


def _busiest_second(asked: tuple[Asked, ...]) -> int:
    times = [one.at for one in asked]
    return max((sum(at <= other < at + 1 for other in times) for at in times), default=0)


def _quotes(asked: Asked, forms: Set[str]) -> bool:
    text = asked.response.body.decode("utf-8", "replace") if asked.response else ""
    return any(form in text for form in forms)
