"""The table storage x behaviour, docs/storages.md, from what `make test-storages` left behind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from tools.real_airflow.run_folder import REPOSITORY, RUNS

LEFT_BEHIND = RUNS / "storages.json"
TABLE = REPOSITORY / "docs" / "storages.md"
NOT_RUN = "-"
INTRODUCTION = """\
# Storages

Written by `make test-storages`, which lands rows and keeps records on a real server of each kind. `-`: not run, or it failed.

A landing reads, writes and removes only files that it can prove to be its own, each by its exact name: nothing in a path is a
pattern, an escape or a query. On a disk and on SFTP the folders are made, and a file gets its name once it is whole; on the
others a put is whole. Other storages that Airflow's providers bring are written as SFTP is: folders are made, and a file is
moved to its name. Records are written so, too.

Records that the storage does not compare are read again right before they are replaced; see [ownership](ownership.md).
"""


def main() -> None:
    """Write the table of the last run."""
    outcomes = json.loads(LEFT_BEHIND.read_text(encoding="utf-8"))
    TABLE.write_text("\n".join([INTRODUCTION, *table_lines(outcomes)]) + "\n", encoding="utf-8")


def table_lines(outcomes: Mapping[str, Mapping[str, str]], head: str = "storage") -> Iterator[str]:
    """Return one line for each storage, or other thing, with a column for each behaviour."""
    behaviours = list(dict.fromkeys(behaviour for of_storage in outcomes.values() for behaviour in of_storage))
    yield _line(head, *behaviours)
    yield _line(*["---"] * (len(behaviours) + 1))
    for storage, of_storage in outcomes.items():
        yield _line(storage, *(of_storage.get(behaviour, NOT_RUN) for behaviour in behaviours))


def _line(*cells: str) -> str:
    escaped = (cell.replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


if __name__ == "__main__":
    main()
