"""What a trigger tells the task it resumes: the outcome and the handle, never a row; pure data with an allow-list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.json_value import words_of
from airflow_provider_veza.async_query.watch import Ended, Outcome
from airflow_provider_veza.exceptions import LONGEST_MESSAGE, QueryUnreachableError
from airflow_provider_veza.shown import one_line, shortened

EVENT_VERSION = 1


@dataclass(frozen=True)
class WaitEvent:
    """The end of a deferred wait."""

    handle: QueryHandle
    ended: Ended

    def to_json(self) -> dict[str, Any]:
        """Return the event as plain JSON types."""
        return {
            "v": EVENT_VERSION,
            "outcome": self.ended.outcome.value,
            "detail": shortened(one_line(self.ended.detail), LONGEST_MESSAGE),
            "rows": self.ended.rows,
            "looks": self.ended.looks,
            "failed_looks": self.ended.failed_looks,
            "handle": self.handle.to_json(),
        }

    @classmethod
    def from_json(cls, event: Any) -> WaitEvent:
        """Read the event a task was resumed with.

        :raises QueryUnreachableError: when it is empty or names no known outcome; that is never taken for success.
        """
        try:
            ended = Ended(
                Outcome(event["outcome"]),
                words_of(event.get("detail") or ""),
                _count(event.get("rows")),
                looks=_count(event.get("looks")) or 0,
                failed_looks=_count(event.get("failed_looks")) or 0,
            )
            return cls(QueryHandle.from_json(event["handle"]), ended)
        except Exception as e:
            raise QueryUnreachableError(
                f"The task was resumed with an event that tells no outcome ({words_of(event)}: {type(e).__name__}: {e}), so the "
                "query's state is unknown. The next retry finds the query and goes on waiting for it."
            ) from e


def _count(rows: Any) -> int | None:
    return rows if isinstance(rows, int) and not isinstance(rows, bool) else None
