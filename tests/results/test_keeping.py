"""Old landings go; the newest of each query stay, and so does drift's baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from shutil import copy

import pytest

from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.results import keeping
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.keeping import older_than_last, remove_older_landings
from airflow_provider_veza.results.reading import LandedResult, read_manifest
from support.landed_nights import FIRST_NIGHT, Nights, baseline_of, user

ROWS = [user(f"u{n}") for n in range(7)]


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(str(tmp_path))


def kept(place: Path) -> set[str]:
    return {folder.name for folder in place.iterdir() if (folder / "_manifest.json").exists()}


def test_the_newest_stay_and_older_ones_are_gone_with_all_their_parts(nights: Nights, tmp_path: Path) -> None:
    for name in "abcd":
        nights.land(ROWS, name)
    gone = remove_older_landings(str(tmp_path), keep_last=2)

    assert sorted(gone) == [f"{tmp_path}/a", f"{tmp_path}/b"]
    assert kept(tmp_path) == {"c", "d"}
    assert list((tmp_path / "a").iterdir()) == []
    assert len(list(read_manifest(str(tmp_path / "c")))) == len(ROWS)


def test_each_query_keeps_its_own(nights: Nights, tmp_path: Path) -> None:
    nights.land(ROWS, "rare", fingerprint="rare")
    for name in "abc":
        nights.land(ROWS, name)
    remove_older_landings(str(tmp_path), keep_last=2)

    assert kept(tmp_path) == {"rare", "b", "c"}


@pytest.mark.parametrize(
    "other", [{"tenant": "https://other.vezacloud.com"}, {"conn_id": "other"}, {"service": "veza_result"}]
)
def test_results_that_drift_would_not_compare_do_not_count_as_one_query(
    nights: Nights, tmp_path: Path, other: dict[str, str]
) -> None:
    for name in "ab":
        nights.land(ROWS, name)
    nights.land(ROWS, "other", **other)

    assert remove_older_landings(str(tmp_path), keep_last=2) == []


def test_the_runs_decide_what_is_older_though_a_clock_went_back(nights: Nights, tmp_path: Path) -> None:
    for number, clock in enumerate([timedelta(days=30), timedelta(0), timedelta(0)]):
        nights.land(ROWS, f"run-{number}", run_at=FIRST_NIGHT + timedelta(days=number), clock=clock)

    assert remove_older_landings(str(tmp_path), keep_last=2) == [f"{tmp_path}/run-0"]


def test_drifts_baseline_survives_partial_nights(nights: Nights, tmp_path: Path) -> None:
    for name in "abc":
        nights.land(ROWS, name)
    for name in "de":
        nights.land(ROWS, name, partial=True)
    current = nights.land(ROWS, "f")
    before = baseline_of(current)
    remove_older_landings(str(tmp_path), keep_last=2)

    assert before == baseline_of(current) == "c"
    assert kept(tmp_path) == {"c", "d", "e", "f"}


def test_what_is_not_ours_cannot_be_read_or_is_being_landed_is_left_alone(nights: Nights, tmp_path: Path) -> None:
    for name in ("foreign", "damaged", "landing", "a", "b"):
        nights.land(ROWS, name)
    (tmp_path / "foreign" / "_manifest.json").write_text("[]")
    (tmp_path / "damaged" / "_manifest.json").write_text('{"schema_version": 1, "par')
    (tmp_path / "landing" / "_checkpoint.json").write_text('{"v": 1, "session": "1f0c9a3e"}')
    (tmp_path / "notes.txt").write_text("mine")
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    assert remove_older_landings(str(tmp_path), keep_last=2) == []
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == files


def test_files_that_a_manifest_does_not_name_stay(nights: Nights, tmp_path: Path) -> None:
    for name in "abc":
        nights.land(ROWS, name)
    (tmp_path / "a" / "part-00000-users.csv").write_text("mine")
    remove_older_landings(str(tmp_path), keep_last=2)

    assert [path.name for path in (tmp_path / "a").iterdir()] == ["part-00000-users.csv"]


def test_it_goes_on_where_it_was_stopped(nights: Nights, tmp_path: Path) -> None:
    for name in "abc":
        nights.land(ROWS, name)
    min((tmp_path / "a").glob("part-*")).unlink()

    assert remove_older_landings(str(tmp_path), keep_last=2) == [f"{tmp_path}/a"]


def begin_to_land(nights: Nights, name: str) -> None:
    (Path(nights.place) / name / "_checkpoint.json").write_text('{"v": 1, "session": "1f0c9a3e"}')


def land_again(nights: Nights, name: str) -> None:
    nights.landed = 40
    nights.land(ROWS[:2], name)


def land_the_same_again(nights: Nights, name: str) -> None:
    """Land the very same query anew, as a task does that finds a part of it missing."""
    folder = Path(nights.place) / name
    min(folder.glob("part-*")).unlink()
    nights.landed = 0
    nights.land(ROWS, name)


class Stopped(BaseException):
    """The process ended here."""


def at_removal(monkeypatch: pytest.MonkeyPatch, happens: Callable[[str], object]) -> None:
    """Let something happen before each file is removed."""
    remove = Folder.remove

    def removing(folder: Folder, name: str) -> None:
        happens(name)
        remove(folder, name)

    monkeypatch.setattr(Folder, "remove", removing)


def test_a_landing_that_begins_while_parts_are_removed_keeps_the_manifest(
    nights: Nights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        nights.land(ROWS, name)
    with monkeypatch.context() as patch:
        at_removal(patch, lambda _name: begin_to_land(nights, "a"))
        assert remove_older_landings(str(tmp_path), keep_last=2) == []

    assert {path.name for path in (tmp_path / "a").iterdir()} == {"_manifest.json", "_checkpoint.json"}


def test_a_result_whose_removal_was_stopped_anywhere_is_found_by_the_next_one(
    nights: Nights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        nights.land(ROWS, name)
    for removals in range(len(list((tmp_path / "a").iterdir()))):
        left = iter(range(removals))

        def stop(_name: str, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise Stopped

        with monkeypatch.context() as patch, pytest.raises(Stopped):
            at_removal(patch, stop)
            remove_older_landings(str(tmp_path), keep_last=2)

    assert remove_older_landings(str(tmp_path), keep_last=2) == [f"{tmp_path}/a"]
    assert list((tmp_path / "a").iterdir()) == []


@pytest.mark.parametrize("meanwhile", [begin_to_land, land_again, land_the_same_again])
def test_what_another_task_lands_meanwhile_stays(
    nights: Nights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Nights, str], None]
) -> None:
    for name in "abcd":
        nights.land(ROWS, name)

    def choose_late(results: Iterable[LandedResult], keep_last: int) -> list[LandedResult]:
        meanwhile(nights, "a")
        return older_than_last(results, keep_last)

    monkeypatch.setattr(keeping, "older_than_last", choose_late)

    assert remove_older_landings(str(tmp_path), keep_last=2) == [f"{tmp_path}/b"]
    assert len(list(read_manifest(str(tmp_path / "a"), verify=True))) == (2 if meanwhile is land_again else len(ROWS))


def test_a_manifest_of_an_earlier_version_goes_with_that_of_today(nights: Nights, tmp_path: Path) -> None:
    for name in "abc":
        nights.land(ROWS, name)
    copy(tmp_path / "a" / "_manifest.json", tmp_path / "a" / "manifest.json")
    remove_older_landings(str(tmp_path), keep_last=2)

    assert list((tmp_path / "a").iterdir()) == []


@pytest.mark.parametrize("beside", ["", "None", "lake", "s3://lake/a/../b", "s3://"])
def test_a_path_that_names_no_folder_of_its_own_is_refused(beside: str) -> None:
    with pytest.raises(ArgumentError, match="beside="):
        remove_older_landings(beside, keep_last=2)


@pytest.mark.parametrize("keep_last", [1, 0, -1])
def test_at_least_a_result_and_its_baseline_are_kept(tmp_path: Path, keep_last: int) -> None:
    with pytest.raises(ArgumentError, match="keep_last must be at least 2"):
        remove_older_landings(str(tmp_path), keep_last=keep_last)
