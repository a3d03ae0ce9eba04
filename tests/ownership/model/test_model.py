"""No interleaving cancels a query that somebody waits for, asks twice, or leaves a query that nobody waits for."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from ownership.model.machine import OwnershipMachine
from ownership.model.world import Rules

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "500"))
SEED = os.environ.get("MODEL_SEED")


@pytest.mark.parametrize("rules", list(Rules), ids=lambda rules: rules.name.lower())
def test_whatever_happens_in_between_no_query_is_lost_cancelled_wrongly_or_asked_twice(rules: Rules) -> None:
    class Machine(OwnershipMachine):
        rules_of = rules

    checked = settings(
        max_examples=max(EXAMPLES // len(Rules), 1),
        stateful_step_count=50,
        derandomize=SEED is None,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    run_state_machine_as_test(seed(int(SEED))(Machine) if SEED else Machine, settings=checked)
