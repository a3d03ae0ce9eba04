"""Whatever harm a cluster does, whoever calls it ends in time, by a named error, with no secret told and no query lost."""

from __future__ import annotations

import pytest

from esql_double.harm import Harm
from hostile.callers import ending_in_time
from hostile.cluster_callers import CALLERS
from hostile.cluster_site import HostileCluster

LOOK, CANCEL = "GET", "DELETE"
WAITERS = ("operator", "operator, deferred", "trigger", "sensor", "sensor, deferred")
DEADLINE = dict(
    zip(
        WAITERS,
        ("QueryDeadlineError", "QueryDeadlineError", "DEADLINE_PASSED", "QueryDeadlineError", "QueryDeadlineError"),
        strict=True,
    )
)
UNREACHABLE = dict.fromkeys(WAITERS, "QueryUnreachableError")

ENDS_BY_LOOKS: dict[Harm, dict[str, str]] = {
    Harm.DRIP: {**DEADLINE, "sweeper": "QueryUnreachableError: NoAnswerError"},
    Harm.ENDLESS_BODY: {**DEADLINE, "sweeper": "QueryUnreachableError: AnswerTooLargeError"},
    Harm.ECHO: {**UNREACHABLE, "trigger": "ForbiddenError", "sweeper": "QueryUnreachableError: ForbiddenError"},
    Harm.REDIRECT: {
        **UNREACHABLE,
        "trigger": "RedirectRefusedError",
        "sweeper": "QueryUnreachableError: RedirectRefusedError",
    },
}
"""What each caller comes to where looks alone are met, and the query runs."""

ENDS_BY_CANCELS = {
    Harm.DRIP: "NoAnswerError",
    Harm.ENDLESS_BODY: "AnswerTooLargeError",
    Harm.ECHO: "ForbiddenError",
    Harm.REDIRECT: "RedirectRefusedError",
}
"""Why a cancel that is met has failed, as the log says."""


def assert_harmless(cluster: HostileCluster) -> None:
    """Fail if a secret was told, or a query runs that nobody will find once the harm is over."""
    said = cluster.all_said()
    assert [secret for secret in cluster.secrets() if secret in said] == []
    cluster.be_harmless()
    cluster.sweep()
    assert cluster.double.running == []


@pytest.mark.parametrize(
    ("harm", "caller", "named"),
    [(harm, caller, named) for harm, ends in ENDS_BY_LOOKS.items() for caller, named in ends.items()],
)
def test_harm_to_looks(cluster: HostileCluster, harm: Harm, caller: str, named: str) -> None:
    end = ending_in_time(CALLERS[caller], cluster, lambda: cluster.harm(harm, LOOK))

    assert end == named
    assert_harmless(cluster)


@pytest.mark.parametrize("caller", ["operator, deferred", "sweeper"])
@pytest.mark.parametrize("harm", ENDS_BY_CANCELS)
def test_harm_to_cancels(cluster: HostileCluster, harm: Harm, caller: str) -> None:
    end = ending_in_time(CALLERS[caller], cluster, lambda: cluster.harm(harm, CANCEL))

    why = ENDS_BY_CANCELS[harm]
    assert end == ("QueryDeadlineError" if caller == "operator, deferred" else f"QueryUnreachableError: {why}")
    assert f"could not be cancelled and may still run ({why}" in cluster.all_said()
    assert_harmless(cluster)
