"""Which rows differ, told by DuckDB, is what counting in Python tells."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.results.drift.counts import Change, DriftCounts
from airflow_provider_veza.results.drift.index import DriftIndex, drift_index, write_digests

Digests = list[tuple[int, int]]
LARGEST = 2**128 - 1
RESULTS = st.lists(st.tuples(st.sampled_from([0, 1, LARGEST]), st.sampled_from([0, 7, LARGEST])), max_size=12)


@contextmanager
def index_of(baseline: Digests, current: Digests) -> Iterator[DriftIndex]:
    with TemporaryDirectory() as folder:
        files = {"baseline": Path(folder) / "b", "current": Path(folder) / "c"}
        write_digests(files["baseline"], baseline)
        write_digests(files["current"], current)
        with drift_index(**files, scratch=Path(folder)) as index:
            yield index


def counted(baseline: Digests, current: Digests) -> DriftCounts:
    """Count in the plainest way: a collection of contents for each identity."""
    before, after = defaultdict(Counter), defaultdict(Counter)
    for side, digests in ((before, baseline), (after, current)):
        for identity, content in digests:
            side[identity][content] += 1
    added = removed = changed = unchanged = 0
    for identity in {*before, *after}:
        gone = (before[identity] - after[identity]).total()
        come = (after[identity] - before[identity]).total()
        unchanged += (before[identity] & after[identity]).total()
        changed += min(gone, come)
        added += come - min(gone, come)
        removed += gone - min(gone, come)
    return DriftCounts(added, removed, changed, unchanged)


@settings(max_examples=25, deadline=None)
@given(RESULTS, RESULTS)
def test_rows_are_counted_as_collections_of_contents_for_each_identity(baseline: Digests, current: Digests) -> None:
    with index_of(baseline, current) as index:
        assert index.counts == counted(baseline, current)


@settings(max_examples=25, deadline=None)
@given(RESULTS, RESULTS)
def test_every_position_is_told_once_ascending_and_pairs_are_of_one_identity(
    baseline: Digests, current: Digests
) -> None:
    with index_of(baseline, current) as index:
        added, removed = list(index.added()), list(index.removed())
        before, after, ranks = list(index.changed_before()), list(index.changed_after()), list(index.ranks_of_before())

    assert added == sorted({*added})
    assert removed == sorted({*removed})
    assert before == sorted({*before} - {*removed})
    assert after == sorted({*after} - {*added})
    for rank, position in zip(ranks, after, strict=True):
        old, new = baseline[before[rank]], current[position]
        assert (old[0] == new[0], old[1] == new[1]) == (True, False)


@settings(max_examples=10, deadline=None)
@given(RESULTS.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_rows_is_no_difference(both: tuple[Digests, Digests]) -> None:
    with index_of(*both) as index:
        assert index.counts == DriftCounts(unchanged=len(both[0]))


def test_counts_name_their_changes() -> None:
    counts = DriftCounts(added=1, removed=2, changed=3, unchanged=5)

    assert [counts.of(change) for change in Change] == [1, 2, 3]
    assert (counts.baseline, counts.removed_fraction) == (10, 0.2)
    assert DriftCounts(added=4).removed_fraction == 0.0
