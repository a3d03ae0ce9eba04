"""Brings the pages of one query into a folder: parts, checkpoint, manifest; it knows no service.

The pages are fetched in :mod:`airflow_provider_veza.hooks.landing_loop`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from airflow_provider_veza.async_query.rows import JsonRows, concatenated
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.async_query.vocabulary import MOST_WARNINGS, Page
from airflow_provider_veza.exceptions import LandingError, LandingTakenOverError, ManifestError
from airflow_provider_veza.results.batches import Batch, Batches
from airflow_provider_veza.results.checkpoint import (
    CHECKPOINT_NAME,
    AlreadyLanded,
    Checkpoint,
    GoOn,
    LandedPart,
    Progress,
    first_step,
)
from airflow_provider_veza.results.formats.format import Group
from airflow_provider_veza.results.landing_plan import LandingPlan
from airflow_provider_veza.results.manifest import MANIFEST_NAME, Manifest, Part
from airflow_provider_veza.results.parts import OpenPart, is_part_name, new_part_name, widened


class Landing:
    """One attempt to land one result: :meth:`begin`, :meth:`take` each page in order, :meth:`finish`.

    A caller that does not want to wait for the writing takes a page in two steps: :meth:`hold`, and :meth:`write` in another
    thread, one batch after the other, while further pages are held.

    The checkpoint is never ahead of what is durable: a crash at any point loses at most the part in the making, whose pages
    the next attempt reads again.

    :param now: the time in UTC.
    """

    def __init__(self, plan: LandingPlan, log: TaskLog, now: Callable[[], datetime]) -> None:
        self._plan = plan
        self._log = log
        self._now = now
        self._durable = Checkpoint(plan.key, secrets.token_hex(4), now())
        self._read = self._written = Progress()
        self._batches = Batches(plan.format.group_bytes, plan.limits.part_bytes, now())
        self._open: OpenPart | None = None

    @property
    def progress(self) -> Progress:
        """How far the pages have come, those included that are not durable yet."""
        return self._read

    def begin(self) -> Manifest | None:
        """Claim the folder; return the manifest where this very result was landed before.

        :raises LandingError: when the folder cannot be read or written.
        """
        manifest, checkpoint = self._found()
        match first_step(self._plan.key, manifest, checkpoint, self._sizes(manifest, checkpoint)):
            case AlreadyLanded(landed):
                self._log.info("Query %s is landed in %s already.", self._plan.handle.id, self._plan.folder)
                if checkpoint is not None and checkpoint.key == self._plan.key:
                    self._tidy(landed)
                return landed
            case GoOn(earlier):
                self._go_on_from(earlier)
            case _:
                self._save(self._durable)
        return None

    def is_done(self) -> bool:
        """Whether this very result was landed before, whole; nothing is claimed or written."""
        manifest, checkpoint = self._found()
        step = first_step(self._plan.key, manifest, checkpoint, self._sizes(manifest, checkpoint))
        return isinstance(step, AlreadyLanded)

    def pause(self) -> None:
        """Publish what is written of the part in the making, so that the next attempt goes on after it; as well as possible."""
        try:
            self._publish_open()
        except LandingError as e:
            self._log.warning("What was read after the last durable part is read again by the next attempt: %s", e)

    def start_over(self) -> None:
        """Forget what an earlier attempt landed: the service does not know its next page any more."""
        self._log.warning(
            "The page that follows the durable parts cannot be fetched any more; the landing starts over from the first page."
        )
        stale = self._durable.own_parts
        self._durable = Checkpoint(self._plan.key, self._durable.session, self._now())
        self._read = self._written = Progress()
        self._save(self._durable)
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
        :raises TooManyRowsError: past ``max_rows``, before anything of this page is written.
        """
        self._plan.limits.require_whole(page)
        rows = JsonRows.of([{"count": page.count}] if page.count is not None else page.rows)
        self._log_what_is_new(page)
        self._read = self._read.plus(page, len(rows))
        self._plan.limits.require_not_too_many(self._read)
        return self._batches.add(rows, page.types, self._read, self._now())

    def write(self, batch: Batch) -> None:
        """Write a batch, and publish the part if it ends there.

        :raises ColumnError: when a column cannot hold what came.
        :raises LandingError: when the folder cannot be written, or another task has taken it over.
        """
        rows = concatenated(batch.pages)
        if rows:
            self._plan.format.declare(batch.types)
            group = self._plan.format.group(rows, self._durable.columns if self._open is None else self._open.columns)
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
        self._durable = replace(self._durable, progress=replace(self._read, retries=self._read.retries + retries))
        self._give_all_parts_the_same_columns()
        self._require_claim()
        manifest = self._manifest()
        self._plan.folder.write_json(MANIFEST_NAME, manifest.to_json())
        self._tidy(manifest)
        return manifest

    def abandon(self) -> None:
        """Remove what was landed of a result that must not be landed; an earlier result stays."""
        if self._open is not None:
            self._open.discard()
            self._open = None
        if self._has_claim():  # Else its parts may be those of the attempt that took over.
            self._remove([*(part.name for part in self._durable.own_parts), CHECKPOINT_NAME])

    def _found(self) -> tuple[Manifest | None, Checkpoint | None]:
        """Read what is there; what cannot be read is as good as absent, since it is about to be replaced."""
        folder = self._plan.folder
        try:
            manifest = folder.read_json(MANIFEST_NAME)
            checkpoint = folder.read_json(CHECKPOINT_NAME)
            return (
                None if manifest is None else Manifest.from_json(manifest, f"{folder}/{MANIFEST_NAME}"),
                None if checkpoint is None else Checkpoint.from_json(checkpoint),
            )
        except ManifestError as e:
            self._log.warning("%s It is replaced.", e)
            return None, None

    def _sizes(self, manifest: Manifest | None, checkpoint: Checkpoint | None) -> dict[str, int | None]:
        parts = (manifest.parts if manifest else ()) + (checkpoint.own_parts if checkpoint else ())
        return {part.name: self._plan.folder.size(part.name) for part in parts}

    def _go_on_from(self, earlier: Checkpoint) -> None:
        self._durable = earlier.taken_over(self._durable.session)
        self._read = self._written = earlier.progress
        self._save(self._durable)
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

    def _part_for(self, group: Group) -> OpenPart:
        if self._open is not None and not self._plan.format.fits(self._open.columns, group.columns):
            self._publish_open()
        if self._open is None:
            name = new_part_name(len(self._durable.parts), self._plan.format.suffix)
            self._open = OpenPart(self._plan, name, group.columns)
        return self._open

    def _publish_open(self) -> None:
        if self._open is None:
            return
        columns, part = self._open.columns, self._open.publish(self._plan.folder)
        self._open = None
        self._require_claim(part)
        parts = (*self._durable.parts, LandedPart(part, columns))
        self._durable = replace(self._durable, parts=parts, columns=columns, progress=self._written)
        self._save(self._durable)
        self._log.info(
            "Landed part %d: %d rows, %.1f MiB; %d rows in all so far.",
            len(parts),
            part.rows,
            part.bytes / 2**20,
            self._written.rows,
        )

    def _give_all_parts_the_same_columns(self) -> None:
        for index, landed in enumerate(self._durable.parts):
            if not self._plan.format.fits(landed.columns, self._durable.columns):
                self._widen(index, landed)

    def _widen(self, index: int, landed: LandedPart) -> None:
        columns = self._durable.columns
        name = new_part_name(index, self._plan.format.suffix)
        parts = list(self._durable.parts)
        parts[index] = LandedPart(widened(landed, name, self._plan, columns), columns)
        self._durable = replace(self._durable, parts=tuple(parts))
        self._save(self._durable)

    def _manifest(self) -> Manifest:
        done, progress, plan = self._durable, self._durable.progress, self._plan
        return Manifest(
            handle=plan.handle,
            format=plan.format.name,
            compression=plan.format.compression,
            select=plan.select,
            columns=done.columns,
            parts=done.own_parts,
            started_at=done.started_at,
            finished_at=self._now(),
            pages=progress.pages,
            retries=progress.retries,
            resumed=done.resumed,
            row_count=progress.row_count,
            partial=progress.partial,
            warnings=progress.warnings,
        )

    def _require_claim(self, *published: Part) -> None:
        """Go on only while nobody else has claimed the folder; else take back what nobody knows of."""
        if self._has_claim():
            return
        self._remove(part.name for part in published)
        manifest, checkpoint = self._found()
        taker = checkpoint.key.query_id if checkpoint else manifest.handle.id if manifest else ""
        raise LandingTakenOverError(str(self._plan.folder), by_same_query=taker == self._plan.key.query_id)

    def _has_claim(self) -> bool:
        found = self._plan.folder.read_json(CHECKPOINT_NAME)
        return found is not None and found.get("session") == self._durable.session

    def _save(self, checkpoint: Checkpoint) -> None:
        self._plan.folder.write_json(CHECKPOINT_NAME, checkpoint.to_json())

    def _tidy(self, manifest: Manifest) -> None:
        """Remove what the manifest does not name: older results, and parts of attempts that died before they noted them."""
        named = {part.name for part in manifest.parts}
        names = self._plan.folder.names()
        self._remove(name for name in names if is_part_name(name) and name not in named)
        self._remove([*self._plan.folder.half_written(), CHECKPOINT_NAME])

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            self._plan.folder.remove(name)
