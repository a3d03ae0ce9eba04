"""In a bucket holds what holds on a disk: damaged files heal, results are read, baselines found, old landings go."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.providers.common.compat.sdk import ObjectStoragePath

from airflow_provider_veza.exceptions import ForeignFileError, ManifestError
from airflow_provider_veza.results.keeping import remove_older_landings
from airflow_provider_veza.results.reading import read_manifest
from results.damages import FOREIGN
from results.landed import Lander, pages_of
from results.test_damage import CHECKPOINT, CHECKPOINT_DAMAGES, MANIFEST, MANIFEST_DAMAGES, ROWS, put
from support.landed_nights import Nights, baseline_of, user
from support.object_store import Bucket

NIGHTLY = [user(f"u{n}") for n in range(7)]


@pytest.fixture
def lander(tmp_path: Path, bucket: Bucket) -> Lander:
    return Lander(tmp_path, url=f"{bucket.url}/landed")


def test_every_damaged_manifest_is_an_error_that_names_it(lander: Lander) -> None:
    lander.land(pages_of(ROWS))
    whole = lander.folder.read(MANIFEST) or b""
    for damage in MANIFEST_DAMAGES.values():
        put(lander, MANIFEST, damage(whole))
        with pytest.raises(ManifestError, match=f"landed/{MANIFEST}"):
            read_manifest(str(lander.folder))
    lander.land(pages_of(ROWS))

    assert lander.rows() == ROWS


def test_every_damaged_checkpoint_is_started_over(lander: Lander) -> None:
    lander.crash(pages_of(ROWS), after=5)
    whole = lander.folder.read(CHECKPOINT) or b""
    gone_on_with = []
    for name, damage in CHECKPOINT_DAMAGES.items():
        put(lander, CHECKPOINT, damage(whole))
        landing = lander.landing()
        landing.begin()
        gone_on_with += [name] if landing.progress.rows else []
    put(lander, CHECKPOINT, whole)

    assert gone_on_with == []
    assert lander.land(pages_of(ROWS)).resumed == 1
    assert lander.rows() == ROWS


@pytest.mark.parametrize("name", [MANIFEST, CHECKPOINT])
def test_a_file_of_somebody_else_refuses_the_folder_and_stays(lander: Lander, name: str) -> None:
    put(lander, name, FOREIGN["a list"])
    with pytest.raises(ForeignFileError):
        lander.landing().begin()

    assert lander.folder.read(name) == FOREIGN["a list"]


def test_a_result_is_read(bucket: Bucket) -> None:
    Nights(bucket.url).land(NIGHTLY, "night")

    for place in (f"{bucket.url}/night", ObjectStoragePath(f"{bucket.url}/night/_manifest.json")):
        result = read_manifest(place)
        result.verify()
        assert list(result) == NIGHTLY


def test_a_baseline_is_found(bucket: Bucket) -> None:
    nights = Nights(bucket.url)
    nights.land(NIGHTLY, "first")

    assert baseline_of(nights.land(NIGHTLY)) == "first"


def test_old_landings_go_and_a_baseline_stays(bucket: Bucket) -> None:
    nights = Nights(f"{bucket.url}/a?b")
    last = [nights.land(NIGHTLY, name) for name in "abc"]

    assert remove_older_landings(f"{bucket.url}/a?b", keep_last=2) == [f"{bucket.url}/a?b/a"]
    assert baseline_of(last[-1]) == "b"
