"""Differences are landed as results of their own, the same ones however often and wherever the task was killed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from logging import getLogger
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.exceptions import DriftError, ForeignFileError, ManifestError
from airflow_provider_veza.results.drift.comparability import DriftWishes, agreed_rule
from airflow_provider_veza.results.drift.comparison import comparison, first_run
from airflow_provider_veza.results.drift.landed_drift import DriftPlan, LandedDrift, land_drift
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.reading import LandedResult, read_manifest
from results.damages import FOREIGN, OF_EITHER
from support.landed_nights import Nights, path, user

CHANGES = ("added", "removed", "changed")
BEFORE = [user("ana", team="a"), user("bo"), user("cy", team="c"), *(user(f"u{n}") for n in range(20))]
NOW = [*(user(f"u{n}") for n in reversed(range(20))), user("cy", team="x"), user("di"), user("ana", team="b")]


class Killed(BaseException):
    """The process ended here."""


class MortalFolder(Folder):
    """A folder whose process is killed before its nth change of a file."""

    changes_left = 10**6

    def write_json(self, name: str, data: Any) -> None:
        self._live()
        super().write_json(name, data)

    def publish(self, source: Path, name: str) -> None:
        self._live()
        super().publish(source, name)

    def remove(self, name: str) -> None:
        self._live()
        super().remove(name)

    def __truediv__(self, name: str) -> MortalFolder:
        return MortalFolder(f"{self.url}/{name}")

    @classmethod
    def _live(cls) -> None:
        if not cls.changes_left:
            raise Killed
        cls.changes_left -= 1


def noon() -> datetime:
    return datetime(2026, 2, 1, 12, tzinfo=UTC)


def drift_of(
    place: Path,
    current: LandedResult,
    baseline: LandedResult | None,
    *,
    form: str = "jsonl",
    folder: Folder | None = None,
) -> LandedDrift:
    with TemporaryDirectory() as scratch:
        plan = DriftPlan(folder or Folder(str(place / "drift")), form, None, Path(scratch), getLogger("drift"), noon)
        if baseline is None:
            return land_drift(first_run(current), plan)
        rule = agreed_rule(current, baseline, DriftWishes())
        with comparison(current, baseline, rule, Path(scratch)) as differences:
            return land_drift(differences, plan)


def landed(place: Path) -> dict[str, list[Any]]:
    """Return what readers of the three folders get."""
    results = {change: read_manifest(f"{place}/drift/{change}") for change in CHANGES}
    for result in results.values():
        result.verify()
    return {change: list(result) for change, result in results.items()}


def two_nights(place: Path, form: str = "jsonl") -> tuple[LandedResult, LandedResult]:
    nights = Nights(str(place / "access"), form)
    before = nights.land(BEFORE)
    return nights.land(NOW), before


def test_rows_that_came_went_or_changed_are_landed_and_no_others(tmp_path: Path) -> None:
    drift_of(tmp_path, *two_nights(tmp_path))

    assert landed(tmp_path) == {
        "added": [user("di")],
        "removed": [user("bo")],
        "changed": [
            {"type": "OktaUser", "id": "cy", "changed": ["properties.team"]}
            | {"before": user("cy", team="c"), "after": user("cy", team="x")},
            {"type": "OktaUser", "id": "ana", "changed": ["properties.team"]}
            | {"before": user("ana", team="a"), "after": user("ana", team="b")},
        ],
    }


def test_the_summary_counts_and_says_where_all_is(tmp_path: Path) -> None:
    current, baseline = two_nights(tmp_path)

    assert drift_of(tmp_path, current, baseline).summary() == {
        "first_run": False,
        "added": 1,
        "removed": 1,
        "changed": 2,
        "unchanged": 20,
        "removed_fraction": 1 / 23,
        "drift": f"{tmp_path}/drift/_drift.json",
        "current": f"{current.folder}/_manifest.json",
        "baseline": f"{baseline.folder}/_manifest.json",
        "manifests": {change: f"{tmp_path}/drift/{change}/_manifest.json" for change in CHANGES},
    }


def test_drift_json_also_says_which_results_and_how_they_were_compared(tmp_path: Path) -> None:
    drift_of(tmp_path, *two_nights(tmp_path))

    report = json.loads((tmp_path / "drift" / "_drift.json").read_text())

    assert report["identity"] == ["type", "id"]
    assert "risk_level" in report["ignored"]
    assert (report["baseline"]["rows"], report["current"]["rows"]) == (23, 23)
    assert report["baseline"]["query_id"] == "query-of-2026-01-01"


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("landed_as", ["jsonl", "csv", "parquet"])
def test_differences_of_any_results_can_be_landed_as_a_table(tmp_path: Path, form: str, landed_as: str) -> None:
    drift_of(tmp_path, *two_nights(tmp_path, landed_as), form=form)

    found = landed(tmp_path)

    assert [(row["id"], row["properties.name"]) for row in found["added"] + found["removed"]] == [
        ("di",) * 2,
        ("bo",) * 2,
    ]
    assert found["changed"][0] == {
        "type": "OktaUser",
        "id": "cy",
        "changed": ["properties.team"],
        "before.id": "cy",
        "before.type": "OktaUser",
        "before.properties.name": "cy",
        "before.properties.team": "c",
        "before.risk_level": "NONE",
        "after.id": "cy",
        "after.type": "OktaUser",
        "after.properties.name": "cy",
        "after.properties.team": "x",
        "after.risk_level": "NONE",
    }


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_other_permissions_on_the_same_resource_are_a_change(tmp_path: Path, form: str) -> None:
    nights = Nights(str(tmp_path / "access"), form)
    before = nights.land([path("ana", "payroll", ["Get", "Put"]), path("bo", "payroll", ["Get"])])
    now = nights.land([path("ana", "payroll", ["Put", "Get"]), path("bo", "payroll", ["Get", "Put"])])

    drift_of(tmp_path, now, before)

    found = landed(tmp_path)
    assert [(row["source_id"], row["destination_id"], row["changed"]) for row in found["changed"]] == [
        ("bo", "payroll", ["concrete_permissions"])
    ]
    assert found["added"] == found["removed"] == []


def test_types_of_a_table_are_kept_where_differences_are_landed_as_a_table(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path / "access"), "parquet")
    before = nights.land([user("u1", code="007", at="2026-01-01T00:00:00Z", deep={"a": {"b": 1}})])
    now = nights.land([user("u2", code="007", at="2026-01-01T00:00:00Z", deep={"a": {"b": 1}})])

    drift_of(tmp_path, now, before, form="parquet")

    for change in ("added", "removed"):
        assert read_manifest(f"{tmp_path}/drift/{change}").manifest.columns == now.manifest.columns


@pytest.mark.parametrize("forms", [("csv", "parquet"), ("parquet", "csv")])
def test_a_csv_table_and_a_parquet_table_of_the_same_rows_do_not_differ(tmp_path: Path, forms: tuple[str, str]) -> None:
    rows = [
        user("u1", age=1, at="2026-01-01T00:00:00Z", tags=["x"], badge=6.0, when="2026-01-01T00:00:00.000Z"),
        user("u2", age=0.5, active=False, badge="X7", when="never"),
    ]
    before, now = (Nights(str(tmp_path / form), form).land(rows) for form in forms)

    assert drift_of(tmp_path, now, before).differences.counts.unchanged == 2


def test_a_column_that_became_text_since_changes_no_row(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path / "access"), "parquet")
    before = nights.land([user("u1", badge=7, at="2026-01-01T00:00:00Z")])
    now = nights.land([user("u1", badge=7, at="2026-01-01T00:00:00Z"), user("u2", badge="X7", at="")])

    summary = drift_of(tmp_path, now, before).summary()

    assert {change: summary[change] for change in CHANGES} == {"added": 1, "removed": 0, "changed": 0}


DEEP: dict[str, Any] = {
    "an object": {"a": {"m": 1, "n": None}},
    "nulls": {"a": {"m": None}},
    "a list": {"a": [1, "x"]},
    "a number": {"a": 6.0},
    "nothing": {},
}


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("value", DEEP)
@pytest.mark.parametrize("other", DEEP)
def test_a_column_that_another_row_made_text_changes_no_row_whatever_it_holds(
    tmp_path: Path, form: str, value: str, other: str
) -> None:
    nights = Nights(str(tmp_path / "access"), form)
    rows = [user("u1", deep=DEEP[value]), user("u2", deep={"a": "text"}), user("u3", deep=DEEP[other])]
    before, now = nights.land(rows[:1]), nights.land(rows)

    counts = drift_of(tmp_path, now, before).differences.counts

    assert (counts.added, counts.removed, counts.changed) == (2, 0, 0)


def test_an_object_is_the_same_in_whatever_order_its_fields_came_also_as_text(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path / "access"), "csv")
    before = nights.land([user("u1", deep={"a": {"m": 1, "n": 2}})])
    now = nights.land([user("u1", deep={"a": {"n": 2, "m": 1}}), user("u2", deep={"a": "{no JSON"})])

    assert drift_of(tmp_path, now, before).differences.counts.changed == 0


def test_rows_that_a_result_has_twice_are_compared_as_a_collection(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path / "access"))
    before = nights.land([user("u1", via="a"), user("u1", via="b"), user("u1", via="b")])
    now = nights.land([user("u1", via="b"), user("u1", via="c"), user("u1", via="a")])

    drift_of(tmp_path, now, before)

    found = landed(tmp_path)
    assert [(row["before"], row["after"]) for row in found["changed"]] == [(user("u1", via="b"), user("u1", via="c"))]
    assert found["added"] == found["removed"] == []


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_integers_of_any_size_are_compared_and_landed(tmp_path: Path, form: str) -> None:
    nights = Nights(str(tmp_path / "access"), form)
    before = nights.land([user("u1", badge=2**100), user("u2", badge=2**63 - 1)])
    now = nights.land([user("u1", badge=2**100 + 1), user("u2", badge=2**63 - 2)])

    drift_of(tmp_path, now, before)

    assert [row["changed"] for row in landed(tmp_path)["changed"]] == [["properties.badge"]] * 2


def test_a_first_run_lands_that_nothing_differs(tmp_path: Path) -> None:
    current, _ = two_nights(tmp_path)

    summary = drift_of(tmp_path, current, None).summary()

    assert (summary["first_run"], summary["baseline"]) == (True, None)
    assert landed(tmp_path) == {"added": [], "removed": [], "changed": []}


def test_parts_without_a_difference_are_read_once_only(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path / "access"))
    before = nights.land(BEFORE)
    now = nights.land(BEFORE[:-1])
    opened: list[str] = []

    class Watched(Folder):
        def open(self, name: str) -> Any:
            opened.append(name)
            return super().open(name)

    drift_of(tmp_path, now, LandedResult(Watched(str(before.folder)), before.manifest, before.layout))

    parts = [part.name for part in before.manifest.parts]
    first_look, differing = parts[0], parts[-1]
    assert opened == [first_look, *parts, differing]


def test_a_row_that_does_not_say_what_it_is_about_ends_the_comparison(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path / "access"))
    before, now = nights.land([user("u1")]), nights.land([user("u1"), {"id": "u2", "type": None}])

    with pytest.raises(DriftError, match="Row 2 has no value in one of type, id"):
        drift_of(tmp_path, now, before)


def test_a_baseline_that_lacks_a_part_is_an_error_and_not_a_wave_of_new_access(tmp_path: Path) -> None:
    current, baseline = two_nights(tmp_path)
    Path(str(baseline.folder), baseline.manifest.parts[0].name).unlink()

    with pytest.raises(ManifestError, match="is missing"):
        drift_of(tmp_path, current, baseline)
    assert not (tmp_path / "drift" / "_drift.json").exists()


def test_the_same_comparison_again_changes_nothing(tmp_path: Path) -> None:
    current, baseline = two_nights(tmp_path)
    drift_of(tmp_path, current, baseline)
    files = files_below(tmp_path / "drift")

    drift_of(tmp_path, current, baseline)

    assert files_below(tmp_path / "drift") == files


def test_another_comparison_into_the_same_folder_replaces_all_of_the_first(tmp_path: Path) -> None:
    current, baseline = two_nights(tmp_path)
    drift_of(tmp_path, baseline, current)

    drift_of(tmp_path, current, baseline)

    assert [row["id"] for row in landed(tmp_path)["added"]] == ["di"]
    assert len(list((tmp_path / "drift" / "added").glob("part-*"))) == 1


def test_wherever_a_task_is_killed_the_next_lands_the_same_and_drift_json_never_tells_of_other_rows(
    tmp_path: Path,
) -> None:
    current, baseline = two_nights(tmp_path)
    drift_of(tmp_path, baseline, current)
    old = (tmp_path / "drift" / "_drift.json").read_text()
    for changes in range(1_000):
        MortalFolder.changes_left = changes
        try:
            drift_of(tmp_path, current, baseline, folder=MortalFolder(str(tmp_path / "drift")))
        except Killed:
            report = tmp_path / "drift" / "_drift.json"
            assert not report.exists() or (changes == 0 and report.read_text() == old)
        else:
            break
    assert changes > 3

    assert {change: len(rows) for change, rows in landed(tmp_path).items()} == {"added": 1, "removed": 1, "changed": 2}


def test_a_report_of_an_earlier_version_goes_and_one_of_somebody_else_stays(tmp_path: Path) -> None:
    current, baseline = two_nights(tmp_path)
    old = tmp_path / "drift" / "drift.json"
    for content, stays in (('{"v": 1, "first_run": false}', False), ('{"v": 1, "speed": 3}', True), ("notes", True)):
        old.parent.mkdir(exist_ok=True)
        old.write_text(content)
        drift_of(tmp_path, current, baseline)
        assert old.exists() is stays
        assert not stays or old.read_text() == content


@pytest.mark.parametrize("content", FOREIGN)
def test_a_report_of_somebody_else_by_the_name_of_today_refuses_the_folder_and_stays(
    tmp_path: Path, content: str
) -> None:
    current, baseline = two_nights(tmp_path)
    report = tmp_path / "drift" / "_drift.json"
    report.parent.mkdir()
    report.write_bytes(FOREIGN[content])

    with pytest.raises(ForeignFileError, match="drift/_drift.json"):
        drift_of(tmp_path, current, baseline)
    assert report.read_bytes() == FOREIGN[content]
    assert [file.name for file in report.parent.iterdir()] == ["_drift.json"]


@pytest.mark.parametrize("damage", ["cut", "emptied", "zeroed"])
def test_a_damaged_report_is_replaced(tmp_path: Path, damage: str) -> None:
    current, baseline = two_nights(tmp_path)
    report = tmp_path / "drift" / "_drift.json"
    drift_of(tmp_path, current, baseline)
    whole = report.read_bytes()
    report.write_bytes(OF_EITHER[damage](whole))

    drift_of(tmp_path, current, baseline)

    assert report.read_bytes() == whole


def test_what_a_process_left_that_was_killed_while_it_wrote_the_report_is_removed(tmp_path: Path) -> None:
    current, baseline = two_nights(tmp_path)
    (tmp_path / "drift").mkdir()
    mine = tmp_path / "drift" / f".drift.txt.{'0' * 32}"
    for left in (*(tmp_path / "drift" / f".{name}.{'0' * 32}" for name in ("_drift.json", "drift.json")), mine):
        left.write_text("{")

    drift_of(tmp_path, current, baseline)

    assert {file.name for file in (tmp_path / "drift").iterdir()} == {*CHANGES, "_drift.json", mine.name}


THINGS = st.lists(st.builds(user, st.sampled_from(["a", "b", "c", "d"]), team=st.sampled_from(["x", "y"])), max_size=6)


@settings(max_examples=15, deadline=None)
@given(THINGS, THINGS)
def test_the_baseline_with_its_drift_is_the_current_result(before: Sequence[Any], now: Sequence[Any]) -> None:
    with TemporaryDirectory() as folder:
        nights = Nights(f"{folder}/access")
        baseline = nights.land(before)
        drift_of(Path(folder), nights.land(now), baseline)
        found = landed(Path(folder))

    rows = list(before)
    for row in found["removed"] + [change["before"] for change in found["changed"]]:
        rows.remove(row)
    rows += found["added"] + [change["after"] for change in found["changed"]]
    assert sorted(rows, key=str) == sorted(now, key=str)


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
