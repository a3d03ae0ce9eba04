"""Judges of the result family and of saved queries; pure functions of what was seen."""

from __future__ import annotations

from airflow_provider_veza.async_query.vocabulary import Page, Phase, Snapshot
from airflow_provider_veza.doctor.seen import Life
from airflow_provider_veza.doctor.verdicts import (
    REPORT,
    Advice,
    Case,
    Judgement,
    confirmed,
    contradicted,
    not_seen,
    set_extra,
    shown,
    told,
)
from airflow_provider_veza.doctor.words import Quoted, joined

_NO_TASK = "No AsyncTask was created."
_STATES = frozenset({"UNKNOWN_STATE", "PENDING", "IN_PROGRESS", "COMPLETE", "0", "1", "2", "3"})
_STATUSES = frozenset({"UNKNOWN_STATUS", "SUCCEEDED", "FAILED", "CANCELED", "0", "1", "2", "3"})
_USE_NODES = Advice("Use result_kind='nodes', the default, whose rows come in pages; no extra helps.")


def task_create(case: Case) -> Judgement:
    """Judge the submit of the result family."""
    submitted = case.seen.task.life.submitted
    if submitted.error is not None:
        return contradicted("It was answered ", *told(submitted), advice=_USE_NODES)
    wrapped = next((name for name in ("task", "value") if isinstance(submitted.body.get(name), dict)), None)
    return confirmed(f"The task stands in {wrapped}." if wrapped else "The task is the whole answer.")


def task_look(case: Case) -> Judgement:
    """Judge where tasks are looked at."""
    life = case.seen.task.life
    if life.ids is None:
        return not_seen(_NO_TASK)
    if life.snapshots and life.phase is not Phase.GONE:
        return confirmed(f"{len(life.looks)} looks showed the task.")
    return contradicted("A look was answered ", *shown(life.looks[-1]), ".", advice=_USE_NODES)


def task_states(case: Case) -> Judgement:
    """Judge the names of states and statuses."""
    life = case.seen.task.life
    if not life.snapshots:
        return not_seen(_NO_TASK if life.ids is None else "The task could not be looked at.")
    states = _named(life, "state")
    statuses = _named(life, "status")
    unknown = tuple(name for name in states if name.upper() not in _STATES)
    unknown += tuple(name for name in statuses if name.upper() not in _STATUSES)
    if unknown:
        advice = Advice("A state not known is taken as running, a status not known as failed. Please report the names.")
        return contradicted("Not among the documented names and numbers: ", *joined(unknown), ".", advice=advice)
    if life.phase is Phase.RUNNING:
        return not_seen("The task had not ended when the doctor stopped waiting: ", *joined(states), ".")
    return confirmed("state: ", *joined(states), "; status: ", *joined(statuses), ".")


def task_result(case: Case) -> Judgement:
    """Judge the shape of a result."""
    seen = case.seen.task
    if seen.page is None:
        return not_seen(_NO_TASK if seen.life.ids is None else "The task was not seen to succeed.")
    if not isinstance(seen.page.value, Page):
        return contradicted("It could not be read: ", Quoted(str(seen.page.error)), advice=_USE_NODES)
    page: Page = seen.page.value
    if page.count is not None and seen.asked_for_nodes and page.count > 0:
        return contradicted("include_nodes was set, but only a number came.", advice=_USE_NODES)
    if page.count is not None:
        return confirmed("It is a number.")
    return confirmed(f"It has {len(page.rows)} rows.")


def lost_task(case: Case) -> Judgement:
    """Judge how a task shows that is not there."""
    look = case.seen.lost.task
    if isinstance(look.value, Snapshot) and look.value.phase is Phase.GONE:
        return confirmed("An id that was never issued: ", *shown(look), ".")
    if case.seen.task.life.phase in (None, Phase.GONE):
        return not_seen("No AsyncTask could be looked at.")
    advice = Advice("A lost task is waited for until its deadline: keep timeout short with result_kind='result'.")
    return contradicted("An id that was never issued: ", *shown(look), ".", advice=advice)


def saved_list(case: Case) -> Judgement:
    """Judge the list of saved queries."""
    listed = case.seen.saved.listed
    if listed.error is not None:
        return contradicted("It was answered ", *told(listed), advice=REPORT)
    return confirmed(f"The first page has {len(listed.value.rows)} saved queries.")


def saved_run(case: Case) -> Judgement:
    """Judge where a saved query is run."""
    runs = case.seen.saved.runs
    if not runs:
        return not_seen("The tenant shows no saved query.")
    (_, configured), (path, last) = runs[0], runs[-1]
    if configured.error is None:
        return confirmed(f"It was answered HTTP {configured.status} with a query_result_id.")
    words = ("It was answered ", *told(configured))
    if last.error is None:
        return contradicted(*words, advice=set_extra("saved_query_create_path", path))
    advice = Advice(
        "Ask Veza where CreateAssessmentQueryNodesAsync is served, and set the connection's extra saved_query_create_path; "
        "until then copy the saved query's spec into query_spec.",
    )
    return contradicted(*words, advice=advice)


def saved_look(case: Case) -> Judgement:
    """Judge by which family such a run is looked at and cancelled."""
    runs, looks = case.seen.saved.runs, case.seen.saved.looks
    if not runs or runs[-1][1].error is not None:
        return not_seen("No saved query was run.")
    last = looks[-1].value
    if isinstance(last, Snapshot) and last.phase is not Phase.GONE:
        return confirmed("Its state was ", Quoted(last.state), ".")
    return contradicted("A look was answered ", *shown(looks[-1]), ".", advice=REPORT)


def _named(life: Life, field: str) -> tuple[str, ...]:
    """Return the values of a field of the task, as they were sent."""
    tasks = [next((look.body[n] for n in ("task", "value") if n in look.body), look.body) for look in life.looks]
    return tuple(
        dict.fromkeys(str(task[field]) for task in tasks if isinstance(task, dict) and task.get(field) is not None)
    )
