"""Where and how the rows of one query are landed; pure data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.results.checkpoint import LandingKey
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.formats.format import Format
from airflow_provider_veza.results.landing_limits import LandingLimits
from airflow_provider_veza.results.table_options import NO_OPTIONS, TableOptions


@dataclass(frozen=True)
class LandingPlan:
    """Where and how a query's rows are landed.

    :param scratch: a local folder for parts in the making.
    :param select: names of the columns to write, in this order; None for all.
    :param options: with which the format was made.
    :param run_at: when the run that lands was due (UTC); None outside a run.
    """

    folder: Folder
    handle: QueryHandle
    format: Format
    scratch: Path
    select: tuple[str, ...] | None = None
    limits: LandingLimits = field(default_factory=LandingLimits)
    options: TableOptions = NO_OPTIONS
    run_at: datetime | None = None

    @property
    def key(self) -> LandingKey:
        """What two attempts must share to go on with each other's parts."""
        return LandingKey.of(self.handle, self.format.name, self.format.compression, self.select, self.options)
