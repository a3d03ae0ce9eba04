"""Brings the pages of one query into a folder: parts, checkpoint, manifest; it knows no service.

The pages are fetched in :mod:`airflow_provider_veza.hooks.landing_loop`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.async_query.rows import JsonRows, concatenated
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.async_query.vocabulary import MOST_WARNINGS, Page
from airflow_provider_veza.exceptions import BadTextError, LandingTakenOverError, ResultsError
from airflow_provider_veza.results.batches import Batch, Batches
from airflow_provider_veza.results.checkpoint import (
    CHECKPOINT_FILE,
    CHECKPOINT_NAME,
    AlreadyLanded,
    Checkpoint,
    GoOn,
    LandedPart,
    Progress,
    progress_of,
)
from airflow_provider_veza.results.formats.format import Group
from airflow_provider_veza.results.found_landing import (
    FoundLanding,
    find_landing,
    has_size,
    marks_of_result,
    session_of,
    taker_of,
)
from airflow_provider_veza.results.landing_plan import LandingPlan
from airflow_provider_veza.results.manifest import MANIFEST_NAME, OLD_MANIFEST_NAME, Columns, Manifest, Part
from airflow_provider_veza.results.manifest_file import MANIFEST_FILE, OLD_MANIFEST_FILE, has_old_manifest
from airflow_provider_veza.results.own_files import is_half_written
from airflow_provider_veza.results.part_names import is_marked, mark_of_writer, new_token, part_name
from airflow_provider_veza.results.parts import OpenPart, is_intact, widened
from airflow_provider_veza.results.schema import KnownColumns, published
from airflow_provider_veza.results.time_left import StartOfReading
from airflow_provider_veza.shown import shortened

REMEMBERED_MARKS = 64
"""Of attempts in one folder: what the last of them left is still known for their own when the folder is landed into again."""
_LONGEST_SHOWN = 200
_WRITTEN = (MANIFEST_FILE, OLD_MANIFEST_FILE, CHECKPOINT_FILE)


class Landing:
    """One attempt to land one result: :meth:`begin`, :meth:`take` each page in order, :meth:`finish`.

    A caller that does not want to wait for the writing takes a page in two steps: :meth:`hold`, and :meth:`write` in another
    thread, one batch after the other, while further pages are held. What is better written at once is known here, too.

    The checkpoint is never ahead of what is durable: a crash at any point loses at most the part in the making, whose pages
    the next attempt reads again.

    :param now: the time in UTC.
    """

    def __init__(self, plan: LandingPlan, log: TaskLog, now: Callable[[], datetime]) -> None:
        self._plan = plan
        self._log = log
        self._now = now
        self._durable = self._new_checkpoint()
        """What the next attempt goes on from."""
        self._read = self._written = Progress()
        """How far pages have come, and how far their rows are written; the part in the making is not durable yet."""
        self._batches = Batches(plan.format.group_bytes, plan.limits.part_bytes, now())
        self._open: OpenPart | None = None
        self._start: StartOfReading | None = None

    @property
    def progress(self) -> Progress:
        """How far the pages have come, those included that are not durable yet."""
        return self._read

    def begin(self) -> Manifest | None:
        """Claim the folder; return the manifest where this very result was landed before.

        Parts of an earlier attempt are read once, and gone on with only if all of them are what they were.

        :raises ForeignFileError: when somebody else's file has the name of one of ours.
        :raises LandingError: when the folder cannot be read or written.
        :raises ResultsError: when what was landed before does not fit the bounds of this attempt.
        """
        found = find_landing(self._plan.folder, self._log)
        self._durable = self._durable.with_marks(found.marks)
        match found.first_step(self._plan.key, self._plan.folder, is_intact):
            case AlreadyLanded(landed):
                self._log.info("Query %s is landed in %s already.", self._plan.handle.shown_id, self._plan.folder)
                self._require_fits(progress_of(landed))
                self._complete(landed, found)
                return landed
            case GoOn(earlier):
                self._go_on_from(earlier)
                self._require_fits(earlier.progress)
            case _:
                self._claim(self._durable)
        return None

    def is_landed(self) -> bool:
        """Whether this very result was landed before, as far as sizes show; nothing is claimed or written."""
        found = find_landing(self._plan.folder, self._log)
        return isinstance(found.first_step(self._plan.key, self._plan.folder, has_size), AlreadyLanded)

    def pause(self) -> None:
        """Publish what is written of the part in the making, so that the next attempt goes on after it; as well as possible."""
        try:
            self._publish_open()
        except ResultsError as e:
            self._log.warning("What was read after the last durable part is read again by the next attempt: %s", e)

    def start_over(self) -> None:
        """Forget what an earlier attempt landed: the service does not know its next page any more."""
        self._log.warning(
            "The page that follows the durable parts cannot be fetched any more; the landing starts over from the first page."
        )
        self._require_claim()
        stale = self._durable.own_parts
        self._durable = self._new_checkpoint().with_marks(self._durable.marks)
        self._read = self._written = Progress()
        self._claim(self._durable)
        self._remove(part.name for part in stale)

    def take(self, page: Page) -> None:
        """Take the next page: hold it, and write what is due.

        :raises ResultsError: as :meth:`hold` and :meth:`write` do.
        """
        batch = self.hold(page)
        if batch is not None:
            self.write(batch)

    def hold(self, page: Page) -> Batch | None:
        """Keep the next page in memory; return what is to be written now, if anything is.

        :raises PartialResultError: where the service calls the result partial and that is not allowed.
        :raises EmptyResultError: where the result is a count of zero and ``fail_on_empty``.
        :raises TooManyRowsError: past ``max_rows``, before anything of this page is written.
        """
        self._plan.limits.require_fit(page)
        page = self._plan.limits.on_bad_text.page(page)
        rows = JsonRows.of([{"count": page.count}] if page.count is not None else page.rows)
        self._log_what_is_new(page)
        self._read = self._read.plus(page, len(rows))
        self._plan.limits.require_not_too_many(self._read)
        self._log_what_is_expected()
        return self._batches.add(rows, page.types, self._read, self._now())

    def is_better_written_here(self, batch: Batch) -> bool:
        """Whether a batch hardly waits: for a storage, or for a compressor that lets the interpreter go on.

        A thread for it gains nothing then.
        """
        form = self._plan.format
        return not batch.ends_part and (form.builds_objects or form.compression is None)

    def write(self, batch: Batch) -> None:
        """Write a batch, and publish the part if it ends there.

        :raises ColumnError: when a column cannot hold what came.
        :raises LandingError: when the folder cannot be written, or another task has taken it over.
        """
        rows = concatenated(batch.pages)
        self._plan.format.declare(batch.types)
        if rows:
            group = self._group(rows)
            self._part_for(group).write(group)
        self._written = batch.progress
        if batch.ends_part:
            self._publish_open()

    def finish(self, retries: int = 0) -> Manifest:
        """Publish what is left, then the manifest, then tidy up.

        :param retries: requests for pages that this attempt had to send again.
        :raises RowCountError: when the service counted other than what came.
        :raises EmptyResultError: where there is nothing and ``fail_on_empty``.
        """
        self._plan.limits.require_complete(self._read, self._plan.handle.id, self._log)
        self._publish_open()
        progress = replace(self._read, retries=self._read.retries + retries)
        self._durable = replace(self._durable, progress=progress, columns=self._columns_in_the_end)
        self._give_all_parts_the_same_columns()
        self._warn_of_names_alike()
        self._warn_of_unused_names()
        self._warn_of_empty_columns()
        self._require_claim()
        manifest = self._manifest()
        self._write_manifest(manifest)
        self._tidy(manifest)
        if self._has_claim():  # Else another task has begun since, and goes by its checkpoint.
            self._plan.folder.remove(CHECKPOINT_NAME)
        return manifest

    def abandon(self) -> None:
        """Remove what was landed of a result that must not be landed; an earlier result stays."""
        if self._open is not None:
            self._open.discard()
            self._open = None
        if self._has_claim():  # Else its parts may be those of the attempt that took over.
            self._remove(part.name for part in self._durable.own_parts)
            self._remove_left_over(set(self._durable.marks) - set(marks_of_result(self._plan.folder)), kept=())
            self._plan.folder.remove(CHECKPOINT_NAME)

    def _new_checkpoint(self) -> Checkpoint:
        """Return that of an attempt which has landed nothing; its parts are known by a mark that no other attempt has."""
        token = new_token()
        return Checkpoint(self._plan.key, token, self._now(), marks=(mark_of_writer(token, self._plan.format.suffix),))

    def _require_fits(self, found: Progress) -> None:
        self._plan.limits.require_found_fits(found, self._plan.handle.id, self._log)

    def _complete(self, landed: Manifest, found: FoundLanding) -> None:
        """Do what is left of a landing that was stopped after its manifest, or was made by an earlier version."""
        if found.has_old_name:
            self._write_manifest(landed)
            self._remove_old_manifest()
        is_of_this = found.checkpoint is not None and found.checkpoint.key == self._plan.key
        if is_of_this or found.has_damaged_checkpoint:
            self._tidy(landed)
            self._plan.folder.remove(CHECKPOINT_NAME)

    def _go_on_from(self, earlier: Checkpoint) -> None:
        self._durable = earlier.taken_over(self._durable)
        self._read = self._written = earlier.progress
        self._claim(self._durable)
        self._log.info(
            "Going on after %d rows in %d durable parts of an earlier attempt.",
            earlier.progress.rows,
            len(earlier.parts),
        )

    def _log_what_is_new(self, page: Page) -> None:
        for text in page.warnings:
            if text not in self._read.warnings and len(self._read.warnings) < MOST_WARNINGS:
                self._log.warning("The service warns: %s", text)
        if page.partial and not self._read.partial:
            self._log.warning(
                "The service says that these rows are only a part of the result; the manifest says so too."
            )

    def _log_what_is_expected(self) -> None:
        if self._start is None:
            self._start = StartOfReading(self._now(), self._read)
        expected = self._start.expected(self._read, self._now())
        if expected is not None:
            self._log.info(
                "%d of %d rows are read, %.1f a second: about %s are left.",
                self._read.rows,
                self._read.row_count,
                expected.rows_a_second,
                timedelta(seconds=round(expected.left.total_seconds())),
            )

    def _group(self, rows: JsonRows) -> Group:
        columns = self._durable.columns if self._open is None else self._open.columns
        try:
            return self._plan.format.group(rows, columns)
        except BadTextError as e:
            raise BadTextError(e.column, self._written.rows + e.row) from None

    def _part_for(self, group: Group) -> OpenPart:
        if self._open is not None and not self._open.takes(group):
            self._publish_open()
        if self._open is None:
            name = part_name(len(self._durable.parts), self._mark)
            self._open = OpenPart(self._plan, name, group.columns)
        return self._open

    def _publish_open(self) -> None:
        if self._open is None:
            return
        columns, part = self._open.columns, self._open.publish(self._plan.folder)
        self._open = None
        parts = (*self._durable.parts, LandedPart(part, columns))
        self._save(replace(self._durable, parts=parts, columns=columns, progress=self._written), part)
        self._log.info(
            "Landed part %d: %d rows, %.1f MiB; %d rows in all so far.",
            len(parts),
            part.rows,
            part.bytes / 2**20,
            self._written.rows,
        )

    @property
    def _columns_in_the_end(self) -> Columns:
        durable = self._durable
        return durable.columns if durable.parts else self._plan.format.group(JsonRows(()), ()).columns

    def _warn_of_names_alike(self) -> None:
        if alike := KnownColumns(self._durable.columns).alike:
            self._log.warning(
                "Columns differ only in case, which DuckDB, Spark and BigQuery do not tell apart: %s. Choose other names with "
                "column_names=.",
                shortened(", ".join(f"{one.name!a} and {other.name!a}" for one, other in alike), _LONGEST_SHOWN),
            )

    def _warn_of_unused_names(self) -> None:
        columns = self._durable.columns
        if columns and (unused := self._plan.options.unused_names(column.dotted_name for column in columns)):
            self._log.warning(
                "No column is called %s, which column_names renames: check the spelling.", ", ".join(unused)
            )

    def _warn_of_empty_columns(self) -> None:
        empty = [column.dotted_name for column in self._durable.columns if column.type is ColumnType.NULL]
        if empty and self._plan.select is not None and self._durable.progress.rows:
            self._log.warning(
                "No row has a value for %s, which columns= names: check the spelling. Without columns= all that there are "
                "are landed.",
                shortened(", ".join(map(ascii, empty)), _LONGEST_SHOWN),
            )

    def _give_all_parts_the_same_columns(self) -> None:
        fits, columns = self._plan.format.fits, self._durable.columns
        narrow = [index for index, landed in enumerate(self._durable.parts) if not fits(landed.columns, columns)]
        if narrow:
            # Both a part and what it becomes are in the folder for a while.
            mark = mark_of_writer(new_token(), self._plan.format.suffix)
            self._save(self._durable.with_marks([mark]))
            for index in narrow:
                self._widen(index, part_name(index, mark))

    def _widen(self, index: int, name: str) -> None:
        columns, parts = self._durable.columns, list(self._durable.parts)
        part = widened(parts[index], name, self._plan, columns)
        parts[index] = LandedPart(part, columns)
        self._save(replace(self._durable, parts=tuple(parts)), part)

    @property
    def _mark(self) -> str:
        return mark_of_writer(self._durable.session, self._plan.format.suffix)

    def _manifest(self) -> Manifest:
        done, progress, plan = self._durable, self._durable.progress, self._plan
        return Manifest(
            handle=plan.handle,
            format=plan.format.name,
            compression=plan.format.compression,
            select=plan.select,
            columns=published(done.columns),
            parts=done.own_parts,
            started_at=done.started_at,
            finished_at=self._now(),
            pages=progress.pages,
            retries=progress.retries,
            resumed=done.resumed,
            row_count=progress.row_count,
            partial=progress.partial,
            warnings=progress.warnings,
            marks=done.marks[-REMEMBERED_MARKS:],
            options=plan.options,
            run_at=plan.run_at,
        )

    def _write_manifest(self, manifest: Manifest) -> None:
        self._plan.folder.write_json(MANIFEST_NAME, manifest.to_json())

    def _require_claim(self, *published: Part) -> None:
        """Go on only while nobody else has claimed the folder; else take back what nobody knows of."""
        if self._has_claim():
            return
        self._remove(part.name for part in published)
        taker = taker_of(self._plan.folder)
        raise LandingTakenOverError(str(self._plan.folder), by_same_query=taker == self._plan.key.query_id)

    def _has_claim(self) -> bool:
        return session_of(self._plan.folder) == self._durable.session

    def _save(self, checkpoint: Checkpoint, *published: Part) -> None:
        """Note how far the landing has come, unless another task has claimed the folder: to write then would claim it again."""
        self._require_claim(*published)
        self._durable = checkpoint
        self._claim(checkpoint)

    def _claim(self, checkpoint: Checkpoint) -> None:
        self._plan.folder.write_json(CHECKPOINT_NAME, checkpoint.to_json())

    def _tidy(self, manifest: Manifest) -> None:
        """Remove what attempts left that are known by their marks and that the manifest does not name: nothing else."""
        names = self._remove_left_over(self._durable.marks, kept={part.name for part in manifest.parts})
        if OLD_MANIFEST_NAME in names:
            self._remove_old_manifest()

    def _remove_left_over(self, marks: Collection[str], kept: Collection[str]) -> list[str]:
        """Remove files of attempts with these marks; return what was in the folder."""
        names = self._plan.folder.names()
        self._remove(name for name in names if is_marked(name, marks) and name not in kept)
        self._remove(name for name in names if is_half_written(name, _WRITTEN))
        return names

    def _remove_old_manifest(self) -> None:
        if has_old_manifest(self._plan.folder):
            self._plan.folder.remove(OLD_MANIFEST_NAME)

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            self._plan.folder.remove(name)
