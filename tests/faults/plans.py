"""Every random choice of the soak, made before anything runs: one seed and one number give one plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Any

from faults.mishaps import MENU, Meets, Mishap
from support.served_tenant import PAYROLL_ACCESS
from veza_emulator.tenant.executions import Family

OKTA_USERS: dict[str, Any] = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
NOBODY: dict[str, Any] = {"source_node_types": {"nodes": [{"node_type": "NoSuchType"}]}}
PAYROLL_COUNTS = {**PAYROLL_ACCESS, "result_value_type": "SOURCE_NODES_WITH_COUNTS"}
SPECS = {
    Family.NODES: (OKTA_USERS, PAYROLL_ACCESS, PAYROLL_COUNTS, NOBODY),
    Family.RESULT: (OKTA_USERS, {**OKTA_USERS, "include_nodes": True}, {**PAYROLL_ACCESS, "include_nodes": True}),
}
PATIENT, IMPATIENT = 10.0, 1.0
"""Timeouts of tasks, in seconds."""
_WEIGHTS = {Meets.KNOCK: 1, Meets.SUBMIT: 1, Meets.LOOK: 3, Meets.CANCEL: 3}


class CacheUse(Enum):
    """How a nodes query meets the cache."""

    IMMEDIATE = "immediate_run"
    COLD = "cached_result_if_available, and nothing is"
    WARM = "cached_result_if_available, and it is"
    ATTACHED = "cached_result_context"


@dataclass(frozen=True)
class PlannedQuery:
    """What a task asks.

    :param cache: None for the result family, which knows no cache.
    :param page_size: of the connection.
    """

    family: Family
    spec: dict[str, Any]
    cache: CacheUse | None
    page_size: int


@dataclass(frozen=True)
class Course:
    """How the queries of one task go.

    :param seconds: from the moment that the task announces a query until it ends; None if it never ends by itself.
    :param first_fails: whether the first query fails.
    """

    seconds: float | None
    first_fails: bool


@dataclass(frozen=True)
class Conduct:
    """How one task behaves.

    :param timeout: the operator's argument, in seconds.
    :param remembers: whether it has a place for its record.
    :param first_attempt_dies: while it is deferred, without a word.
    """

    deferrable: bool
    timeout: float
    retries: int
    remembers: bool
    first_attempt_dies: bool


@dataclass(frozen=True)
class Plan:
    """One task of the soak."""

    number: int
    query: PlannedQuery
    course: Course
    conduct: Conduct
    mishaps: tuple[Mishap, ...]


def plan_of(seed: int, number: int) -> Plan:
    """Return the plan of one task; the first mishaps of all tasks go through the whole menu in turn."""
    dice = Random(f"{seed}/{number}")
    first = MENU[number % len(MENU)]
    family = dice.choice([family for family in Family if family in first.families])
    course = _course(dice, first)
    mishaps = [first, *dice.sample(_others(first, family), dice.choice([0, 1, 1, 2, 3]))]
    aimed = [_aimed(dice, mishap, family, course) for mishap in mishaps]
    return Plan(
        number,
        _query(dice, first, family),
        course,
        _conduct(dice, course),
        tuple(sorted(aimed, key=_turn)),
    )


def _others(first: Mishap, family: Family) -> list[Mishap]:
    free = [mishap for mishap in MENU if family in mishap.families and not mishap.after and not mishap.comes_first]
    return [mishap for mishap in free if mishap is not first]


def _turn(mishap: Mishap) -> tuple[bool, bool]:
    """Return the place in the queue: a fault that waits for its answer would hold up faults of requests behind it."""
    return not mishap.comes_first, mishap.fault.kind.spoils_answer


def _course(dice: Random, first: Mishap) -> Course:
    never_ends = not first.after and dice.random() < 0.15
    seconds = None if never_ends else 1.3 * first.after + dice.choice([0.0, 0.05, 0.3])
    return Course(seconds, first_fails=dice.random() < 0.1)


def _query(dice: Random, first: Mishap, family: Family) -> PlannedQuery:
    spec = OKTA_USERS if first.needs_pages else dice.choice(SPECS[family])
    page_size = dice.choice([10, 40] if first.needs_pages else [10, 40, 100])
    uses = [CacheUse.IMMEDIATE, CacheUse.COLD] if first.needs_run else list(CacheUse)
    return PlannedQuery(family, spec, dice.choice(uses) if family is Family.NODES else None, page_size)


def _conduct(dice: Random, course: Course) -> Conduct:
    retries = dice.choice([0, 1, 2, 3])
    remembers = dice.random() < 0.8
    return Conduct(
        deferrable=dice.random() < 0.6,
        timeout=IMPATIENT if course.seconds is None else PATIENT,
        retries=retries,
        remembers=remembers,
        # Without a record or a retry nobody is left to know of the query; Airflow's own kill drills cover that.
        first_attempt_dies=remembers and retries > 0 and dice.random() < 0.2,
    )


def _aimed(dice: Random, mishap: Mishap, family: Family, course: Course) -> Mishap:
    reachable = set(Meets) if course.seconds is None and family is Family.NODES else set(Meets) - {Meets.CANCEL}
    requests = sorted(mishap.meets & reachable, key=lambda request: request.value)
    weights = [_WEIGHTS[request] for request in requests]
    times = mishap.at_most if dice.random() < 0.1 else dice.randint(1, min(mishap.at_most, 3))
    return mishap.aimed(family, *dice.choices(requests, weights), times)
