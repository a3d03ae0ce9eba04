"""Lets many tasks wait in real triggerers, side by side with peers' triggers, or resumes them in real workers; prints tables.

Airflow's processes and its database are real, the rows of the deferred tasks are written by the rig. Trust the ratios of one run.
"""

from __future__ import annotations

import argparse
import sys

from tools.bench_rig.kinds import KINDS
from tools.bench_rig.report import figures, machine, shown
from tools.bench_rig.resuming import Story, resumed
from tools.bench_rig.rig import Double, running_rig
from tools.bench_rig.stored import TASKS_PER_RUN
from tools.bench_rig.waiting import Plan, measured
from tools.real_airflow.processes import interrupt_on_signals, processes
from tools.real_airflow.run_folder import claimed_run_folder


def main() -> int:
    """Run what was asked for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--triggers", type=int, default=1_000, help="that wait (default: %(default)s)")
    parser.add_argument("--interval", type=float, default=5.0, help="seconds between two looks (default: %(default)s)")
    parser.add_argument("--minutes", type=int, default=5, help="that are measured (default: %(default)s)")
    parser.add_argument("--minute", type=float, default=60.0, help="how long one is, in seconds (default: %(default)s)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="of triggers (default: all)")
    stories = parser.add_mutually_exclusive_group()
    stories.add_argument(
        "--two-triggerers", type=_hundreds, metavar="N", help="N wait, and one of two triggerers is killed"
    )
    stories.add_argument("--same-second", type=_hundreds, metavar="N", help="N queries end in the same second")
    parser.add_argument(
        "--resumed", type=int, default=1_000, help="of those of --two-triggerers (default: %(default)s)"
    )
    parser.add_argument("--over", type=float, default=300.0, help="seconds in which these end (default: %(default)s)")
    options = parser.parse_args()
    interrupt_on_signals()
    if options.two_triggerers:
        _resume(Story(options.two_triggerers, options.resumed, options.over, is_one_killed=True))
    elif options.same_second:
        _resume(Story(options.same_second, options.same_second))
    else:
        _wait(Plan(options.triggers, options.interval, options.minutes, options.minute), options.kinds)
    return 0


def _hundreds(text: str) -> int:
    """Read a number of tasks; a run that had fewer than its DAG says would be given the others by the scheduler."""
    number = int(text)
    if number <= 0 or number % TASKS_PER_RUN:
        raise argparse.ArgumentTypeError(f"{text} is no multiple of {TASKS_PER_RUN}, the tasks of one run")
    return number


def _resume(story: Story) -> None:
    with claimed_run_folder("bench-rig") as home:
        print(f"{machine()}\n\n{figures(resumed(home, story))}")


def _wait(plan: Plan, kinds: list[str]) -> None:
    settings = {"AIRFLOW__TRIGGERER__CAPACITY": str(plan.triggers + 1)}
    with claimed_run_folder("bench-rig") as home, running_rig(home, settings) as rig, processes() as started:
        double = Double(started, home, plan.interval)
        trusting = rig.with_settings({"SSL_CERT_FILE": double.tenant.authority})
        print(f"{plan.triggers} deferred tasks, a look each {plan.interval:g} s; {machine()}\n", flush=True)
        rounds = []
        for kind in kinds:
            print(f"{kind} waits", file=sys.stderr, flush=True)
            rounds.append(measured(trusting, double, kind, plan))
        print(shown(rounds, plan))


if __name__ == "__main__":
    sys.exit(main())
