"""The operator of a maintenance DAG that cancels what nobody waits for; the rule is in :mod:`.async_query.standing`."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Unpack

from airflow_provider_veza.exceptions import ConfigurationError, QueryUnreachableError
from airflow_provider_veza.operators.airflow_arguments import OperatorArguments
from airflow_provider_veza.operators.airflow_rules import airflow_failures
from airflow_provider_veza.operators.arguments import Duration, duration, duration_or_zero
from airflow_provider_veza.operators.checked import CheckedOperator, check_when_started, keep
from airflow_provider_veza.operators.connections import VEZA_COLOR

if TYPE_CHECKING:
    from airflow_provider_veza.ownership.records.registry import FiledRecord, RecordRegistry, UnreadableFile
    from airflow_provider_veza.ownership.sweep import Settler

EXAMINED = "examined"
UNREADABLE = "unreadable"
NOT_REACHED = "not_reached"
MOST_NAMED = 20
"""Records that were not reached, named in the log."""


class VezaCancelOrphanedQueriesOperator(CheckedOperator):
    """Cancel the queries of this Airflow that nobody waits for any more, and remove the records of settled ones.

    For a maintenance DAG. It lists ``[veza] record_path`` and asks Airflow about the owner of each query. A query of a task is
    orphaned once its task instance has ended, was cleared or deleted; a query of a DAG run (``VezaSubmitQueryOperator``) once
    the run has ended or was deleted, or the query's deadline has passed. A task that runs, waits or will be retried settles its
    query itself, and is never touched; nor is anything that Airflow gives no answer about. A query that has ended is not
    cancelled.

    Returns how many records were ``examined`` and what became of them: ``cancelled``, ``already_ended``, ``not_possible``,
    ``failed``, ``kept``, ``unreadable``; and how many were ``not_reached``. Fails, to be retried, if a cancel failed.

    A ``record_path`` belongs to one Airflow: to another one, the tasks of this one look deleted. A query of a task with
    ``cancel_on_kill=False`` is left running.

    :param grace: queries submitted more recently are left alone: timedelta, seconds or ISO 8601 text (``PT1H``), which may be
        zero; default 5 minutes.
    :param max_cancels: so many cancels end a run's work, and the next run goes on; default 100.
    :param max_duration: after so long no further record is looked at, whatever tenants and storage do: the log names those
        that were not reached, and the next run begins elsewhere; timedelta, seconds or ISO 8601 text, default 10
        minutes. The query that is being cancelled then has its usual time (the connection's ``cancel_timeout``).
    """

    grace: Duration
    max_cancels: int
    max_duration: Duration
    template_fields: Sequence[str] = ("grace", "max_duration")
    ui_color = VEZA_COLOR

    def __init__(
        self,
        *,
        grace: Duration = timedelta(minutes=5),
        max_cancels: int = 100,
        max_duration: Duration = timedelta(minutes=10),
        **kwargs: Unpack[OperatorArguments],
    ) -> None:
        super().__init__(**kwargs)
        keep(self, locals())
        self.when_parsed()

    def execute(self, context: Any) -> dict[str, int]:
        """Sweep once."""
        from airflow_provider_veza.ownership.records.registry import RecordRegistry
        from airflow_provider_veza.ownership.sweep import Settlement

        with airflow_failures():
            check_when_started(self)
            base = _record_path()
            summary = self._sweep(RecordRegistry(base))
            self.log.info("%s", ", ".join(f"{name}: {count}" for name, count in summary.items()))
            if summary[Settlement.FAILED]:
                raise QueryUnreachableError(
                    f"{summary[Settlement.FAILED]} of {summary[EXAMINED]} recorded queries could not be cancelled, see the "
                    "warnings in the log; they may still run. Their records stay. The next retry tries again.",
                    about=base,
                )
            return summary

    def _sweep(self, registry: RecordRegistry) -> dict[str, int]:
        from airflow_provider_veza.ownership.records.registry import UnreachedFile
        from airflow_provider_veza.ownership.sweep import RecordedHooks, Settlement, Settler

        counts: Counter[str] = Counter()
        unreached: list[str] = []
        is_over = _over_after(duration(self.max_duration, "max_duration"))
        with RecordedHooks() as hooks:
            settler = Settler(registry, hooks.query, duration_or_zero(self.grace, "grace"), self.log)
            for entry in registry.entries(is_over, begin_at=random.random()):
                if isinstance(entry, UnreachedFile):
                    unreached.append(entry.path)
                else:
                    counts[self._settled(entry, settler, counts[Settlement.CANCELLED])] += 1
        if counts[Settlement.CANCELLED] >= self.max_cancels:
            self.log.warning("Stopped after max_cancels=%s cancels; the next run goes on.", self.max_cancels)
        self._name(unreached)
        outcomes = [*Settlement, UNREADABLE]
        of_outcomes = {str(outcome): counts[outcome] for outcome in outcomes}
        return {EXAMINED: counts.total(), **of_outcomes, NOT_REACHED: len(unreached)}

    def _name(self, unreached: list[str]) -> None:
        if not unreached:
            return
        more = f" and {len(unreached) - MOST_NAMED} more" if len(unreached) > MOST_NAMED else ""
        self.log.warning(
            "Stopped after max_duration=%s, before %s records were looked at; nothing is known of their queries, which may "
            "still run. The next run goes on: %s%s",
            self.max_duration,
            len(unreached),
            ", ".join(sorted(unreached)[:MOST_NAMED]),
            more,
        )

    def _settled(self, entry: FiledRecord | UnreadableFile, settler: Settler, cancelled: int) -> str:
        from airflow_provider_veza.ownership.asking import airflow_for_tasks, standing_of_record
        from airflow_provider_veza.ownership.records.registry import UnreadableFile
        from airflow_provider_veza.ownership.sweep import Settlement

        if isinstance(entry, UnreadableFile):
            self.log.warning(
                "%s is no record that can be read (%s). It was left as it is: look at it, then remove it.",
                entry.path,
                entry.reason,
            )
            return UNREADABLE
        if cancelled >= self.max_cancels:
            return Settlement.KEPT
        settlement = settler.settle(entry.record, standing_of_record(entry.record, airflow_for_tasks(), self.log))
        if settlement is Settlement.FAILED:
            self.log.warning(
                "If no connection leads to that tenant any more, remove its record %s by hand.", entry.path
            )
        return settlement


def _over_after(limit: timedelta) -> Callable[[], bool]:
    end = time.monotonic() + limit.total_seconds()
    return lambda: time.monotonic() >= end


def _record_path() -> str:
    from airflow_provider_veza.ownership.records.record_path import configured_record_path

    path = configured_record_path()
    if not path:
        raise ConfigurationError(
            "Live queries cannot be listed: [veza] record_path is not set. Set it, for all processes of this Airflow, to an "
            "object storage path that they can write, such as s3://aws_default@bucket/veza; queries submitted from then on are "
            "listed. No query was touched."
        )
    return path
