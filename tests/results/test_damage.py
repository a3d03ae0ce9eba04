"""Whatever happened to the files of a landed folder: rows are whole, or an error names the file and a landing heals it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.exceptions import AsyncQueryError, BaselineError, ForeignFileError, ManifestError
from airflow_provider_veza.results.drift.baseline import candidates_beside, newest_earlier
from airflow_provider_veza.results.drift.partial import PartialCheck
from airflow_provider_veza.results.formats.csv_table import CsvTable
from airflow_provider_veza.results.formats.parquet import ParquetTable
from airflow_provider_veza.results.landing_limits import LandingLimits
from airflow_provider_veza.results.manifest import Part
from airflow_provider_veza.results.reading import read_manifest
from results.damages import FOREIGN, OF_CHECKPOINT, OF_EITHER, OF_MANIFEST, Damage, edited
from results.landed import Lander, pages_of, users
from support.landed_nights import Nights, user

MANIFEST, CHECKPOINT = "_manifest.json", "_checkpoint.json"
MANIFEST_DAMAGES = OF_EITHER | OF_MANIFEST
CHECKPOINT_DAMAGES = OF_EITHER | OF_CHECKPOINT
ROWS = users(12)


@pytest.fixture
def lander(tmp_path: Path) -> Lander:
    return Lander(tmp_path)


def damaged(lander: Lander, name: str, damage: Damage) -> bytes:
    """Damage a file, and return what it holds then."""
    before = lander.folder.read(name)
    assert before is not None
    after = damage(before)
    assert after != before
    put(lander, name, after)
    return after


def put(lander: Lander, name: str, content: bytes) -> None:
    lander.folder._files.write(name, content)


@pytest.mark.parametrize("damage", MANIFEST_DAMAGES)
def test_a_damaged_manifest_is_an_error_that_names_it_and_the_next_landing_heals_it(
    lander: Lander, damage: str
) -> None:
    lander.land(pages_of(ROWS))
    damaged(lander, MANIFEST, MANIFEST_DAMAGES[damage])

    with pytest.raises(ManifestError, match=rf"([Ll]and the result again|Read it with).*landed/{MANIFEST}"):
        read_manifest(str(lander.folder))
    lander.as_query("q2").land(pages_of(ROWS))
    assert lander.rows() == ROWS
    assert MANIFEST in lander.files()


@pytest.mark.parametrize("damage", MANIFEST_DAMAGES)
def test_the_same_query_is_landed_again_over_its_damaged_manifest(lander: Lander, damage: str) -> None:
    first = lander.land(pages_of(ROWS))
    damaged(lander, MANIFEST, MANIFEST_DAMAGES[damage])
    manifest = lander.land(pages_of(ROWS))

    assert lander.rows() == ROWS
    assert not {part.name for part in first.parts} & {part.name for part in manifest.parts}


@pytest.mark.parametrize("damage", MANIFEST_DAMAGES)
def test_a_damaged_manifest_does_not_stop_the_drift_of_its_neighbours(tmp_path: Path, damage: str) -> None:
    nights = Nights(str(tmp_path))
    nights.land([user(f"u{n}") for n in range(9)], "whole")
    spoilt = nights.land([user(f"u{n}") for n in range(9)], "spoilt").folder
    spoilt._files.write(MANIFEST, MANIFEST_DAMAGES[damage](spoilt.read(MANIFEST) or b""))
    current = nights.land([user("u1")])

    baseline = newest_earlier(current.manifest, candidates_beside(current.folder), PartialCheck.FAIL).baseline
    assert baseline is not None
    assert str(baseline.folder).endswith("whole")


def test_a_folder_whose_only_neighbour_is_damaged_is_no_first_run(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path))
    spoilt = nights.land([user("u1")], "spoilt").folder
    spoilt._files.write(MANIFEST, b"{")
    current = nights.land([user("u1")])

    with pytest.raises(BaselineError, match=f"spoilt/{MANIFEST}"):
        newest_earlier(current.manifest, candidates_beside(current.folder), PartialCheck.FAIL)


@pytest.mark.parametrize("damage", CHECKPOINT_DAMAGES)
def test_a_checkpoint_that_does_not_add_up_is_started_over(lander: Lander, damage: str) -> None:
    lander.crash(pages_of(ROWS), after=5)
    damaged(lander, CHECKPOINT, CHECKPOINT_DAMAGES[damage])
    manifest = lander.land(pages_of(ROWS))

    assert lander.rows() == ROWS
    assert (manifest.rows, manifest.resumed) == (12, 0)
    assert CHECKPOINT not in lander.files()


def last_columns_swapped(schemas: list[Any]) -> list[Any]:
    return [*schemas[:-1], list(reversed(schemas[-1]))]


def last_column_renamed(schemas: list[Any]) -> list[Any]:
    return [[*columns[:-1], columns[-1] | {"name": "another"}] for columns in schemas[:-1]] + schemas[-1:]


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("change", [last_columns_swapped, last_column_renamed])
def test_a_checkpoint_whose_parts_have_other_columns_than_the_table_is_started_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, change: Callable[[list[Any]], list[Any]]
) -> None:
    for table in (CsvTable, ParquetTable):
        monkeypatch.setattr(table, "group_bytes", 1)  # Each page is written by itself.
    lander = Lander(tmp_path, format=form, limits=LandingLimits(part_bytes=1))
    rows = [{"id": str(n), "name": "x"} | ({"late": n} if n > 5 else {}) for n in range(12)]
    lander.crash(pages_of(rows), after=5)
    damaged(lander, CHECKPOINT, edited(schemas=change))
    manifest = lander.land(pages_of(rows))

    assert [row["id"] for row in lander.rows()] == [str(n) for n in range(12)]
    assert manifest.resumed == 0


@pytest.mark.parametrize("damage", CHECKPOINT_DAMAGES)
def test_a_damaged_checkpoint_beside_a_whole_result_costs_no_row_of_it(lander: Lander, damage: str) -> None:
    lander.land(pages_of(ROWS))
    lander.as_query("q2").crash(pages_of(ROWS), after=5)
    damaged(lander, CHECKPOINT, CHECKPOINT_DAMAGES[damage])
    lander.land(pages_of(ROWS))

    assert lander.rows() == ROWS


@pytest.mark.parametrize("content", FOREIGN)
@pytest.mark.parametrize("name", [MANIFEST, CHECKPOINT])
def test_a_file_of_somebody_else_that_has_one_of_our_names_refuses_the_folder_and_stays(
    lander: Lander, name: str, content: str
) -> None:
    put(lander, name, FOREIGN[content])
    landing = lander.landing()

    with pytest.raises(ForeignFileError, match=rf"this provider did not write.*Move it away.*landed/{name}") as refused:
        landing.begin()
    landing.abandon()
    assert not refused.value.heals
    assert lander.folder.read(name) == FOREIGN[content]
    assert lander.files() == {name}


def test_a_folder_that_somebody_elses_file_takes_meanwhile_is_left_to_it(lander: Lander) -> None:
    landing = lander.landing()
    landing.begin()
    put(lander, CHECKPOINT, FOREIGN["a list"])

    with pytest.raises(AsyncQueryError, match="nothing was mixed"):
        for page in pages_of(ROWS):
            landing.take(page)
    landing.abandon()
    assert lander.files() == {CHECKPOINT}


def test_two_swapped_parts_of_equal_size_are_noticed_before_a_landing_goes_on(lander: Lander) -> None:
    lander.crash(pages_of(ROWS), after=5)
    swap_first_two_parts(lander)

    assert lander.land(pages_of(ROWS)).resumed == 0
    assert lander.rows() == ROWS


def test_two_swapped_parts_of_equal_size_are_noticed_when_a_landed_result_is_landed_again(lander: Lander) -> None:
    lander.land(pages_of(ROWS))
    swap_first_two_parts(lander)
    with pytest.raises(ManifestError, match="another checksum"):
        read_manifest(str(lander.folder), verify=True)
    lander.land(pages_of(ROWS))

    assert lander.rows() == ROWS


def swap_first_two_parts(lander: Lander) -> None:
    first, second = sorted(name for name in lander.files() if name.startswith("part-"))[:2]
    contents = lander.folder.read(first), lander.folder.read(second)
    assert contents[0]
    assert contents[1]
    assert len(contents[0]) == len(contents[1])
    put(lander, first, contents[1])
    put(lander, second, contents[0])


def test_a_file_that_a_part_outside_names_is_neither_read_nor_removed(tmp_path: Path) -> None:
    outside = tmp_path / "part-00000-1f0c9a3e.jsonl"
    outside.write_text("not to be touched")
    for number, path in enumerate((f"../{outside.name}", str(outside))):
        lander = Lander(tmp_path, url=str(tmp_path / f"landed{number}"))
        lander.crash(pages_of(ROWS), after=5)
        damaged(lander, CHECKPOINT, lambda raw, path=path: raw.replace(b'"part-00000-', b'"' + path.encode() + b"-", 1))
        landing = lander.landing()
        landing.begin()
        landing.start_over()
        landing.abandon()

    assert outside.read_text() == "not to be touched"


def test_what_a_landing_before_left_is_removed_though_its_checkpoint_was_damaged(lander: Lander) -> None:
    lander.crash(pages_of(ROWS), after=5)
    damaged(lander, CHECKPOINT, OF_EITHER["cut"])
    manifest = lander.as_query("q2").land(pages_of(users(3)))

    assert MANIFEST in lander.files()
    assert {part.name for part in manifest.parts} <= lander.files()


def test_a_part_is_known_by_every_byte(lander: Lander) -> None:
    lander.crash(pages_of(ROWS), after=5)
    [name, *_] = sorted(name for name in lander.files() if name.startswith("part-"))
    content = lander.folder.read(name)
    assert content
    put(lander, name, content.replace(b"OktaUser", b"OktaUseR"))

    assert lander.land(pages_of(ROWS)).resumed == 0
    assert lander.rows() == ROWS


def test_parts_compare_by_all_that_is_known_of_them() -> None:
    part = Part("part-00000-1f0c9a3e.jsonl", 1, 2, "0" * 64)

    assert part != replace(part, sha256="1" * 64)
