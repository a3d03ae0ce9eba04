"""How many rows a landed result may have.

Whether the service must have counted as many is in :mod:`.row_count`.
"""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import ArgumentError, TooManyRowsError
from airflow_provider_veza.results.bad_text import OnBadText
from airflow_provider_veza.results.checkpoint import Progress
from airflow_provider_veza.results.defaults import DEFAULT_PART_BYTES
from airflow_provider_veza.results.refusals import require_no_count_of_zero, require_rows, require_whole
from airflow_provider_veza.results.row_count import RowCountCheck


@dataclass(frozen=True)
class LandingLimits:
    """What a result may be.

    :param max_rows: more rows are an error, found before they fill a disk; None for no bound.
    :param fail_on_empty: whether no rows at all, or a count of zero, is an error.
    :param part_bytes: JSON text that a part holds at most, give or take a page.
    :param allow_partial: whether a result that the service calls partial may be landed.
    :param on_bad_text: what happens to half of a character.
    """

    max_rows: int | None = None
    fail_on_empty: bool = False
    row_count_check: RowCountCheck = RowCountCheck.FAIL
    part_bytes: int = DEFAULT_PART_BYTES
    allow_partial: bool = True
    on_bad_text: OnBadText = OnBadText.FAIL

    def __post_init__(self) -> None:
        for name in ("max_rows", "part_bytes"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ArgumentError(f"{name} must be at least 1, not {value!r}.")

    def require_found_fits(self, read: Progress, query_id: str, log: TaskLog) -> None:
        """Refuse what was landed of this result before, under other bounds than these.

        :raises ResultsError: as the other methods here do.
        """
        self.require_fit(Page(partial=read.partial, warnings=read.warnings))
        self.require_not_too_many(read)
        if read.all_read:
            self.require_complete(read, query_id, log)

    def require_fit(self, page: Page) -> None:
        """Refuse a page of a result that the service calls partial, and a count of zero, unless that is allowed.

        :raises PartialResultError: with what the service says is missing.
        :raises EmptyResultError: where the count is zero and ``fail_on_empty``.
        """
        if not self.allow_partial:
            require_whole(page)
        if self.fail_on_empty:
            require_no_count_of_zero(page)

    def require_not_too_many(self, read: Progress) -> None:
        """Refuse a result that has, or by the service's own count will have, too many rows.

        :raises TooManyRowsError: naming the bound.
        """
        if self.max_rows is None:
            return
        if self.row_count_check is RowCountCheck.FAIL and (read.row_count or 0) > self.max_rows:
            raise TooManyRowsError(f"The service counts {read.row_count} rows, more than {self._bound}")
        if read.rows > self.max_rows:
            raise TooManyRowsError(f"The result has more rows than {self._bound}")

    def require_complete(self, read: Progress, query_id: str, log: TaskLog) -> None:
        """Refuse a result that is empty, or not what the service counted.

        :raises EmptyResultError: where there is nothing and ``fail_on_empty``.
        :raises RowCountError: with both numbers, unless ``row_count_check`` is ``warn``.
        """
        if self.fail_on_empty:
            require_rows(read.rows)
        self.row_count_check.require(counted=read.row_count, came=read.rows, query_id=query_id, log=log)

    @property
    def _bound(self) -> str:
        return (
            f"max_rows={self.max_rows} allows. None of these rows were landed; what was landed before stays as it was. "
            "Ask for less, or raise max_rows."
        )
