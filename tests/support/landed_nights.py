"""Results of one query landed night by night in folders beside each other, without a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from logging import getLogger
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.layout import RowLayout
from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.results.drift.baseline import candidates_beside, newest_earlier
from airflow_provider_veza.results.drift.partial import PartialCheck
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.formats.known_formats import output_format
from airflow_provider_veza.results.landing import Landing
from airflow_provider_veza.results.landing_limits import LandingLimits
from airflow_provider_veza.results.landing_plan import LandingPlan
from airflow_provider_veza.results.reading import LandedResult
from airflow_provider_veza.results.table_options import NO_OPTIONS, TableOptions
from airflow_provider_veza.services.veza_layout import LAYOUT

FIRST_NIGHT = datetime(2026, 1, 1, 2, 0, tzinfo=UTC)


@dataclass
class Nights:
    """Lands results; each night is a day later than the one before.

    :param place: the folder or URL that holds all nights.
    :param part_bytes: by default a part holds a few rows only.
    """

    place: str
    format: str = "jsonl"
    compression: str | None = None
    layout: RowLayout = LAYOUT
    part_bytes: int = 400
    landed: int = field(default=0, init=False)

    def land(
        self,
        rows: Sequence[Mapping[str, Any]],
        name: str = "",
        *,
        select: Sequence[str] | None = None,
        partial: bool = False,
        options: TableOptions = NO_OPTIONS,
        run_at: datetime | None = None,
        clock: timedelta = timedelta(0),
        **of_handle: Any,
    ) -> LandedResult:
        """Land rows, in parts of a few rows each.

        :param clock: by how much the worker's clock is ahead.
        :param of_handle: what the query's handle says other than by default.
        """
        at = FIRST_NIGHT + timedelta(days=self.landed)
        self.landed += 1
        folder = Folder(f"{self.place}/{name or at.date()}")
        handle = replace(_handle(at), **of_handle)
        of_table: dict[str, Any] = {"layout": self.layout, "select": select, "options": options}
        form = output_format(self.format, compression=self.compression, **of_table)
        limits = LandingLimits(part_bytes=self.part_bytes)
        with TemporaryDirectory() as scratch:
            chosen = None if select is None else tuple(select)
            plan = LandingPlan(folder, handle, form, Path(scratch), chosen, limits, options, run_at)
            landing = Landing(plan, getLogger("nights"), lambda: at + clock)
            landing.begin()
            for start in range(0, max(len(rows), 1), 3):
                token = str(start) if start + 3 < len(rows) else None
                landing.take(Page(JsonRows.of(rows[start : start + 3]), token, partial=partial))
            return LandedResult(folder, landing.finish(), self.layout)


def baseline_of(result: LandedResult) -> str | None:
    """Return the name of the folder that a result is compared with; None where there is none yet."""
    found = newest_earlier(result.manifest, candidates_beside(result.folder), PartialCheck.FAIL).baseline
    return None if found is None else str(found.folder).rpartition("/")[2]


def user(name: str, **properties: Any) -> dict[str, Any]:
    """Return a row of the kind that has one node."""
    return {"id": name, "type": "OktaUser", "properties": {"name": name, **properties}, "risk_level": "NONE"}


def path(source: str, destination: str, permissions: Sequence[str] = (), **properties: Any) -> dict[str, Any]:
    """Return a row of the kind that has a source and a destination."""
    return {
        "source": {"id": source, "type": "OktaUser", "properties": {"name": source, **properties}, "risk_level": "LOW"},
        "concrete_permissions": list(permissions),
        "destination": {"id": destination, "type": "S3Bucket", "properties": {}, "risk_level": "HIGH"},
    }


def _handle(at: datetime) -> QueryHandle:
    return QueryHandle(
        service="veza_nodes",
        id=f"query-of-{at.date()}",
        tenant="https://acme.vezacloud.com",
        conn_id="veza_default",
        submitted_at=at,
        deadline=Deadline.after(at, timedelta(days=1)),
        fingerprint="of-the-spec",
    )
