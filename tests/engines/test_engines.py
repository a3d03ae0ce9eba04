"""What engines make of landed files: by themselves, which is the table in docs/engines.md, and through Arrow, which is exact."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from airflow_provider_veza.results.table_options import TableOptions
from engines.cases import BEHAVIOURS, HUGE, LATE, ONE_COLUMN, TYPES, YES, Landed, Rows, is_late, land
from engines.engines import ENGINES, Engine, Files, chosen
from tools.engines_table import TABLE, Outcomes, documented

FORMS = ("jsonl", "csv", "parquet")
COMPRESSIONS = (None, "gzip", "zstd")
Landings = Mapping[tuple[str, str | None], Landed]
"""What was landed, by format and compression."""


@pytest.fixture(params=chosen())
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def landings(tmp_path_factory: pytest.TempPathFactory) -> Landings:
    place = tmp_path_factory.mktemp("landed")
    kinds = [(form, compression) for form in FORMS for compression in COMPRESSIONS]
    return {(form, how): land(place / f"{form}-{how}", form, TYPES, how) for form, how in kinds}


def attempt(read: Callable[[], Rows], judge: Callable[[Rows], str]) -> str:
    """Return what comes of reading: as landed, other values, or an error's kind."""
    try:
        return judge(read())
    except Exception as e:
        return f"{type(e).__name__}"


def ids(rows: Rows) -> str:
    return (
        YES
        if sorted(int(row["n"]) for row in rows) == [row["n"] for row in TYPES]
        else f"{len(rows)} of {len(TYPES)} rows"
    )


def outcomes_of(engine: Engine, form: str, landings: Landings, place: Path) -> dict[str, str]:
    """Read what was landed in one format in every way."""

    def read(landed: Landed, files: Files | None = None) -> Callable[[], Rows]:
        return lambda: engine.read(files or landed.glob, form, landed.manifest.compression)

    plain = landings[form, None]
    try:
        rows = read(plain)()
        outcomes = {behaviour: attempt(lambda: rows, judge) for behaviour, judge in BEHAVIOURS.items()}
    except Exception as e:
        outcomes = {behaviour: type(e).__name__ for behaviour in BEHAVIOURS}
    outcomes["by the manifest's paths"] = attempt(read(plain, plain.paths), ids)
    for compression in ("gzip", "zstd"):
        outcomes[compression] = attempt(read(landings[form, compression]), ids)
    outcomes["late columns"] = attempt(read(land(place / f"{form}-late", form, LATE)), is_late)
    outcomes["2^64 - 1"] = attempt(read(land(place / f"{form}-huge", form, HUGE)), largest)
    if form == "csv":
        for name, options in (
            ("null in one column", TableOptions()),
            ("the same, null_value", TableOptions(null_value="NULL")),
        ):
            one = land(place / f"{form}-{name}", form, ONE_COLUMN, options=options)
            outcomes[name] = attempt(
                read(one), lambda rows: YES if len(rows) == len(ONE_COLUMN) else f"{len(rows)} of 4 rows"
            )
    return outcomes


def largest(rows: Rows) -> str:
    found = {str(row["huge"]) for row in rows}
    return YES if found == {"6", str(2**64 - 1)} else f"`{', '.join(sorted(found, key=len))}`"


def test_what_an_engine_makes_of_files_is_what_the_docs_say(
    engine: Engine,
    form: str,
    landings: Landings,
    tmp_path: Path,
    seen: Outcomes,
) -> None:
    outcomes = outcomes_of(engine, form, landings, tmp_path)
    seen.setdefault(form, {})[engine.title] = outcomes

    if os.environ.get("ENGINES") != "all":
        assert outcomes == documented(TABLE.read_text(encoding="utf-8"), form, engine.title)


def test_every_engine_sees_exactly_what_was_landed_through_arrow(engine: Engine, form: str, landings: Landings) -> None:
    rows = engine.take(landings[form, None].result.to_arrow())

    assert {behaviour: judge(rows) for behaviour, judge in BEHAVIOURS.items()} == dict.fromkeys(BEHAVIOURS, YES)


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_what_was_compressed_is_the_same_through_arrow(form: str, compression: str, landings: Landings) -> None:
    tables = [landings[form, how].result.to_arrow() for how in (None, compression)]

    assert tables[0].equals(tables[1])


def test_a_pattern_finds_what_the_manifest_names(engine: Engine, landings: Landings) -> None:
    landed = landings["parquet", None]

    assert ids(engine.read(landed.glob, "parquet", None)) == ids(engine.read(landed.paths, "parquet", None)) == YES
