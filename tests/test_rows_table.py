from __future__ import annotations

from tools.rows_table import WIDEST_CELL, rows_table


def node(name: str) -> dict[str, object]:
    return {"id": f"id-of-{name}", "type": "OktaUser", "properties": {"name": name}}


def test_only_columns_that_some_row_fills_are_shown() -> None:
    assert rows_table([node("Abel"), node("Bo")], at_most=2).splitlines() == [
        "name  type      id",
        "----  --------  ----------",
        "Abel  OktaUser  id-of-Abel",
        "Bo    OktaUser  id-of-Bo",
    ]


def test_a_pair_is_one_line() -> None:
    pair = {"source": node("Abel"), "concrete_permissions": ["s3:Get", "s3:Put"], "destination": node("payroll")}

    assert rows_table([pair], at_most=1).splitlines()[-1].split("  ") == [
        "Abel",
        "OktaUser",
        "s3:Get, s3:Put",
        "payroll",
    ]


def test_rows_that_are_not_shown_are_counted() -> None:
    assert rows_table([node("Abel")] * 5, at_most=3).splitlines()[-1] == "... and 2 more"


def test_a_long_value_is_cut() -> None:
    line = rows_table([{"id": "x" * 200}], at_most=1).splitlines()[-1]

    assert len(line) == WIDEST_CELL
    assert line.endswith("...")
