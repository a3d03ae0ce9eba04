"""Whether as many rows came as the service counted, the same for rows that are landed and rows that go to XCom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import RowCountError


class RowCountCheck(StrEnum):
    """What happens when the service counted other than what came."""

    FAIL = "fail"
    WARN = "warn"

    def require(self, *, counted: int | None, came: int, query_id: str, log: TaskLog) -> None:
        """Compare the rows that came with the service's count, where it has one.

        :raises RowCountError: with both numbers, unless this only warns.
        """
        if counted is None or counted == came:
            return
        if self is RowCountCheck.FAIL:
            raise RowCountError(counted=counted, landed=came, query_id=query_id)
        log.warning("The service counted %d rows, but its pages held %d.", counted, came)


def reconciled(pages: Iterable[Page], check: RowCountCheck, query_id: str, log: TaskLog) -> Iterator[Page]:
    """Yield the pages of a result, and compare them with the service's last count once all are read.

    :raises RowCountError: after the last page, unless the check only warns.
    """
    counted, came = None, 0
    for page in pages:
        counted = counted if page.total is None else page.total
        came += len(page.rows)
        yield page
    check.require(counted=counted, came=came, query_id=query_id, log=log)
