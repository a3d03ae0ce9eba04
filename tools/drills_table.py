"""The table drill x Airflow version x outcome, docs/drills.md, from what `make drills` left behind."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence

from tools.real_airflow.run_folder import REPOSITORY, RUNS

TABLE = REPOSITORY / "docs" / "drills.md"
NOT_RUN = "-"
INTRODUCTION = """\
# The drills

Written by `make drills`, which boots each Airflow once, brings a task's query to the point, does what the row says to real
processes, and judges by the journal of the emulated tenant: how many queries were submitted, which were cancelled and how soon,
what runs at the end, and whether the rows delivered are exactly the query's. No query is ever cancelled after its end, and at
the end of all drills none runs.

On 3.3 the record of the live query is Airflow's task state store; on 3.2 and 2.11 it is `[veza] record_path`, except where a
row says otherwise. `-`: not run on this version (3.2 runs the drills of deferred tasks and of the triggerer), or it cannot
happen there. A task killed while **no triggerer runs** is the subject of `tests/airflow/test_orphans.py`.
"""

Row = Mapping[str, str]


def main(versions: Sequence[str]) -> None:
    """Write the table of these versions' last drills."""
    rows = {version: json.loads((RUNS / f"drills-{version}.json").read_text()) for version in versions}
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text("\n".join([INTRODUCTION, *table_lines(rows)]) + "\n")


def table_lines(rows: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Return the table of each version's rows; drills of one subject stand together."""
    outcomes = {version: {(row["subject"], row["event"]): row for row in rows[version]} for version in rows}
    drills = {drill: row for of_version in outcomes.values() for drill, row in of_version.items()}
    yield _line("who or what", "what happens", *(f"Airflow {version}" for version in outcomes), "note")
    yield _line(*["---"] * (len(outcomes) + 3))
    for drill in sorted(drills, key=lambda drill: drill[0]):
        cells = [of_version[drill]["outcome"] if drill in of_version else NOT_RUN for of_version in outcomes.values()]
        yield _line(*drill, *cells, drills[drill]["note"])


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main(sys.argv[1:])
