"""Which phases and outcomes are final, and which leave a query running."""

from __future__ import annotations

import pytest

from airflow_provider_veza.async_query.vocabulary import Phase
from airflow_provider_veza.async_query.watch import Outcome


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_but_running_is_terminal(phase: Phase) -> None:
    assert phase.is_terminal == (phase != "RUNNING")


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase.is_terminal])
def test_every_terminal_phase_is_an_outcome_after_which_nothing_runs(phase: Phase) -> None:
    assert not Outcome(phase).may_still_run


@pytest.mark.parametrize("outcome", [Outcome.DEADLINE_PASSED, Outcome.UNREACHABLE, Outcome.REFUSED])
def test_an_end_of_the_wait_alone_may_leave_the_query_running(outcome: Outcome) -> None:
    assert outcome.may_still_run
