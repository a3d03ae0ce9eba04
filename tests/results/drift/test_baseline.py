"""A result is compared with the newest earlier answer to the same query, or with none."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from airflow_provider_veza.exceptions import BaselineError
from airflow_provider_veza.results.drift.baseline import (
    DRIFT_SERVICE,
    candidates_beside,
    newest_earlier,
    require_comparable,
)
from airflow_provider_veza.results.drift.partial import PartialCheck
from airflow_provider_veza.results.reading import LandedResult, find_landed
from support.landed_nights import FIRST_NIGHT, Nights, user

ROWS = [user("u1")]
RUNS = [FIRST_NIGHT + timedelta(days=n) for n in range(3)]


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(str(tmp_path))


def found(current: LandedResult, partial: PartialCheck = PartialCheck.FAIL) -> str | None:
    baseline = newest_earlier(current.manifest, candidates_beside(current.folder), partial).baseline
    return None if baseline is None else str(baseline.folder).rpartition("/")[2]


def test_the_baseline_is_the_newest_that_was_finished_earlier(nights: Nights) -> None:
    nights.land(ROWS, "z-the-first-night")
    nights.land(ROWS, "a-the-second-night")
    current = nights.land(ROWS, "tonight")
    nights.land(ROWS, "a-later-night")

    assert found(current) == "a-the-second-night"


def test_the_run_decides_what_is_earlier_though_a_clock_went_back(nights: Nights) -> None:
    nights.land(ROWS, "one", run_at=RUNS[0], clock=timedelta(days=3))
    nights.land(ROWS, "two", run_at=RUNS[1], clock=timedelta(hours=3))
    current = nights.land(ROWS, "three", run_at=RUNS[2], clock=-timedelta(days=7))

    assert found(current) == "two"


def test_a_run_that_is_made_up_for_is_compared_with_the_run_before_it(nights: Nights) -> None:
    nights.land(ROWS, "one", run_at=RUNS[0])
    nights.land(ROWS, "three", run_at=RUNS[2])

    assert found(nights.land(ROWS, "two", run_at=RUNS[1])) == "one"


def test_two_results_of_one_run_are_in_the_order_of_their_ends(nights: Nights) -> None:
    nights.land(ROWS, "one", run_at=RUNS[0])

    assert found(nights.land(ROWS, "other", run_at=RUNS[0])) == "one"


def test_results_that_know_no_run_are_in_the_order_of_their_ends(nights: Nights) -> None:
    nights.land(ROWS, "of-an-earlier-version")

    assert found(nights.land(ROWS, "tonight", run_at=FIRST_NIGHT - timedelta(days=30))) == "of-an-earlier-version"


def test_a_first_run_beside_later_results_of_its_query_says_so(nights: Nights) -> None:
    nights.land(ROWS, "two", run_at=RUNS[1])
    nights.land(ROWS, "unknown", clock=timedelta(days=9))
    nights.land(ROWS, "other", fingerprint="of-another-spec", run_at=RUNS[2])
    current = nights.land(ROWS, "one", run_at=RUNS[0])

    choice = newest_earlier(current.manifest, candidates_beside(current.folder), PartialCheck.FAIL)

    assert choice.baseline is None
    assert {str(one.folder).rpartition("/")[2]: one.why.partition(" at ")[0] for one in choice.passed_over} == {
        "two": "its run was due",
        "unknown": "by its worker's clock it was finished",
    }


def test_what_is_newer_than_the_baseline_and_passed_over_is_said(nights: Nights, tmp_path: Path) -> None:
    nights.land(ROWS, "older")
    nights.land(ROWS, "whole")
    nights.land(ROWS, "part", partial=True)
    nights.land(ROWS, "other", fingerprint="of-another-spec")
    current = nights.land(ROWS)

    choice = newest_earlier(current.manifest, candidates_beside(current.folder), PartialCheck.FAIL)

    assert [(str(one.folder).rpartition("/")[2], one.why[:28]) for one in choice.passed_over] == [
        ("other", "it differs in: the query (it"),
        ("part", "it differs in: being partial"),
    ]


def test_a_first_run_has_no_baseline(nights: Nights) -> None:
    assert found(nights.land(ROWS)) is None


def test_folders_without_a_manifest_and_files_count_for_nothing(nights: Nights, tmp_path: Path) -> None:
    (tmp_path / "half-landed").mkdir()
    (tmp_path / "notes.txt").write_text("no result")

    assert found(nights.land(ROWS)) is None


def test_a_result_that_was_landed_later_makes_no_first_run_a_second(nights: Nights) -> None:
    current = nights.land(ROWS)
    nights.land(ROWS)

    assert found(current) is None


def test_differences_that_were_landed_beside_are_no_results(nights: Nights) -> None:
    nights.land(ROWS, service=DRIFT_SERVICE, fingerprint="of-the-differences")

    assert found(nights.land(ROWS)) is None


def test_another_query_between_two_nights_is_passed_over(nights: Nights) -> None:
    nights.land(ROWS, "first")
    nights.land(ROWS, "other", fingerprint="of-another-spec")

    assert found(nights.land(ROWS, "tonight")) == "first"


@pytest.mark.parametrize(
    ("of_handle", "named"),
    [
        ({"fingerprint": "of-another-spec"}, "the query"),
        ({"tenant": "https://other.vezacloud.com"}, r"the tenant \(https://other.vezacloud.com, now https://acme"),
        ({"conn_id": "veza_audit"}, r"the connection \(veza_audit, now veza_default\)"),
    ],
)
def test_where_no_earlier_result_matches_the_error_says_what_differs(
    nights: Nights, of_handle: dict[str, str], named: str
) -> None:
    nights.land(ROWS, "first", **of_handle)

    with pytest.raises(BaselineError, match=rf"None of the 1 earlier results .*newest differs in: {named}.*first"):
        found(nights.land(ROWS))


def test_a_partial_result_is_passed_over_unless_it_may_be_compared(nights: Nights) -> None:
    nights.land(ROWS, "whole")
    nights.land(ROWS, "part", partial=True)
    current = nights.land(ROWS)

    assert found(current) == "whole"
    assert found(current, PartialCheck.WARN) == "part"


def test_a_manifest_that_cannot_be_read_is_passed_over(nights: Nights, tmp_path: Path) -> None:
    nights.land(ROWS, "whole")
    nights.land(ROWS, "damaged")
    (tmp_path / "damaged" / "_manifest.json").write_text("{")

    assert found(nights.land(ROWS)) == "whole"


def test_a_manifest_that_cannot_be_read_makes_no_first_run(nights: Nights, tmp_path: Path) -> None:
    nights.land(ROWS, "edited")
    manifest = tmp_path / "edited" / "_manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"rows": 99}))

    with pytest.raises(BaselineError, match="The manifest says 99 rows.*edited/_manifest.json"):
        found(nights.land(ROWS))


def test_a_named_baseline_of_another_query_or_tenant_is_refused(nights: Nights) -> None:
    current = nights.land(ROWS)

    for of_handle in ({"fingerprint": "of-another-spec"}, {"tenant": "https://other.vezacloud.com"}):
        with pytest.raises(BaselineError, match="is of another query"):
            require_comparable(current, nights.land(ROWS, **of_handle))


def test_a_named_baseline_may_be_of_another_connection(nights: Nights) -> None:
    require_comparable(nights.land(ROWS), nights.land(ROWS, conn_id="veza_audit"))


def test_a_result_is_not_compared_with_itself(nights: Nights) -> None:
    current = nights.land(ROWS)

    for same in (current, find_landed(f"file://{current.folder}"), find_landed(f"{current.folder}/_manifest.json")):
        with pytest.raises(BaselineError, match="are the same"):
            require_comparable(current, same)
