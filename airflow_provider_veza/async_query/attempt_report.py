"""What an attempt leaves about its query when it ends, for people who look at the task later; no row and no credential.

What was left is shown in :mod:`airflow_provider_veza.pages`; nothing is decided by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

REPORT_VERSION = 1
REPORT_KEY = "veza_report"
"""Under this name an attempt leaves its report in XCom."""


@dataclass(frozen=True)
class AttemptReport:
    """What is known at the end of an attempt.

    :param outcome: how the wait ended; empty where the attempt did not wait.
    :param seen_at: when the end was seen (UTC).
    :param rows: of the result, as the service counts.
    :param looks: of the process that saw the end, the failed ones among them.
    :param cancel: what became of a cancel that the attempt sent; empty where it sent none.
    :param delivered_at: when the rows were delivered (UTC).
    """

    query_id: str
    outcome: str = ""
    seen_at: datetime | None = None
    rows: int | None = None
    looks: int = 0
    failed_looks: int = 0
    cancel: str = ""
    delivered_at: datetime | None = None
    v: int = REPORT_VERSION

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON types."""
        return {
            "v": self.v,
            "query_id": self.query_id,
            "outcome": self.outcome,
            "seen_at": _text(self.seen_at),
            "rows": self.rows,
            "looks": self.looks,
            "failed_looks": self.failed_looks,
            "cancel": self.cancel,
            "delivered_at": _text(self.delivered_at),
        }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
