"""Pages are written when enough are held, a part ends, or none follow; each page is in one batch, in order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.results.batches import PART_AGE, Batch, Batches
from airflow_provider_veza.results.checkpoint import Progress

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BYTES = st.integers(1, 500)


def page(size: int) -> JsonRows:
    return JsonRows([b"{" + b" " * (size - 3) + b"}"]) if size >= 3 else JsonRows([])


def batches_of(sizes: list[int], group_bytes: int, part_bytes: int) -> Iterator[Batch]:
    batches = Batches(group_bytes, part_bytes, NOW)
    for number, size in enumerate(sizes, 1):
        progress = Progress(pages=number, all_read=number == len(sizes))
        batch = batches.add(page(size), {}, progress, NOW)
        if batch is not None:
            yield batch


@given(sizes=st.lists(st.integers(0, 100), min_size=1, max_size=30), group_bytes=BYTES, part_bytes=BYTES)
def test_each_page_is_in_one_batch_in_order(sizes: list[int], group_bytes: int, part_bytes: int) -> None:
    batches = list(batches_of(sizes, group_bytes, part_bytes))
    ends = [0, *(batch.progress.pages for batch in batches)]

    assert [page for batch in batches for page in batch.pages] == [page(size) for size in sizes]
    assert [last - first for first, last in pairwise(ends)] == [len(batch.pages) for batch in batches]


@given(sizes=st.lists(st.integers(3, 100), min_size=1, max_size=30), group_bytes=BYTES, part_bytes=BYTES)
def test_a_batch_holds_what_makes_a_group_and_one_page_at_most(
    sizes: list[int], group_bytes: int, part_bytes: int
) -> None:
    for batch in batches_of(sizes, group_bytes, part_bytes):
        assert sum(page.size for page in batch.pages[:-1]) < min(group_bytes, part_bytes)


def test_a_part_ends_when_it_is_full_however_many_batches_made_it() -> None:
    batches = list(batches_of([10] * 9, group_bytes=20, part_bytes=50))

    assert [(batch.text_bytes, batch.ends_part) for batch in batches] == [
        (20, False),
        (20, False),
        (10, True),
        (20, False),
        (20, False),
    ]


def test_a_part_ends_when_it_is_old_and_the_next_begins_then() -> None:
    batches = Batches(1_000, 1_000, NOW)
    old, younger = NOW + PART_AGE, NOW + PART_AGE + timedelta(minutes=1)
    batch = batches.add(page(10), {}, Progress(), old)

    assert batch is not None
    assert batch.ends_part
    assert batches.add(page(10), {}, Progress(), younger) is None
