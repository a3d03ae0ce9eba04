"""The tables of engines have a row for each behaviour, and are read back as they were written."""

from __future__ import annotations

from tools.engines_table import Outcomes, documented, page


def test_what_the_page_says_of_an_engine_is_read_back() -> None:
    outcomes: Outcomes = {
        "csv": {"DuckDB 2": {"null": "yes", "late columns": "`a|b`"}, "Spark 4": {"null": "3 of 4 rows"}},
        "parquet": {"DuckDB 2": {"null": "yes"}},
    }
    text = page(outcomes)

    assert "| null | yes | 3 of 4 rows |" in text.splitlines()
    assert documented(text, "csv", "DuckDB 2") == {"null": "yes", "late columns": r"`a\|b`"}
    assert documented(text, "csv", "Spark 4") == {"null": "3 of 4 rows"}
    assert documented(text, "parquet", "DuckDB 2") == {"null": "yes"}
    assert documented(text, "parquet", "Spark 4") == documented(text, "jsonl", "DuckDB 2") == {}
