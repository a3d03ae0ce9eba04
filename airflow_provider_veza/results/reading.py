"""A landed result as rows again, checked against its manifest; the meaning of a row may not enter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from os import PathLike
from typing import IO, TYPE_CHECKING, Any, TypeAlias, cast

from airflow_provider_veza.async_query.layout import RowLayout
from airflow_provider_veza.async_query.rows import Row
from airflow_provider_veza.exceptions import (
    ArgumentError,
    AsyncQueryError,
    LandingError,
    MalformedResponseError,
    ManifestError,
)
from airflow_provider_veza.results.bounded_file import BoundedFile
from airflow_provider_veza.results.folder import Folder, tell_airflow_of_reading
from airflow_provider_veza.results.formats.format import Format
from airflow_provider_veza.results.formats.known_formats import format_row, output_format
from airflow_provider_veza.results.installed import installing, is_installed
from airflow_provider_veza.results.manifest import MANIFEST_NAME, Columns, Manifest, Part
from airflow_provider_veza.results.manifest_file import find_manifest, manifest_folder
from airflow_provider_veza.results.parts import digest_of
from airflow_provider_veza.results.table_options import NO_OPTIONS
from airflow_provider_veza.shown import shortened

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow as pa
    from upath import UPath

LandedPath: TypeAlias = "str | PathLike[str] | UPath | Mapping[str, Any]"
_LONGEST_SHOWN = 200


@dataclass(frozen=True)
class LandedResult:
    """All rows of one landed result, read part by part and never all at once.

    A part that is missing, or has another size or other rows than the manifest says, is an error and never a short result.

    :param manifest: what was landed.
    :param dotted_names: whether the columns of rows are called as the rule of columns calls them, whatever a task has chosen.
    """

    folder: Folder
    manifest: Manifest
    layout: RowLayout = field(default_factory=RowLayout)
    dotted_names: bool = False

    def __len__(self) -> int:
        return self.manifest.rows

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows: those of ``jsonl`` as the service sent them, those of a table with one key for each column.

        :raises LandingError: when a part cannot be read.
        :raises ManifestError: when a part is not what the manifest says.
        """
        for part in self.manifest.parts:
            yield from self.rows_of(part)

    def rows_of(self, part: Part) -> Iterator[Row]:
        """Yield the rows of one part; raises as iterating over all does."""
        rows = 0
        with self.opened(part) as file:
            for row in self._rows_in(file):
                rows += 1
                yield row
        if rows != part.rows:
            raise self._spoilt(part, f"has {rows} rows, not the {part.rows} of its manifest")

    def first_rows(self, count: int, *, most_bytes: int, go_on: Callable[[], object]) -> list[Row]:
        """Return the first rows, for a look at them: one part is opened, and it is not checked to its end.

        :param most_bytes: no more of the part is read.
        :param go_on: called before each read; raises to end the reading.
        :raises LandingError: when the part cannot be read, or not within these bounds.
        :raises ManifestError: when its size is not what the manifest says.
        """
        part = next((part for part in self.manifest.parts if part.rows), None)
        if part is None:
            return []
        with self.opened(part) as file:
            return list(islice(self._rows_in(cast("IO[bytes]", BoundedFile(file, most_bytes, go_on))), count))

    def verify(self) -> None:
        """Read all parts once, and compare sizes and checksums.

        :raises LandingError: when a part cannot be read.
        :raises ManifestError: naming the first part that is not what the manifest says.
        """
        for part in self.manifest.parts:
            with self.opened(part) as file:
                digest = digest_of(file)
            if digest != part.sha256:
                raise self._spoilt(part, "has another checksum than its manifest says")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows as Arrow record batches of one schema, about a thousand rows at a time.

        They have the columns that a table has (:mod:`.columns`). The rows of ``jsonl`` are read twice: once to learn the
        columns, whose names then depend on the layout, see :func:`read_manifest`.

        :raises ArgumentError: without pyarrow.
        :raises LandingError: as iterating does.
        """
        _require_library("pyarrow", installing("parquet"))
        from airflow_provider_veza.results.arrow_batches import batches_of

        return batches_of(self)

    def to_arrow(self) -> pa.Table:
        """Return all rows as one Arrow table, in memory; raises as :meth:`batches` does."""
        _require_library("pyarrow", installing("parquet"))
        from airflow_provider_veza.results.arrow_batches import table_of

        return table_of(self)

    def to_pandas(self) -> pandas.DataFrame:
        """Return all rows as one pandas frame with Arrow's types, so that nulls do not turn integers into floats.

        :raises ArgumentError: without pandas or pyarrow.
        """
        _require_library("pandas", "pip install 'pandas'")
        import pandas

        return self.to_arrow().to_pandas(types_mapper=pandas.ArrowDtype)

    def to_polars(self) -> polars.DataFrame:
        """Return all rows as one polars frame.

        :raises ArgumentError: without polars or pyarrow.
        """
        _require_library("polars", "pip install 'polars'")
        import polars

        return polars.DataFrame(self.to_arrow())

    @contextmanager
    def opened(self, part: Part) -> Iterator[IO[bytes]]:
        """Open the file of a part for reading; what goes wrong meanwhile is told with its name."""
        size = self.folder.size(part.name)
        if size is None:
            raise self._spoilt(part, "is missing")
        if size != part.bytes:
            raise self._spoilt(part, f"has {size} bytes, not the {part.bytes} of its manifest")
        try:
            with self.folder.open(part.name) as file:
                yield file
        except (ManifestError, MalformedResponseError) as e:
            e.also_about(f"{self.folder}/{part.name}")
            raise
        except AsyncQueryError:
            raise
        except Exception as e:
            raise LandingError(
                f"Cannot read a part ({type(e).__name__}: {e}). If a retry meets this too, "
                "read_manifest(...).verify() tells whether the file is damaged.",
                about=f"{self.folder}/{part.name}",
            ) from e

    def _rows_in(self, file: IO[bytes]) -> Iterator[Row]:
        renamed = self._renamed
        for row in self._format.rows(file, self.manifest.columns):
            yield {renamed.get(name, name): value for name, value in row.items()} if renamed else row

    @property
    def columns(self) -> Columns:
        """The columns of a table, by the names that rows have; empty for ``jsonl``."""
        renamed = self._renamed
        return tuple(replace(column, name=renamed.get(column.name, column.name)) for column in self.manifest.columns)

    @cached_property
    def _renamed(self) -> Mapping[str, str]:
        columns = self.manifest.columns if self.dotted_names else ()
        return {column.name: column.field for column in columns if column.field}

    @cached_property
    def _format(self) -> Format:
        manifest = self.manifest
        options = manifest.options if format_row(manifest.format).has_columns else NO_OPTIONS
        return output_format(manifest.format, compression=manifest.compression, layout=self.layout, options=options)

    def _spoilt(self, part: Part, problem: str) -> ManifestError:
        return ManifestError(
            f"A part {problem}: it was removed, edited or damaged, or the "
            "result was landed anew while it was read. Read it again, or land it again.",
            about=f"{self.folder}/{part.name}",
        )


def read_manifest(path: LandedPath, *, layout: RowLayout | None = None, verify: bool = False) -> LandedResult:
    """Return a landed result, from the path of its folder or of its ``_manifest.json``.

    The order of its parts is checked always, as their sizes and rows are while they are read.

    :param path: such as ``s3://aws_default@bucket/access/2026-01-31``, also as an ``ObjectStoragePath``, or the ``manifest`` in
        what a landing task returned, or all that it returned, or the extra of an asset's event.
        Folders with a ``manifest.json``, as they were landed once, are read too.
    :param layout: how ``jsonl`` rows become columns, for those who want a table; see :meth:`LandedResult.batches`.
    :param verify: whether to read all parts first, and compare their digests.
    :raises ArgumentError: when that is no path.
    :raises ManifestError: where there is none, or a damaged one, or a part is not what it says.
    :raises LandingError: when the storage does not answer.

    .. code-block:: python

        for row in read_manifest("s3://aws_default@bucket/access/2026-01-31"):
            print(row["source"]["id"])
    """
    result = find_landed(path, layout=layout)
    if verify:
        result.verify()
    tell_airflow_of_reading(str(result.folder))
    return result


def find_landed(path: LandedPath, *, layout: RowLayout | None = None, dotted_names: bool = False) -> LandedResult:
    """Return a landed result as :func:`read_manifest` does, for a reader whose reading is no lineage of any task.

    :param dotted_names: see :class:`LandedResult`.
    :raises ManifestError: where there is none, or a damaged one.
    :raises LandingError: when the storage does not answer.
    """
    folder = Folder(manifest_folder(_given(path)))
    found = find_manifest(folder)
    if found is None:
        raise ManifestError(
            f"There is no {MANIFEST_NAME}: nothing was landed there, or a landing is not finished yet.", about=folder
        )
    return LandedResult(folder, found.read(), layout or RowLayout(), dotted_names)


def _given(path: LandedPath) -> str:
    found = path.get("manifest") if isinstance(path, Mapping) else path
    text = str(found) if isinstance(found, (str, PathLike)) or hasattr(found, "joinpath") else ""
    if text.strip() in ("", "None"):
        raise ArgumentError(
            f"No landed result is named by {shortened(ascii(path), _LONGEST_SHOWN)}: give the path of its folder or of its "
            "manifest, what a task with output_path= returned, or the extra of the event of its asset. Nothing was read."
        )
    return text


def _require_library(name: str, how: str) -> None:
    if not is_installed(name):
        raise ArgumentError(f"{name} is not installed here: {how}. The landed result is as it was.")
