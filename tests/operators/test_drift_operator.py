"""A task compares what was landed tonight with an earlier night, says what differs, and fails where that is too much."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_veza.exceptions import ArgumentError, BaselineError, DriftError, ScratchError
from airflow_provider_veza.operators.drift import VezaAccessDriftOperator
from airflow_provider_veza.operators.query import VezaQueryOperator
from airflow_provider_veza.results.drift import comparison
from airflow_provider_veza.results.reading import LandedResult, read_manifest
from airflow_provider_veza.results.table_options import TableOptions
from support.landed_nights import Nights, path
from support.object_store import Bucket
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS
from support.task_run import TaskRun
from veza_emulator.tenant.tenant import Tenant

FIRST = [path("ana", "payroll", ["Get"]), path("bo", "payroll", ["Get"]), path("cy", "payroll", ["Get"])]
SECOND = [path("ana", "payroll", ["Get", "Put"]), path("cy", "payroll", ["Get"]), path("eve", "payroll", ["Get"])]
CHANGES = ("added", "removed", "changed")


class Run:
    """One execution of the operator, and what it pushed to XCom."""

    def __init__(self, place: Path | str, **arguments: Any) -> None:
        self.xcom: dict[str, Any] = {}
        self.operator = VezaAccessDriftOperator(task_id="drift", output_path=f"{place}/drift", **arguments)

    def execute(self) -> dict[str, Any]:
        return self.operator.execute({"ti": SimpleNamespace(xcom_push=self._push)})

    def failure(self) -> BaseException:
        """Execute, and return what made the task fail without retries."""
        with pytest.raises(AirflowFailException) as failed:
            self.execute()
        assert failed.value.__cause__ is not None
        return failed.value.__cause__

    def _push(self, key: str, value: Any) -> None:
        json.dumps(value)
        self.xcom[key] = value


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(f"{tmp_path}/access")


def counts(summary: dict[str, Any]) -> tuple[int, ...]:
    return tuple(summary[change] for change in CHANGES)


def summary_of(result: LandedResult) -> dict[str, Any]:
    return result.manifest.summary(str(result.folder))


def test_a_task_says_how_much_differs_from_the_night_before_and_where_the_rows_are(
    tmp_path: Path, nights: Nights
) -> None:
    nights.land(FIRST)
    run = Run(tmp_path, current=summary_of(nights.land(SECOND)))

    summary = run.execute()

    assert (summary["first_run"], counts(summary), summary["unchanged"]) == (False, (1, 1, 1), 1)
    assert run.xcom == {"veza_drift": summary}
    assert [row["source"]["id"] for row in read_manifest(summary["manifests"]["added"])] == ["eve"]
    assert json.loads(Path(summary["drift"]).read_text())["added"] == 1


@pytest.fixture
def scratch_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where this process makes its local folders."""
    place = tmp_path / "temp"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def test_a_task_leaves_no_local_file_and_removes_those_of_one_that_was_killed(
    tmp_path: Path, nights: Nights, scratch_place: Path
) -> None:
    left = scratch_place / "veza-landing-0123"
    left.mkdir()
    (left / "current.digests").write_text("half")
    (left / "lock").write_text("held")
    nights.land(FIRST)
    Run(tmp_path, current=summary_of(nights.land(SECOND))).execute()

    assert list(scratch_place.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "message"),
    [("zork://lake", "no storage for zork://"), ("s3://no_such_lake@bucket", "no connection 'no_such_lake'")],
)
def test_a_place_that_airflow_cannot_reach_is_refused_by_name_before_anything_is_compared(
    nights: Nights, place: str, message: str
) -> None:
    nights.land(FIRST)
    run = Run(place, current=summary_of(nights.land(SECOND)))

    assert message in str(run.failure())
    assert run.xcom == {}


def test_a_local_disk_that_is_full_fails_the_task_with_its_name_and_size(
    tmp_path: Path, nights: Nights, scratch_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    nights.land(FIRST)
    run = Run(tmp_path, current=summary_of(nights.land(SECOND)))
    monkeypatch.setattr(comparison, "write_digests", full)

    with pytest.raises(ScratchError, match=f"local disk is full: {scratch_place}.* MiB are free"):
        run.execute()


def test_a_first_run_does_not_differ_and_says_so_and_fails_on_nothing(tmp_path: Path, nights: Nights) -> None:
    current = summary_of(nights.land(FIRST))

    summary = Run(tmp_path, current=current, fail_on=CHANGES, max_removed_fraction=0).execute()

    assert (summary["first_run"], counts(summary), summary["baseline"]) == (True, (0, 0, 0), None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": ["nobody_has_this"]},
        {"also_compare": ["source_id"]},
        {"also_compare": ["source_properties.risk_score"], "ignore_properties": ["source_properties.risk_score"]},
    ],
    ids=["key", "compared anyway", "both"],
)
def test_what_would_fail_the_second_night_fails_the_first(
    tmp_path: Path, nights: Nights, wrong: dict[str, Any]
) -> None:
    first = Run(tmp_path, current=summary_of(nights.land(FIRST)), **wrong).failure()
    second = Run(tmp_path, current=summary_of(nights.land(SECOND)), **wrong).failure()

    assert isinstance(first, ArgumentError)
    assert getattr(second, "message", "") == first.message


