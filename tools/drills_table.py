"""The table drill x Airflow x outcome, docs/drills.md, from what `make drills` and `make drills-celery` left behind."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.outcomes import kept
from tools.real_airflow.run_folder import REPOSITORY

TABLE = REPOSITORY / "docs" / "drills.md"
NOT_RUN = "-"
CLUSTER = "celery-"
INTRODUCTION = """\
# The drills

Written by `make drills` and `make drills-celery`, which boot each Airflow, bring a task's query to the point, do what the row
says to real processes, and judge by the journal of the emulated tenant: how many queries were submitted, which were cancelled
and how soon, what runs at the end, and whether the rows delivered are exactly the query's. No query is ever cancelled after
its end, and at the end of all drills none runs.

"Cluster" is a CeleryExecutor: Redis, two worker hosts with names and disks of their own, two schedulers, two triggerers, an
API server of two workers. A frozen host stands still longer than `[scheduler] task_instance_heartbeat_timeout`, 15 s here,
unless the row says otherwise; a token is valid for 40 s here.

On 3.3 the record of the live query is Airflow's task state store; on 3.2 and 2.11 it is `[veza] record_path`, except where a
row says otherwise; with the listener, both. `-`: not run there (3.2 runs the drills of deferred tasks and of the triggerer),
or it cannot happen there. A task killed while **no triggerer runs** is the subject of `tests/airflow/test_orphans.py`.
"""
SOAKS = """
## The soaks

Task instances of all kinds on the cluster: deferred, running in the worker, landing to object storage, mapped, in ES|QL,
submitted by one task and read by another, in their last attempt. Every 8 s a host is frozen, killed or shut down, a
supervisor or a task killed or evicted, a scheduler or a triggerer killed, a task or run marked, cleared or deleted. Judged by
the services' journals, the log of the chaos and the attempts' own traces. A finding is a wrong cancel, a double submit beyond
the two named exceptions, a row lost or repeated, a run that is stuck, or a query that runs on after one sweep.
"""

Row = Mapping[str, str]


def main(names: Sequence[str]) -> None:
    """Write the table of the last drills and soaks of these: versions, and `celery-` versions for the cluster."""
    rows = {name: found for name in names if (found := _left_behind(f"drills-{name}")) is not None}
    soaks = {name: found for name in names if (found := _left_behind(f"soak-{name}")) is not None}
    TABLE.parent.mkdir(exist_ok=True)
    parts = [INTRODUCTION, *table_lines(rows), *([SOAKS, *soak_lines(soaks)] if soaks else [])]
    TABLE.write_text("\n".join(parts) + "\n")


def soak_lines(soaks: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """Return the table of the soaks, a line for each, and what was found."""
    numbers = ("task_instances", "queries", "faults")
    yield _line("Airflow", "records", "seed", *(name.replace("_", " ") for name in numbers), "findings", "seconds")
    yield _line(*["---"] * (len(numbers) + 5))
    for name, found in soaks.items():
        for soak in found:
            counted = (str(soak[number]) for number in numbers)
            findings, seconds = str(len(soak["findings"])), f"{soak['seconds']:.0f}"
            yield _line(
                name.removeprefix(CLUSTER), soak["configuration"], str(soak["seed"]), *counted, findings, seconds
            )
    for name, found in soaks.items():
        for soak in found:
            for one in soak["findings"]:
                place = f"{name.removeprefix(CLUSTER)}, {soak['configuration']}, seed {soak['seed']}"
                yield f"\n{place}: {one['kind']}: `{one['key']}`: {one['detail']}."


def table_lines(rows: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Return the table of each version's rows; drills of one subject stand together."""
    outcomes = {version: {(row["subject"], row["event"]): row for row in rows[version]} for version in rows}
    drills = {drill: row for of_version in outcomes.values() for drill, row in of_version.items()}
    yield _line("who or what", "what happens", *(_heading(name) for name in outcomes), "note")
    yield _line(*["---"] * (len(outcomes) + 3))
    for drill in sorted(drills, key=lambda drill: drill[0]):
        cells = [of_version[drill]["outcome"] if drill in of_version else NOT_RUN for of_version in outcomes.values()]
        yield _line(*drill, *cells, drills[drill]["note"])


def _heading(name: str) -> str:
    version = name.removeprefix(CLUSTER)
    return f"Airflow {version}, cluster" if name.startswith(CLUSTER) else f"Airflow {version}"


def _left_behind(name: str) -> Any:
    """Return what was left behind under a name; what was not run is said, and left out."""
    rows = kept(name)
    if rows is None:
        print(f"left out, since it was not run: {name}")
    return rows


def _line(*cells: str) -> str:
    escaped = (cell.replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


if __name__ == "__main__":
    main(sys.argv[1:])
