"""Whatever others write, a reader returns what it promises or raises an error of our tree; the table has every reader.

``READER_CASES`` says how many cases each reader gets; ``READER_SEED`` draws others than the usual ones.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as hypothesis_seed

from airflow_provider_veza.async_query.declared_types import mistyped_field
from airflow_provider_veza.exceptions import AsyncQueryError
from readers.found import readers_in_the_code
from readers.table import READERS, Reader

CASES = int(os.environ.get("READER_CASES", "2000"))
SEED = os.environ.get("READER_SEED")


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_it_returns_what_it_promises_or_ends_in_our_tree(reader: Reader) -> None:
    @settings(
        max_examples=max(CASES // reader.dearer, 1),
        derandomize=SEED is None,
        database=None,
        phases=[Phase.generate],  # What is drawn is mostly a seed, which has nothing to shrink.
        suppress_health_check=list(HealthCheck),
    )
    @given(reader.drawn)
    def check(written: Any) -> None:
        try:
            result = reader.read(written)
        except AsyncQueryError:
            return
        assert isinstance(result, reader.returns)
        if hasattr(result, "__dataclass_fields__"):
            assert mistyped_field(result) == ""

    (hypothesis_seed(int(SEED))(check) if SEED else check)()


def test_every_reader_in_the_code_is_in_the_table() -> None:
    covered = {name for reader in READERS.values() for name in reader.covers}

    assert readers_in_the_code() - covered == set()


def test_the_table_names_no_reader_that_is_gone() -> None:
    covered = {name for reader in READERS.values() for name in reader.covers if name.count(".") > 1}

    assert covered - readers_in_the_code(everything=True) == set()
