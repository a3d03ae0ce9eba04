"""One page as it is served: what the configuration allows, the looks that are made for it, and the page."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import conf

from airflow_provider_veza.hooks.wall_clock import utc_now
from airflow_provider_veza.pages.facts import TaskFacts
from airflow_provider_veza.pages.its_query import subject_of
from airflow_provider_veza.pages.landed import landed_look
from airflow_provider_veza.pages.progress_now import ShownProgress
from airflow_provider_veza.pages.query_look import LOOKS
from airflow_provider_veza.pages.query_page import MOST_ROWS, query_page


def page_of(facts: TaskFacts) -> str:
    """Return the page of a task instance, with what the looks that it may make show."""
    allowed = preview_rows()
    landed = landed_look(facts.xcoms.get("return_value"), allowed)
    return query_page(facts, preview_rows=allowed, landed=landed, progress=_progress(facts))


def _progress(facts: TaskFacts) -> ShownProgress | None:
    subject = subject_of(facts, utc_now())
    if subject is None:
        return None
    look = LOOKS.at(subject) if page_looks() else None
    return ShownProgress(subject, look, facts.wait, utc_now())


def preview_rows() -> int:
    """Return how many rows ``[veza] preview_rows`` lets the page show."""
    return min(max(int(conf.getint("veza", "preview_rows", fallback=0)), 0), MOST_ROWS)


def page_looks() -> bool:
    """Return whether ``[veza] page_looks`` lets the page look at a query that somebody waits for."""
    return bool(conf.getboolean("veza", "page_looks", fallback=True))
