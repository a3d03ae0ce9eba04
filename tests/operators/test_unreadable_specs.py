"""A spec whose text cannot be read is refused as one, whatever it holds."""

from __future__ import annotations

import pytest

from airflow_provider_veza.exceptions import QuerySpecError
from airflow_provider_veza.operators.arguments import parsed_spec


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "a: " + "{b: " * 100_000,
        "- " * 2_000 + "a",
        "a: " + "9" * 5_000,
        "a: 2026-99-99",
        "a: !!timestamp x",
        "a: !!int ''",
        "!!python/object:os.system {}",
        "\x00",
        "plain",
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_spec_is_a_spec_error(text: str) -> None:
    with pytest.raises(QuerySpecError, match=r"\(the rendered text\)"):
        parsed_spec(text)


def test_json_is_read_as_json_first() -> None:
    assert parsed_spec('{"a": "1_000", "b": 1e2}') == {"a": "1_000", "b": 100.0}
    assert parsed_spec("a: [x, y]") == {"a": ["x", "y"]}
