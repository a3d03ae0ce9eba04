"""What goes to XCom comes back from it as it was, and nothing else is refused: each set of Airflow's names, through Airflow."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import ColumnError
from airflow_provider_veza.results.inline import InlineLimits, collect

try:
    from airflow.sdk.serde import deserialize, serialize
except ImportError:
    from airflow.serialization.serde import deserialize, serialize

MARKS: dict[str, Any] = {
    "__classname__": "builtins.dict",
    "__id__": "1",
    "__version__": 1,
    "__data__": {"a": 1},
    "__type": "dict",
    "__var": {"a": 1},
}
SETS = [{name: MARKS[name] for name in names} for size in range(len(MARKS) + 1) for names in combinations(MARKS, size)]


def comes_back(rows: list[Any]) -> bool:
    try:
        return bool(deserialize(serialize(rows)) == rows)
    except (AttributeError, ImportError):
        return False


def is_accepted(row: dict[str, Any]) -> bool:
    try:
        return collect([Page((row,))], InlineLimits()) == [row]
    except ColumnError:
        return False


@pytest.mark.parametrize("fields", SETS, ids=lambda fields: " ".join(fields) or "none")
def test_a_row_goes_to_xcom_exactly_where_it_comes_back_from_there(fields: dict[str, Any]) -> None:
    for row in (fields, {"id": "1", "path": [{"node": fields}]}):
        assert is_accepted(row) is comes_back([row])
