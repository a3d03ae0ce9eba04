"""The check can fail: each spoilt rule breaks a promise, within the number of stories that are looked at in every test run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from airflow_provider_veza.async_query.ending import CancelQuery
from airflow_provider_veza.async_query.identity import RunLife
from airflow_provider_veza.async_query.standing import task_standing
from airflow_provider_veza.ownership import asking, charge, ledger, submission
from airflow_provider_veza.ownership.records.airflow_store import MirroredStore, TaskStateStore
from ownership.model.machine import OwnershipMachine
from ownership.model.stores import RecordFile
from ownership.model.world import BrokenPromiseError, Rules

Spoil = Callable[[pytest.MonkeyPatch], None]


def a_place_that_takes_any_write(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RecordFile, "_compare", lambda file, expected: None)


def a_kill_that_cancels_without_asking(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(charge, "judge_kill", lambda standing, **known: CancelQuery("it was killed"))


def a_refusal_of_airflow_that_is_only_logged(patch: pytest.MonkeyPatch) -> None:
    def unfenced(store: TaskStateStore, access: Any, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception:
            return

    patch.setattr(TaskStateStore, "_fenced", unfenced)


def a_mirror_that_is_written_first(patch: pytest.MonkeyPatch) -> None:
    def write(store: MirroredStore, record: Any, version: Any) -> Any:
        written = store.mirror.write(record, version)
        store.primary.write(record, None)
        return written

    patch.setattr(MirroredStore, "write", write)


def no_state_that_means_cleared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(asking, "standing_of", lambda record, answer: task_standing(answer, is_deferred=True))


def a_clear_of_another_task_that_counts(patch: pytest.MonkeyPatch) -> None:
    def differences(now: RunLife, recorded: RunLife) -> tuple[str, ...]:
        return () if now == recorded else ("the run was cleared",)

    patch.setattr(RunLife, "differences", differences)


def a_later_attempt_that_is_not_recognised(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "is_of_later_attempt", lambda record, **own: False)
    patch.setattr(ledger, "prevailing", lambda mine, theirs: ledger.Prevails.MINE)


class InTheMainThread:
    """Work that signals break into."""

    is_mine = True

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work

    def begin(self) -> None:
        self._work()

    def result(self, timeout: float | None = None) -> Any:
        return self._work()

    def wait_out(self, seconds: float) -> None:
        """Nothing goes on."""


def a_submit_that_signals_break_into(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(submission, "Uninterrupted", InTheMainThread)


def no_memory_of_the_intent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger.Ledger, "note_submitted", lambda ledger, **changes: None)


@pytest.mark.parametrize(
    ("spoil", "rules"),
    [
        (a_place_that_takes_any_write, Rules.FILE),
        (a_kill_that_cancels_without_asking, Rules.STATE_STORE),
        (a_kill_that_cancels_without_asking, Rules.AIRFLOW_2),
        (a_refusal_of_airflow_that_is_only_logged, Rules.MIRRORED),
        (a_mirror_that_is_written_first, Rules.MIRRORED),
        (no_state_that_means_cleared, Rules.AIRFLOW_2),
        (a_clear_of_another_task_that_counts, Rules.STATE_STORE),
        (a_later_attempt_that_is_not_recognised, Rules.FILE),
        (a_submit_that_signals_break_into, Rules.AIRFLOW_2),
        (no_memory_of_the_intent, Rules.FILE),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, Rules) else value.__name__,
)
def test_a_spoilt_rule_is_found(spoil: Spoil, rules: Rules) -> None:
    class Spoilt(OwnershipMachine):
        rules_of = rules

        def change(self, patch: pytest.MonkeyPatch) -> None:
            spoil(patch)

    looked_for = settings(
        max_examples=3000,
        stateful_step_count=50,
        derandomize=True,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    with pytest.raises(BrokenPromiseError):
        run_state_machine_as_test(Spoilt, settings=looked_for)
