"""The table of assumptions itself."""

from __future__ import annotations

from airflow_provider_veza.doctor.assumptions import ASSUMPTIONS


def test_each_assumption_has_a_name_and_a_statement_of_its_own() -> None:
    assert len({assumption.name for assumption in ASSUMPTIONS}) == len(ASSUMPTIONS)
    assert len({assumption.statement for assumption in ASSUMPTIONS}) == len(ASSUMPTIONS)


def test_each_statement_is_a_sentence() -> None:
    assert [a.statement for a in ASSUMPTIONS if not a.statement.endswith(".")] == []
