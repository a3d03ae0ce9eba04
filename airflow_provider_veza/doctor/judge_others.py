"""Judges of the synchronous twins, of the result family and of saved queries; pure functions of what was seen.

The docstring of a judge is the statement that it judges.
"""

from __future__ import annotations

from collections.abc import Sequence

from airflow_provider_veza.async_query.json_value import words_of
from airflow_provider_veza.async_query.vocabulary import Page, Phase, Snapshot
from airflow_provider_veza.doctor.evidence import fields_words
from airflow_provider_veza.doctor.examination_steps import Asked
from airflow_provider_veza.doctor.judge_rows import where_rows_are
from airflow_provider_veza.doctor.seen import Life, TaskSeen, number_of_rows, rows_of
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
    shown,
    told,
)
from airflow_provider_veza.doctor.words import Quoted, joined

_NO_TASK = "No AsyncTask was created."
_NO_SAVED_QUERY = "The tenant shows no saved query."
_STATES = frozenset({"UNKNOWN_STATE", "PENDING", "IN_PROGRESS", "COMPLETE", "0", "1", "2", "3"})
_STATUSES = frozenset({"UNKNOWN_STATUS", "SUCCEEDED", "FAILED", "CANCELED", "0", "1", "2", "3"})
_USE_NODES = Advice("Use result_kind='nodes', the default, whose rows come in pages; no extra helps.")


def sync_nodes(case: Case) -> Judgement:
    """POST query_spec:nodes answers rows; page_size is in the query string."""
    choices = [choice.asked for choice in case.seen.choices]
    answered = [asked for asked in choices if asked.error is None]
    if not answered:
        advice = where_rows_are(case, choices[-1].body) if choices[-1].status == 200 else REPORT
        return answered_otherwise(choices[-1], "It was answered ", advice=advice)
    came = max(map(number_of_rows, answered))
    if came > 1:
        advice = Advice("Pages are larger than asked for; nothing depends on it.")
        return contradicted(answered, f"Asked for 1 row in the query string, {came} came.", advice=advice)
    if came == 0:
        tried = tuple(choice.node_type for choice in case.seen.choices)
        return not_seen("No node type that was tried has rows: ", *joined(tried), ".", basis=choices)
    return confirmed(answered, "Asked for 1 row in the query string, 1 came.")


def sync_result(case: Case) -> Judgement:
    """POST query_spec:result answers the number of rows."""
    asked, pages = case.seen.sync_result, case.seen.pages
    if asked.error is not None:
        return answered_otherwise(asked, "It was answered ", advice=REPORT)
    number = asked.value.number
    if number is None:
        return contradicted(asked, "It answered no number.", advice=REPORT)
    if pages is None or not pages.whole.complete:
        return not_seen(f"It counted {number}; the rows were not all read, so nobody can tell.", basis=asked)
    basis = (asked, *pages.whole.pages)
    words = f"It counted {number}; the asynchronous twin had {pages.whole.rows} rows."
    if number == pages.whole.rows:
        return confirmed(basis, words)
    return contradicted(basis, words, advice=Advice("The tenant may have changed in between: run the doctor again."))


def task_create(case: Case) -> Judgement:
    """POST query_spec:result_async_create takes a spec and answers an AsyncTask with an id."""
    submitted = case.seen.task.life.submitted
    if submitted.error is not None:
        return answered_otherwise(submitted, "It was answered ", advice=_USE_NODES)
    wrapped = next((name for name in ("task", "value") if isinstance(submitted.body.get(name), dict)), None)
    return confirmed(submitted, f"The task stands in {wrapped}." if wrapped else "The task is the whole answer.")


def task_look(case: Case) -> Judgement:
    """GET async_tasks/{id} shows the task."""
    life = case.seen.task.life
    if life.ids is None:
        return not_seen(_NO_TASK, basis=life.submitted)
    if life.snapshots and life.phase is not Phase.GONE:
        return confirmed(life.looks, f"{len(life.snapshots)} of {len(life.looks)} looks showed the task.")
    return _looked_otherwise(life.looks, advice=_USE_NODES)