@pytest.mark.parametrize("as_what", ["summary", "JSON of it", "folder", "manifest"])
def test_results_are_named_by_what_a_landing_returned_or_by_path(tmp_path: Path, nights: Nights, as_what: str) -> None:
    def named(result: LandedResult) -> Any:
        return {
            "summary": summary_of(result),
            "JSON of it": f" {json.dumps(summary_of(result))}",
            "folder": str(result.folder),
            "manifest": f"{result.folder}/_manifest.json",
        }[as_what]

    oldest, _, current = nights.land(FIRST), nights.land(SECOND), nights.land(SECOND)

    assert counts(Run(tmp_path, current=named(current)).execute()) == (0, 0, 0)
    assert counts(Run(tmp_path, current=named(current), baseline=named(oldest)).execute()) == (1, 1, 1)


@pytest.mark.parametrize("reference", [None, "", "None", {}, {"count": 3}, ["a", "b"], "['a', 'b']", "{'count': 3}"])
def test_what_a_template_leaves_that_names_no_result_is_refused(tmp_path: Path, nights: Nights, reference: Any) -> None:
    run = Run(tmp_path, current="{{ as.rendered }}")
    run.operator.current = reference
    assert isinstance(run.failure(), ArgumentError)
    if reference is not None:
        run = Run(tmp_path, current=str(nights.land(FIRST).folder), baseline="{{ as.rendered }}")
        run.operator.baseline = reference
        assert isinstance(run.failure(), ArgumentError)


