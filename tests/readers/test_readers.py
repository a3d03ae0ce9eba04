"""Whatever others write, a reader returns what it promises or raises an error of our tree; the table has every reader.

Hypothesis draws a seed for each few cases. ``READER_CASES`` says how many cases each reader gets; ``READER_SEED`` draws others
than the usual ones.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st

from airflow_provider_veza.async_query.declared_types import mistyped_field
from airflow_provider_veza.exceptions import AsyncQueryError
from readers.found import readers_in_the_code
from readers.table import READERS, Reader

CASES = int(os.environ.get("READER_CASES", "2000"))
SEED = os.environ.get("READER_SEED")
AT_ONCE = 20
"""Cases of one seed: hypothesis takes longer to draw a seed than a reader to read."""


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_it_returns_what_it_promises_or_ends_in_our_tree(reader: Reader) -> None:
    @settings(
        max_examples=max(CASES // reader.dearer // AT_ONCE, 1),
        derandomize=SEED is None,
        database=None,
        phases=[Phase.generate],  # A seed has nothing to shrink.
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**64))
    def check(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(AT_ONCE):
            _check(reader, reader.drawn.draw(dice))

    (hypothesis_seed(int(SEED))(check) if SEED else check)()


def _check(reader: Reader, written: Any) -> None:
    try:
        result = reader.read(written)
    except AsyncQueryError:
        return
    assert isinstance(result, reader.returns)
    if hasattr(result, "__dataclass_fields__"):
        assert mistyped_field(result) == ""


def test_every_reader_in_the_code_is_in_the_table() -> None:
    covered = {name for reader in READERS.values() for name in reader.covers}

    assert readers_in_the_code() - covered == set()


def test_the_table_names_no_reader_that_is_gone() -> None:
    covered = {name for reader in READERS.values() for name in reader.covers if name.count(".") > 1}

    assert covered - readers_in_the_code(everything=True) == set()