def task_states(case: Case) -> Judgement:
    """The states and statuses that a task shows until it has ended have the documented names, or their numbers."""
    life = case.seen.task.life
    if not life.snapshots:
        problem = _NO_TASK if life.ids is None else "The task could not be looked at."
        return not_seen(problem, basis=(life.submitted, *life.looks))
    states = _named(life, "state")
    statuses = _named(life, "status")
    unknown = tuple(name for name in states if name.upper() not in _STATES)
    unknown += tuple(name for name in statuses if name.upper() not in _STATUSES)
    if unknown:
        advice = Advice("A state not known is taken as running, a status not known as failed. Please report the names.")
        words = ("Not among the documented names and numbers: ", *joined(unknown), ".")
        return contradicted(life.looks, *words, advice=advice)
    if life.phase is Phase.RUNNING:
        words = ("The task had not ended when the doctor stopped waiting: ", *joined(states), ".")
        return not_seen(*words, basis=life.looks)
    return confirmed(life.looks, "state: ", *joined(states), "; status: ", *joined(statuses), ".")


def failed_task(case: Case) -> Judgement:
    """A task that has failed shows the status FAILED."""
    life = case.seen.task.life
    if life.phase is Phase.FAILED and "FAILED" in life.snapshots[-1].state:
        return confirmed(life.looks, "It ended as ", Quoted(life.snapshots[-1].state), ".")
    return not_seen("No task failed, and the doctor asks for none that does.", basis=life.looks)


def task_result(case: Case) -> Judgement:
    """A task's result has one of the shapes that this provider reads."""
    seen = case.seen.task
    if seen.page is None:
        return not_seen(_no_result_of(seen), basis=(seen.life.submitted, *seen.life.looks))
    if seen.page.response is None:
        return not_seen("Its result was answered ", *told(seen.page), basis=seen.page)
    if not isinstance(seen.page.value, Page):
        advice = where_rows_are(case, seen.page.body)
        return contradicted(
            seen.page,
            "It could not be read: ",
            Quoted(str(seen.page.error)),
            advice=_USE_NODES if advice is REPORT else advice,
        )
    page: Page = seen.page.value
    return confirmed(seen.page, "It is a number." if page.count is not None else f"It has {len(page.rows)} rows.")


def task_rows(case: Case) -> Judgement:
    """With include_nodes, a task's result has rows."""
    seen = case.seen.task
    if seen.page is None or not isinstance(seen.page.value, Page):
        return not_seen(_no_result_of(seen), basis=seen.page or seen.life.submitted)
    page: Page = seen.page.value
    basis = (seen.life.submitted, seen.page)
    if page.rows:
        return confirmed(basis, f"It has {len(page.rows)} rows.")
    if not seen.asked_for_nodes:
        return not_seen("Rows were not asked for: nothing said that they would be few.", basis=basis)
    if page.count:
        words = ("include_nodes was set, but only a number came, in ", *fields_words(seen.page.body), ".")
        return contradicted(basis, *words, advice=_USE_NODES)
    return not_seen("The result is empty.", basis=basis)


def lost_task(case: Case) -> Judgement:
    """A task id that is not known is HTTP 404."""
    look = case.seen.lost.task
    if isinstance(look.value, Snapshot) and look.value.phase is Phase.GONE:
        return confirmed(look, "An id that was never issued: ", *shown(look), ".")
    if look.response is None or case.seen.task.life.phase in (None, Phase.GONE):
        return not_seen("No AsyncTask could be looked at.", basis=(*case.seen.task.life.looks, look))
    advice = Advice("A lost task is waited for until its deadline: keep timeout short with result_kind='result'.")
    return contradicted(look, "An id that was never issued: ", *shown(look), ".", advice=advice)


