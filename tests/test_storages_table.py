"""The table of storages has a row for each that was tested, and says what was not run."""

from __future__ import annotations

from tools.storages_table import table_lines


def test_each_storage_has_a_row_and_each_behaviour_a_column() -> None:
    outcomes = {"disk": {"records": "compared", "names": "literal"}, "S3": {"names": "a|b", "log lines": "4"}}

    assert list(table_lines(outcomes)) == [
        "| storage | records | names | log lines |",
        "| --- | --- | --- | --- |",
        "| disk | compared | literal | - |",
        r"| S3 | - | a\|b | 4 |",
    ]
