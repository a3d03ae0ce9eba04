"""A look at what a task has landed, a few rows bounded in bytes and time; who may look is decided in :mod:`.app`."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_veza.exceptions import AsyncQueryError
from airflow_provider_veza.pages.bounded_look import LOOKS, NoLook
from airflow_provider_veza.pages.facts import mapping_of

if TYPE_CHECKING:
    from airflow_provider_veza.results.manifest import Manifest

log = logging.getLogger(__name__)

MOST_BYTES = 32 * 1024 * 1024
"""Of a part, for its first rows: a row group of Parquet is read as a whole."""
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class LandedLook:
    """What a look at a landed result showed.

    :param why_not: why there are no rows here, in a sentence; empty where there are.
    """

    rows: Sequence[Mapping[str, Any]] = ()
    manifest: Manifest | None = None
    why_not: str = ""


def landed_look(returned: object, rows: int, patience: float = PATIENCE_SECONDS) -> LandedLook | None:
    """Look at what a task has landed; it never raises, and never takes much longer than its patience.

    :param returned: what the task has returned; None is the answer unless it is the summary of a landing.
    :param rows: how many may be shown; with none the storage is not asked at all.
    """
    summary = mapping_of(returned)
    manifest = summary.get("manifest")
    if not isinstance(manifest, str) or not manifest:
        return None
    if rows < 1:
        return LandedLook(why_not="Rows are shown only where [veza] preview_rows allows it.")
    end = time.monotonic() + patience
    look = LOOKS.within(patience, lambda: _look(manifest, summary.get("query_id"), rows, end))
    return LandedLook(why_not=look) if isinstance(look, NoLook) else look


def _look(manifest: str, query_id: object, rows: int, end: float) -> LandedLook:
    try:
        return _seen(manifest, query_id, rows, end)
    except Exception as e:
        # What storages say of themselves is for whoever reads this log, not for whoever may read the task.
        log.warning("The page of a task could not show what it has landed: %s: %s", type(e).__name__, e)
        kind = type(e).__name__ if isinstance(e, AsyncQueryError) else "an unforeseen error"
        return LandedLook(why_not=f"They could not be read here ({kind}); the log of the API server says why.")


def _seen(manifest: str, query_id: object, rows: int, end: float) -> LandedLook:
    from airflow_provider_veza.results.reading import find_landed

    def go_on() -> None:
        if time.monotonic() > end:
            raise TimeoutError("the time for a look is over")

    result = find_landed(manifest, dotted_names=True)
    if result.manifest.handle.id != query_id:
        return LandedLook(why_not="The folder holds the result of another query by now.")
    return LandedLook(result.first_rows(rows, most_bytes=MOST_BYTES, go_on=go_on), result.manifest)