def saved_list(case: Case) -> Judgement:
    """GET queries lists saved queries."""
    listed = case.seen.saved.listed
    if listed.error is not None:
        return answered_otherwise(listed, "It was answered ", advice=REPORT)
    count = number_of_rows(listed)
    if not count:
        return not_seen("The list is empty.", basis=listed)
    return confirmed(listed, f"The first page has {count} saved queries.")


def saved_owner(case: Case) -> Judgement:
    """A listed saved query says in one of the fields that are looked into whose it is."""
    listed, service = case.seen.saved.listed, case.veza.saved_queries
    queries = [query for query in rows_of(listed) if isinstance(query, dict)]
    if not queries:
        problem = ("The list was answered ", *told(listed)) if listed.error else (_NO_SAVED_QUERY,)
        return not_seen(*problem, basis=listed)
    found = [name for query in queries if (name := service.owner_field(query))]
    if len(found) == len(queries):
        return confirmed(listed, "Each of the first page names one, in ", ", ".join(dict.fromkeys(found)), ".")
    lacking = f"{len(queries) - len(found)} of {len(queries)} have nothing in {', '.join(service.owner_fields)}; the fields are "
    remedy = ". If one of them names the owner, set the connection's extra saved_query_owner_field."
    return not_seen(lacking, *fields_words(queries[0]), remedy, basis=listed)


def saved_run(case: Case) -> Judgement:
    """A saved query is run by a POST to saved_query_create_path."""
    saved = case.seen.saved
    if not saved.runs:
        problem = ("The list was answered ", *told(saved.listed)) if saved.listed.error else (_NO_SAVED_QUERY,)
        return not_seen(*problem, basis=saved.listed)
    asked = [run for _, run in saved.runs]
    (_, configured), (path, last) = saved.runs[0], saved.runs[-1]
    if configured.error is None:
        return confirmed(configured, f"It was answered HTTP {configured.status} with a query_result_id.")
    words = ("It was answered ", *told(configured))
    if configured.response is None:
        return not_seen(*words, basis=asked)
    if last.error is None:
        return contradicted(asked, *words, advice=set_extra("saved_query_create_path", path))
    advice = Advice(
        "Ask Veza where CreateAssessmentQueryNodesAsync is served, and set the connection's extra saved_query_create_path; "
        "until then copy the saved query's spec into query_spec.",
    )
    return contradicted(asked, *words, advice=advice)


def saved_look(case: Case) -> Judgement:
    """A run of a saved query is looked at like one of query_spec:nodes_async_create."""
    runs, looks = case.seen.saved.runs, case.seen.saved.looks
    if not runs or runs[-1][1].error is not None:
        return not_seen("No saved query was run.", basis=[run for _, run in runs])
    last = looks[-1].value
    if isinstance(last, Snapshot) and last.phase is not Phase.GONE:
        return confirmed(looks, "Its state was ", Quoted(last.state), ".")
    return _looked_otherwise(looks, advice=REPORT)


def _looked_otherwise(looks: Sequence[Asked], *, advice: Advice) -> Judgement:
    words = ("A look was answered ", *shown(looks[-1]), ".")
    if looks[-1].response is None:
        return not_seen(*words, basis=looks)
    return contradicted(looks, *words, advice=advice)


def _no_result_of(seen: TaskSeen) -> str:
    if seen.page is not None:
        return "The task's result could not be read."
    return _NO_TASK if seen.life.ids is None else "The task was not seen to succeed."


def _named(life: Life, field: str) -> tuple[str, ...]:
    """Return the values of a field of the task, as they were sent."""
    tasks = [next((look.body[n] for n in ("task", "value") if n in look.body), look.body) for look in life.looks]
    return tuple(
        dict.fromkeys(words_of(task[field]) for task in tasks if isinstance(task, dict) and task.get(field) is not None)
    )