@pytest.mark.parametrize("reference", [None, ["a", "b"], 7])
def test_what_can_name_no_result_is_refused_while_the_dag_file_is_parsed(tmp_path: Path, reference: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^current must be the path of a landed result"):
        VezaAccessDriftOperator(task_id="drift", current=reference, output_path=str(tmp_path))


def test_somebody_new_fails_the_task_without_retries_and_with_the_rows_landed(tmp_path: Path, nights: Nights) -> None:
    nights.land(FIRST)
    run = Run(tmp_path, current=summary_of(nights.land(SECOND)), fail_on={"added"})

    failure = run.failure()

    assert isinstance(failure, DriftError)
    assert str(failure).startswith("Access drifted: 1 added. The rows are landed.")
    assert str(failure).endswith(f"({tmp_path}/drift)")
    assert counts(run.xcom["veza_drift"]) == (1, 1, 1)
    assert len(read_manifest(f"{tmp_path}/drift/added")) == 1


@pytest.mark.parametrize(("fraction", "fails"), [(0, True), (0.33, True), (0.34, False), (1, False), (None, False)])
def test_more_removed_than_allowed_fails_the_task(
    tmp_path: Path, nights: Nights, fraction: float | None, fails: bool
) -> None:
    nights.land(FIRST)
    run = Run(tmp_path, current=summary_of(nights.land(SECOND)), max_removed_fraction=fraction)

    if fails:
        assert f"1 of 3 removed, more than max_removed_fraction={fraction}" in str(run.failure())
    else:
        run.execute()


def test_a_partial_result_is_refused_unless_the_task_allows_it(tmp_path: Path, nights: Nights) -> None:
    baseline = str(nights.land(FIRST, partial=True).folder)
    current = str(nights.land(SECOND).folder)

    for one, other in ((current, baseline), (baseline, current)):
        assert isinstance(Run(tmp_path, current=one, baseline=other).failure(), BaselineError)
        assert counts(Run(tmp_path, current=one, baseline=other, partial_check="warn").execute()) == (1, 1, 1)


def test_properties_are_ignored_and_statistics_compared_as_the_task_says(tmp_path: Path, nights: Nights) -> None:
    nights.land([path("ana", "payroll", team="a")])
    risky = path("ana", "payroll", team="b")
    risky["destination"]["risk_level"] = "CRITICAL"
    current = str(nights.land([risky]).folder)

    assert counts(Run(tmp_path, current=current).execute()) == (0, 0, 1)
    ignoring = Run(tmp_path, current=current, ignore_properties=["team"])
    assert counts(ignoring.execute()) == (0, 0, 0)
    asking = Run(tmp_path, current=current, ignore_properties=["team"], also_compare=["destination_risk_level"])
    assert counts(asking.execute()) == (0, 0, 1)
    by_source = Run(tmp_path, current=current, key=["source_properties.team"])
    assert counts(by_source.execute()) == (1, 1, 0)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"fail_on": {"new"}}, "fail_on must be one of added, removed, changed"),
        ({"max_removed_fraction": 5}, "max_removed_fraction must be between 0 and 1"),
        ({"partial_check": "ignore"}, "partial_check must be one of fail, warn"),
        ({"output_format": "xml"}, "output_format must be one of jsonl, csv, parquet"),
        ({"key": "id,name"}, "key must be a list of names"),
        ({"key": "[]"}, "key must name at least one column"),
        ({"key": []}, "key must name at least one column"),
        ({"key": ["id", " "]}, "none by a blank"),
        ({"null_value": "NULL"}, "null_value goes with output_format='csv' only, not 'jsonl'"),
        ({"column_names": "underscored"}, "column_names= does not go with output_format='jsonl'"),
        (
            {"csv_escape_formulas": True, "output_format": "parquet"},
            "csv_escape_formulas goes with output_format='csv' only",
        ),
    ],
)
def test_a_mistaken_argument_is_told_when_the_dag_is_parsed(arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(ArgumentError, match=problem):
        VezaAccessDriftOperator(task_id="drift", current="/x", output_path="/y", **arguments)


def test_results_in_a_bucket_are_compared_in_the_bucket(bucket: Bucket) -> None:
    nights = Nights(f"{bucket.url}/access")
    nights.land(FIRST)
    operator = VezaAccessDriftOperator(
        task_id="drift", current=summary_of(nights.land(SECOND)), output_path=f"{bucket.url}/drift", output_format="csv"
    )

    summary = operator.execute({"ti": SimpleNamespace(xcom_push=lambda key, value: None)})

    assert counts(summary) == (1, 1, 1)
    assert [row["source_id"] for row in read_manifest(summary["manifests"]["removed"])] == ["bo"]


def test_what_two_tasks_landed_of_one_query_does_not_differ(tenant: Tenant, tmp_path: Path) -> None:
    tenant.set_behaviour(AT_ONCE)
    first, second = (
        TaskRun(
            partial(
                VezaQueryOperator,
                task_id="land",
                deferrable=False,
                query_spec=PAYROLL_ACCESS,
                output_path=f"{tmp_path}/{night}",
            )
        )
        for night in ("first", "second")
    )
    first.execute()

    summary = Run(tmp_path, current=second.execute(), fail_on=CHANGES).execute()

    assert (summary["first_run"], summary["unchanged"]) == (False, 12)


def test_names_that_no_row_has_are_said(tmp_path: Path, nights: Nights, logged: Callable[[], str]) -> None:
    nights.land(FIRST)
    current = str(nights.land(SECOND).folder)
    Run(
        tmp_path,
        current=current,
        ignore_properties=["name", "source_properties", "naem", "source_risk_level"],
        also_compare=["last_used_at"],
    ).execute()

    assert (
        "No row has last_used_at, naem, which ignore_properties or also_compare names: check the spelling." in logged()
    )


def test_results_that_are_passed_over_are_said(tmp_path: Path, nights: Nights, logged: Callable[[], str]) -> None:
    current = str(nights.land(FIRST).folder)
    for _ in range(7):
        nights.land(SECOND)
    Run(tmp_path, current=current).execute()
    said = set(logged().splitlines())
    named = {line.rpartition("/")[2] for line in said if "not taken for its baseline: by its worker's clock" in line}

    assert len(named) == 5
    assert any("Nor are 2 more." in line for line in said)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_how_results_name_their_columns_does_not_matter(tmp_path: Path, form: str) -> None:
    nights = Nights(f"{tmp_path}/access", form)
    nights.land([*FIRST, path("di", "payroll", last_used_at="2026-01-01")])
    renamed = nights.land(
        [*SECOND, path("di", "payroll", last_used_at="2026-01-02")], options=TableOptions("underscored")
    )
    assert "source_properties_last_used_at" in next(iter(renamed))

    summary = Run(tmp_path, current=str(renamed.folder), output_format=form, column_names="underscored").execute()

    assert counts(summary) == (1, 1, 1)
    [changed] = read_manifest(summary["manifests"]["changed"])
    assert (changed["changed"], changed["after_source_properties_name"]) == (["concrete_permissions"], "ana")
