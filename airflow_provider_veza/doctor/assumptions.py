"""What this provider takes for granted of a tenant, as one table: on whose word, and the function that states and judges it.

What a judge can say is in :mod:`.verdicts`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from airflow_provider_veza.doctor import judge_cache, judge_connection, judge_lifecycle, judge_others, judge_rows
from airflow_provider_veza.doctor.verdicts import Advice, Case, Judgement, Verdict
from airflow_provider_veza.doctor.words import Words


class Source(StrEnum):
    """On whose word an assumption is made."""

    DOCUMENTED = "documented"
    SEEN = "seen by other clients"
    INFERRED = "inferred"


Judge = Callable[[Case], Judgement]
"""One assumption: its docstring is the statement, its name stays the same for bug reports."""


@dataclass(frozen=True)
class Assumption:
    """One thing that this provider relies on, and on whose word."""

    source: Source
    judge: Judge

    @property
    def name(self) -> str:
        """What bug reports call it."""
        return self.judge.__name__

    @property
    def statement(self) -> str:
        """The sentence that is judged; its name where docstrings were optimised away."""
        return " ".join((self.judge.__doc__ or self.name).split())


@dataclass(frozen=True)
class Finding:
    """What became of one assumption."""

    assumption: Assumption
    judgement: Judgement

    @property
    def verdict(self) -> Verdict:
        """What became of it."""
        return self.judgement.verdict

    @property
    def words(self) -> Words:
        """What was seen, or why nothing was."""
        return self.judgement.words

    @property
    def advice(self) -> Advice | None:
        """What helps against a contradiction."""
        return self.judgement.advice


def judge_all(case: Case) -> tuple[Finding, ...]:
    """Judge every assumption."""
    return tuple(Finding(assumption, assumption.judge(case)) for assumption in ASSUMPTIONS)


ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption(Source.INFERRED, judge_connection.list_needs_query_rights),
    Assumption(Source.SEEN, judge_connection.error_body),
    Assumption(Source.INFERRED, judge_connection.wrong_request_is_refused),
    Assumption(Source.INFERRED, judge_connection.whole_answers),
    Assumption(Source.INFERRED, judge_connection.latency),
    Assumption(Source.INFERRED, judge_connection.rate_limit),
    Assumption(Source.INFERRED, judge_connection.credentials_stay_unsaid),
    Assumption(Source.DOCUMENTED, judge_lifecycle.nodes_create),
    Assumption(Source.INFERRED, judge_lifecycle.nodes_look),
    Assumption(Source.INFERRED, judge_lifecycle.fresh_query_visible),
    Assumption(Source.INFERRED, judge_lifecycle.status_names),
    Assumption(Source.INFERRED, judge_lifecycle.failed_states),
    Assumption(Source.DOCUMENTED, judge_lifecycle.done),
    Assumption(Source.SEEN, judge_lifecycle.final_answer),
    Assumption(Source.INFERRED, judge_lifecycle.lost_query),
    Assumption(Source.DOCUMENTED, judge_lifecycle.cancel_ends_the_query),
    Assumption(Source.INFERRED, judge_lifecycle.own_execution),
    Assumption(Source.DOCUMENTED, judge_rows.rows_shape),
    Assumption(Source.DOCUMENTED, judge_rows.page_marks),
    Assumption(Source.DOCUMENTED, judge_rows.pages_end),
    Assumption(Source.DOCUMENTED, judge_rows.page_size),
    Assumption(Source.DOCUMENTED, judge_rows.page_size_maximum),
    Assumption(Source.INFERRED, judge_rows.page_token),
    Assumption(Source.SEEN, judge_rows.row_count),
    Assumption(Source.DOCUMENTED, judge_cache.cache_ids),
    Assumption(Source.DOCUMENTED, judge_cache.cached_result),
    Assumption(Source.DOCUMENTED, judge_cache.cached_context),
    Assumption(Source.DOCUMENTED, judge_cache.lost_cache),
    Assumption(Source.DOCUMENTED, judge_others.sync_nodes),
    Assumption(Source.DOCUMENTED, judge_others.sync_result),
    Assumption(Source.DOCUMENTED, judge_others.task_create),
    Assumption(Source.DOCUMENTED, judge_others.task_look),
    Assumption(Source.DOCUMENTED, judge_others.task_states),
    Assumption(Source.DOCUMENTED, judge_others.failed_task),
    Assumption(Source.INFERRED, judge_others.task_result),
    Assumption(Source.INFERRED, judge_others.task_rows),
    Assumption(Source.INFERRED, judge_others.lost_task),
    Assumption(Source.DOCUMENTED, judge_others.saved_list),
    Assumption(Source.INFERRED, judge_others.saved_owner),
    Assumption(Source.INFERRED, judge_others.saved_run),
    Assumption(Source.INFERRED, judge_others.saved_look),
)
