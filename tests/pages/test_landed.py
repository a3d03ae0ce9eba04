"""A look at what a task has landed: a few rows of one part, on every storage and in every format, bounded, and never an error."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.exceptions import LandingError
from airflow_provider_veza.pages import landed
from airflow_provider_veza.pages.access_paths import access_paths
from airflow_provider_veza.pages.bounded_look import BoundedLooks, NoLook
from airflow_provider_veza.pages.landed import LandedLook, landed_look
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.reading import LandedResult, read_manifest
from airflow_provider_veza.results.table_options import TableOptions
from support.landed_nights import Nights, path
from support.object_store import Bucket, bucket, s3_endpoint

__all__ = ["bucket", "s3_endpoint"]

ROWS = [path(f"u{n}", "payroll", ["s3:Get"]) for n in range(20)]
FORMATS = [("jsonl", None), ("jsonl", "gzip"), ("jsonl", "zstd"), ("csv", None), ("csv", "gzip"), ("parquet", None)]


def summary_of(result: LandedResult) -> dict[str, Any]:
    """Return what the task that landed it has returned."""
    return result.manifest.summary(str(result.folder))


PATIENCE = 300.0
"""Seconds; a loaded machine imports what reads a storage for longer than a page waits."""


def look(result: LandedResult, rows: int = 3) -> LandedLook:
    seen = landed_look(summary_of(result), rows, PATIENCE)
    assert seen is not None
    return seen


@pytest.mark.parametrize(("form", "compression"), FORMATS)
def test_the_first_rows_of_each_format_are_shown_from_one_part_alone(
    tmp_path: Path, form: str, compression: str | None
) -> None:
    result = Nights(str(tmp_path), form, compression).land(ROWS)
    others = parts_of(result)[1:]
    assert others
    for other in others:
        other.unlink()

    seen = look(result)
    assert (len(seen.rows), seen.why_not) == (3, "")
    assert [found.who for found in access_paths(seen.rows)] == ["u0", "u1", "u2"]
    assert seen.manifest == result.manifest


def parts_of(result: LandedResult) -> list[Path]:
    return [Path(str(result.folder)) / part.name for part in result.manifest.parts]


def test_columns_that_a_task_has_named_otherwise_are_drawn_all_the_same(tmp_path: Path) -> None:
    result = Nights(str(tmp_path), "csv").land(ROWS, options=TableOptions(column_names="underscored"))
    assert [found.who for found in access_paths(look(result).rows)] == ["u0", "u1", "u2"]


def test_a_landing_in_a_bucket_is_read_by_its_connection(bucket: Bucket) -> None:
    result = Nights(bucket.url, "jsonl").land(ROWS, "night")
    assert [row["source"]["id"] for row in look(result, 2).rows] == ["u0", "u1"]


@pytest.mark.parametrize(
    "returned", [None, [], [{"manifest": "x"}], {"rows": 1}, {"manifest": None}, {"manifest": 7}, "x"]
)
def test_what_is_no_summary_of_a_landing_is_not_looked_for(returned: object) -> None:
    assert landed_look(returned, 10) is None


def test_where_no_row_may_be_shown_the_storage_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = Nights(str(tmp_path)).land(ROWS)
    monkeypatch.setattr(landed, "_look", lambda *_: pytest.fail("it was asked"))

    seen = look(result, 0)
    assert (seen.rows, seen.manifest) == ((), None)
    assert "preview_rows" in seen.why_not


def test_a_landing_without_rows_has_none_to_show(tmp_path: Path) -> None:
    seen = look(Nights(str(tmp_path)).land([]))
    assert (list(seen.rows), seen.why_not) == ([], "")


def test_a_folder_that_another_query_was_landed_into_meanwhile_shows_none_of_its_rows(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path))
    before = summary_of(nights.land(ROWS, "latest"))
    nights.land(ROWS, "latest")

    seen = landed_look(before, 10, PATIENCE)
    assert seen is not None
    assert (seen.rows, seen.manifest) == ((), None)
    assert "another query" in seen.why_not


@pytest.mark.parametrize(
    "manifest", ["nowhere://lake/access", "file:///no/such/folder/_manifest.json", "\0", "{{ x }}"]
)
def test_what_cannot_be_read_is_said_by_kind_alone_since_storages_say_much(manifest: str) -> None:
    seen = landed_look({"manifest": manifest, "query_id": "q"}, 10, PATIENCE)
    assert seen is not None
    assert seen.why_not.startswith("They could not be read here (")
    assert "folder" not in seen.why_not


def test_a_part_that_was_cut_is_no_row_and_no_error(tmp_path: Path) -> None:
    result = Nights(str(tmp_path)).land(ROWS)
    parts_of(result)[0].write_bytes(b"{}")

    assert "(ManifestError)" in look(result).why_not


def test_a_storage_that_does_not_answer_holds_the_page_for_its_patience_and_few_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, answers = Nights(str(tmp_path)).land(ROWS), threading.Event()
    monkeypatch.setattr(landed, "_seen", lambda *_: answers.wait(300) and LandedLook())
    monkeypatch.setattr(landed, "LOOKS", BoundedLooks(2))

    said = [landed_look(summary_of(result), 3, patience=0.01) for _ in range(3)]
    answers.set()
    assert [seen.why_not for seen in said if seen] == [NoLook.LATE, NoLook.LATE, NoLook.BUSY]


def test_a_look_that_has_ended_makes_room_for_the_next_one() -> None:
    looks = BoundedLooks(1)

    assert [looks.within(PATIENCE, lambda: "seen") for _ in range(3)] == ["seen"] * 3
    with pytest.raises(ZeroDivisionError):
        looks.within(PATIENCE, lambda: 1 / 0)
    assert looks.within(PATIENCE, lambda: "seen") == "seen"


@pytest.mark.parametrize(("form", "compression"), FORMATS)
def test_no_more_bytes_of_a_part_are_read_than_a_look_may(tmp_path: Path, form: str, compression: str | None) -> None:
    result = Nights(str(tmp_path), form, compression, part_bytes=1_000_000).land(ROWS)

    assert len(result.first_rows(20, most_bytes=1_000_000, go_on=lambda: None)) == 20
    with pytest.raises(LandingError, match="goes beyond 40 bytes"):
        result.first_rows(20, most_bytes=40, go_on=lambda: None)


def test_a_look_ends_between_two_reads_when_its_time_is_over(tmp_path: Path) -> None:
    result = Nights(str(tmp_path)).land(ROWS)

    def over() -> None:
        raise TimeoutError

    with pytest.raises(LandingError, match="TimeoutError"):
        result.first_rows(1, most_bytes=1_000_000, go_on=over)


def test_a_look_is_no_lineage_and_leaves_the_result_as_it_was(tmp_path: Path) -> None:
    result = Nights(str(tmp_path)).land(ROWS)
    look(result)

    assert Folder(str(result.folder)).names() == sorted(
        ["_manifest.json", *(part.name for part in result.manifest.parts)]
    )
    read_manifest(str(result.folder), verify=True)
