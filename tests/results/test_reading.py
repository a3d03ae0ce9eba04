"""A landed result is read back whole, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.exceptions import ArgumentError, AsyncQueryError, LandingError, ManifestError
from airflow_provider_veza.results import reading
from airflow_provider_veza.results.formats import known_formats
from airflow_provider_veza.results.formats.compressing import Compression
from airflow_provider_veza.results.formats.jsonl import JsonLines
from airflow_provider_veza.results.formats.known_formats import FormatRow
from airflow_provider_veza.results.reading import LandedResult, read_manifest
from airflow_provider_veza.results.table_options import TableOptions
from airflow_provider_veza.services.veza_layout import LAYOUT
from support.landed_nights import Nights, path, user

FORMATS = [("jsonl", None), ("jsonl", "gzip"), ("jsonl", "zstd"), ("csv", None), ("csv", "zstd"), ("parquet", None)]
ROWS = [path(f"u{n}", "bucket", ["s3:Get"], age=n, born="2001-02-03T04:05:06Z") for n in range(20)]
FLAT = {
    "source_id": "u3",
    "source_properties.age": 3,
    "concrete_permissions": ["s3:Get"],
    "destination_type": "S3Bucket",
}


def landed(place: Path, rows: list[dict[str, Any]] = ROWS, form: str = "jsonl", **more: Any) -> Path:
    Nights(str(place), form, **more).land(rows, "night")
    return place / "night"


def first_part(folder: Path) -> Path:
    return min(folder.glob("part-*"))


def test_jsonl_rows_come_back_as_they_were_sent(tmp_path: Path) -> None:
    result = read_manifest(str(landed(tmp_path)))

    assert list(result) == ROWS
    assert len(result) == len(ROWS)
    assert len(result.manifest.parts) > 1


ENDLESS = "9" * 5_000


@pytest.mark.parametrize("compression", [None, "gzip"])
@pytest.mark.parametrize(
    ("number", "read"), [("1e999", Decimal("1E+999")), (ENDLESS, Decimal(ENDLESS))], ids=["1e999", "of 5,000 digits"]
)
def test_numbers_that_no_double_holds_are_read_again_as_they_were_sent(
    tmp_path: Path, compression: str | None, number: str, read: Decimal
) -> None:
    rows = JsonRows([b'{"id":"a","n":%s}' % number.encode(), b'{"id":"b","n":1.5}'])
    folder = landed(tmp_path, cast("list[dict[str, Any]]", rows), compression=compression)

    assert [row["n"] for row in read_manifest(str(folder))] == [read, 1.5]


class Renamed(JsonLines):
    name = "renamed"

    @property
    def suffix(self) -> str:
        return ".renamed"


def test_a_new_format_is_a_class_and_its_row_in_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = FormatRow(lambda codec, _layout, _select, _options: Renamed(Compression(codec or "")), has_columns=False)
    monkeypatch.setitem(cast("dict[str, FormatRow]", known_formats.FORMATS), "renamed", row)

    result = read_manifest(str(landed(tmp_path, form="renamed")))

    assert list(result) == ROWS
    assert {part.suffix for part in (tmp_path / "night").glob("part-*")} == {".renamed"}
    assert sum(batch.num_rows for batch in result.batches()) == len(ROWS)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_rows_of_a_table_come_back_flat_and_typed(tmp_path: Path, form: str) -> None:
    rows = list(read_manifest(str(landed(tmp_path, form=form))))

    assert len(rows) == len(ROWS)
    assert FLAT.items() <= rows[3].items()
    assert rows[3]["source_properties.born"].isoformat() == "2001-02-03T04:05:06+00:00"


@pytest.mark.parametrize("suffix", ["", "/", "/_manifest.json"])
def test_the_folder_and_its_manifest_lead_to_the_same_result(tmp_path: Path, suffix: str) -> None:
    folder = landed(tmp_path)

    assert read_manifest(f"{folder}{suffix}").manifest.rows == len(ROWS)


def test_a_folder_without_a_manifest_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"no _manifest.json: nothing was landed there, or .* not finished"):
        read_manifest(str(tmp_path))


def test_a_missing_part_is_an_error_that_names_it_and_never_a_short_result(tmp_path: Path) -> None:
    folder = landed(tmp_path)
    gone = first_part(folder)
    gone.unlink()

    with pytest.raises(ManifestError, match=f"A part is missing.*{gone.name}"):
        list(read_manifest(str(folder)))


def test_a_part_that_was_cut_is_an_error_that_names_it(tmp_path: Path) -> None:
    folder = landed(tmp_path)
    cut = first_part(folder)
    cut.write_bytes(cut.read_bytes()[:-10])

    with pytest.raises(ManifestError, match=rf"A part has \d+ bytes, not the \d+ of its manifest.*{cut.name}"):
        list(read_manifest(str(folder)))


def test_a_part_of_the_same_size_with_fewer_rows_is_an_error_at_its_end(tmp_path: Path) -> None:
    folder = landed(tmp_path)
    edited = first_part(folder)
    joined = edited.read_bytes()[:-1].rpartition(b"\n")
    edited.write_bytes(joined[0] + b" " * (len(joined[2]) + 1) + b"\n")

    with pytest.raises(ManifestError, match=rf"A part has \d+ rows, not the \d+ of its manifest.*{edited.name}"):
        list(read_manifest(str(folder)))


def test_verify_finds_a_changed_byte_that_reading_does_not(tmp_path: Path) -> None:
    folder = landed(tmp_path)
    edited = first_part(folder)
    edited.write_bytes(edited.read_bytes().replace(b"bucket", b"BUCKET"))
    result = read_manifest(str(folder))

    assert len(list(result)) == len(ROWS)
    with pytest.raises(ManifestError, match=f"A part has another checksum.*{edited.name}"):
        result.verify()


def test_verify_is_silent_where_all_is_well(tmp_path: Path) -> None:
    read_manifest(str(landed(tmp_path, compression="gzip"))).verify()


def test_a_part_that_cannot_be_decoded_is_an_error_that_names_it(tmp_path: Path) -> None:
    folder = landed(tmp_path, compression="gzip")
    damaged = first_part(folder)
    damaged.write_bytes(b"\0" * damaged.stat().st_size)

    with pytest.raises(LandingError, match=rf"Cannot read a part \(BadGzipFile.*{damaged.name}"):
        list(read_manifest(str(folder)))


def test_an_error_of_whoever_reads_stays_what_it_is(tmp_path: Path) -> None:
    result = read_manifest(str(landed(tmp_path)))

    with pytest.raises(ZeroDivisionError):
        for row in result:
            row["source"]["properties"]["age"] // 0


@pytest.mark.parametrize(("form", "compression"), FORMATS)
def test_every_format_gives_the_same_arrow_table(tmp_path: Path, form: str, compression: str | None) -> None:
    folder = landed(tmp_path, form=form, compression=compression)

    table = read_manifest(str(folder), layout=LAYOUT).to_arrow()

    assert table.num_rows == len(ROWS)
    assert {name: str(table.schema.field(name).type) for name in ("source_id", "source_properties.age")} == {
        "source_id": "string",
        "source_properties.age": "int64",
    }
    assert str(table.schema.field("source_properties.born").type) == "timestamp[us, tz=UTC]"
    assert table.column("source_properties.age").to_pylist() == list(range(20))
    assert table.column("concrete_permissions")[0].as_py() == '["s3:Get"]'


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_batches_share_one_schema_though_a_column_comes_late_and_another_widens(tmp_path: Path, form: str) -> None:
    rows = [user("u1", badge=7), *(user(f"u{n}") for n in range(2, 12)), user("u12", badge="X7", late=True)]
    folder = landed(tmp_path, rows, form)

    result = read_manifest(str(folder))
    batches = list(result.batches())

    assert len({batch.schema for batch in batches}) == 1
    table = result.to_arrow()
    assert table.column("properties.badge").to_pylist() == ["7", *[None] * 10, "X7"]
    assert table.column("properties.late").to_pylist() == [*[None] * 11, True]


def with_a_part_of(folder: Path, data: bytes) -> Path:
    """Put other data in the place of the first part, of which size and manifest tell nothing."""
    part, manifest = first_part(folder), json.loads((folder / "_manifest.json").read_text())
    manifest["bytes"] += len(data) - manifest["parts"][0]["bytes"]
    manifest["parts"][0]["bytes"] = len(data)
    part.write_bytes(data)
    (folder / "_manifest.json").write_text(json.dumps(manifest))
    return part


SPOILT = {
    "jsonl": (lambda data: data.replace(b'"', b"'", 1), "A row cannot be read as an object"),
    "csv": (lambda data: data.replace(b"source_id", b"source_ic", 1), "A CSV part begins with"),
    "parquet": (None, "A Parquet part has the columns"),
}


@pytest.mark.parametrize("form", SPOILT)
@pytest.mark.parametrize("read", [list, LandedResult.to_arrow], ids=["rows", "Arrow"])
def test_a_part_that_holds_other_columns_or_no_rows_is_an_error_that_names_it(
    tmp_path: Path, form: str, read: Callable[[LandedResult], object]
) -> None:
    folder = landed(tmp_path, form=form)
    spoil, problem = SPOILT[form]
    other = first_part(landed(tmp_path / "other", [user("u1")], form)).read_bytes()
    part = with_a_part_of(folder, spoil(first_part(folder).read_bytes()) if spoil else other)

    with pytest.raises(AsyncQueryError, match=rf"{problem}.*{part.name}\)$"):
        read(read_manifest(str(folder)))


OF_SEVERAL_KINDS = [
    {"id": "a", "o": 1, "deep": {"x": {"y": {"z": 1}}}},
    {"id": "b", "o": {"id": 2}, "deep": {"x": {"y": [1]}}},
    {"id": "c", "o": None, "deep": {"x": {"y": None}}},
]


@pytest.mark.parametrize("more", [[], [{"id": "d", "o": ["x"]}], [{"id": "d", "o": "text", "deep": 7}]])
def test_a_column_of_values_and_objects_is_the_same_table_from_every_format(tmp_path: Path, more: list[Any]) -> None:
    rows = [*OF_SEVERAL_KINDS, *more]
    tables = [
        read_manifest(str(landed(tmp_path / form, rows, form)), layout=LAYOUT).to_arrow().to_pylist()
        for form in ("parquet", "csv", "jsonl")
    ]

    assert tables[0] == tables[1] == tables[2]
    assert [row["o.id"] for row in tables[0]] == [None, 2, None, *[None for _ in more]]


def test_an_empty_result_is_an_empty_table(tmp_path: Path) -> None:
    folder = landed(tmp_path, [])

    assert read_manifest(str(folder)).to_arrow().num_rows == 0


@pytest.mark.parametrize(
    ("names", "expected"), [("dotted", ["properties.name", "id"]), ("underscored", ["properties_name", "id"])]
)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_empty_table_has_the_columns_that_were_asked_for(
    tmp_path: Path, form: str, names: str, expected: list[str]
) -> None:
    empty = Nights(str(tmp_path), form).land([], select=["properties.name", "id"], options=TableOptions(names))

    assert empty.to_arrow().column_names == [column.name for column in empty.columns] == expected
    assert (len(empty), list(empty), empty.manifest.parts) == (0, [], ())
    assert list(empty.to_pandas().columns) == list(empty.to_polars().columns) == expected


def test_integers_with_nulls_stay_integers_in_pandas(tmp_path: Path) -> None:
    folder = landed(tmp_path, [user("u1", badge=2**60 + 1), user("u2")], "parquet")

    frame = read_manifest(str(folder)).to_pandas()

    assert frame["properties.badge"][0] == 2**60 + 1
    assert list(frame["id"]) == ["u1", "u2"]


def test_polars_gets_the_same_columns(tmp_path: Path) -> None:
    frame = read_manifest(str(landed(tmp_path, form="csv"))).to_polars()

    assert frame["source_properties.age"].to_list() == list(range(20))


def test_what_a_landing_task_returned_and_the_extra_of_its_event_name_the_result(tmp_path: Path) -> None:
    folder = landed(tmp_path)

    for given in (str(folder), folder, {"manifest": f"{folder}/_manifest.json", "rows": 20}):
        assert len(read_manifest(given)) == 20


@pytest.mark.parametrize("given", [None, "", {}, {"rows": 6}, {"manifest": None}, [], 7])
def test_what_names_no_landed_result_is_refused_with_what_does(given: Any) -> None:
    with pytest.raises(ArgumentError, match="No landed result is named by.*give the path of its folder"):
        read_manifest(given)


@pytest.mark.parametrize(
    ("library", "use", "install"),
    [
        ("pyarrow", LandedResult.batches, "airflow-provider-veza\\[parquet\\]"),
        ("pandas", LandedResult.to_pandas, "pandas"),
        ("polars", LandedResult.to_polars, "polars"),
    ],
)
def test_a_library_that_is_not_installed_is_named_with_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, use: Any, install: str
) -> None:
    result = read_manifest(str(landed(tmp_path)))
    monkeypatch.setattr(reading, "is_installed", lambda name: name != library)

    with pytest.raises(ArgumentError, match=f"{library} is not installed here: pip install '{install}'"):
        use(result)


def test_integers_that_do_not_fit_a_column_of_fractions_make_it_text_however_far_apart_they_are(tmp_path: Path) -> None:
    rows = [user("u1", badge=2**53 + 1), *(user(f"u{n}") for n in range(2_000)), user("u3", badge=0.5)]

    table = read_manifest(str(landed(tmp_path, rows, part_bytes=1_000_000))).to_arrow()

    assert table["properties.badge"].drop_null().to_pylist() == ["9007199254740993", "0.5"]
