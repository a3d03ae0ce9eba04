"""Which landed result another one may be compared with; it reads manifests and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from airflow_provider_veza.exceptions import BaselineError, ForeignFileError, ManifestError
from airflow_provider_veza.results.drift.partial import PartialCheck
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.manifest import Manifest
from airflow_provider_veza.results.manifest_file import find_manifest
from airflow_provider_veza.results.reading import LandedResult

DRIFT_SERVICE = "drift"
"""Stands for the service in the manifests of differences: no service has a query with these rows."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_READERS = 8
"""Manifests read at the same time: on slow storage, those of a year of nights take seconds and not a minute."""


@dataclass(frozen=True)
class Unreadable:
    """A folder whose manifest cannot be read: nobody knows what was landed there, or when."""

    folder: Folder
    problem: str


Candidate = LandedResult | Unreadable


@dataclass(frozen=True)
class PassedOver:
    """A result that is no baseline, and why."""

    folder: Folder
    why: str


@dataclass(frozen=True)
class BaselineChoice:
    """What a result is compared with.

    :param baseline: None where no result was landed earlier, which is what a first run finds.
    :param passed_over: what is newer than that and might have been it; on a first run, the results of the same query that are
        not earlier.
    """

    baseline: LandedResult | None
    passed_over: tuple[PassedOver, ...] = ()


def candidates_beside(folder: Folder) -> list[Candidate]:
    """Return what was landed in the folders beside this one.

    :raises LandingError: when the storage does not answer.
    """
    with ThreadPoolExecutor(_READERS) as pool:
        return [found for found in pool.map(_candidate, folder.siblings()) if found is not None]


def newest_earlier(current: Manifest, candidates: Iterable[Candidate], partial: PartialCheck) -> BaselineChoice:
    """Return the newest result of the same query, tenant and connection that is earlier than the current one.

    Earlier is what an earlier run of the DAG landed, whatever clocks said; where a manifest knows no run, what was finished
    earlier. A partial result is passed over, unless it may be compared; so is one that cannot be read.

    :raises BaselineError: where there are earlier results, but none that the current one can be compared with.
    """
    candidates = list(candidates)
    earlier = sorted((found for found in candidates if _is_earlier(found, current)), key=_when, reverse=True)
    passed_over: list[PassedOver] = []
    for candidate in earlier:
        hindrances = _hindrances(current, candidate, partial)
        if isinstance(candidate, LandedResult) and not hindrances:
            return BaselineChoice(candidate, tuple(passed_over))
        passed_over.append(PassedOver(candidate.folder, f"it differs in: {'; '.join(hindrances)}"))
    if not earlier:
        return BaselineChoice(None, tuple(_later(current, candidates, partial)))
    shown = "; ".join(_hindrances(current, earlier[0], partial))
    raise BaselineError(
        f"None of the {len(earlier)} earlier results beside this one can be its baseline. The newest "
        f"differs in: {shown}. Nothing was compared. Give each query a folder of its own, or name a baseline=.",
        about=f"the newest: {earlier[0].folder}",
    )


def require_comparable(current: LandedResult, baseline: LandedResult) -> None:
    """Refuse a baseline that was named but is the current result itself, or a copy of it, or is of another query.

    One folder may be called by several paths, such as with and without a connection; so it is the manifests that are compared.
    The connection of the baseline's query may be another one, as long as it led to the same tenant.

    :raises BaselineError: saying what differs.
    """
    if baseline.manifest == current.manifest:
        raise BaselineError(
            "The baseline and the current result are the same. Nothing was compared.", about=current.folder
        )
    if different := list(_differing(current.manifest, baseline.manifest)):
        raise BaselineError(
            f"The baseline is of another query; it differs in: {'; '.join(different)}. Nothing was compared.",
            about=baseline.folder,
        )


def _candidate(folder: Folder) -> Candidate | None:
    try:
        found = find_manifest(folder)
        return None if found is None else LandedResult(folder, found.read())
    except (ForeignFileError, ManifestError) as e:
        return Unreadable(folder, str(e))


def _is_earlier(candidate: Candidate, current: Manifest) -> bool:
    """Whether it was there before; differences that were landed are no result of any query."""
    if isinstance(candidate, Unreadable):
        return True
    return candidate.manifest.is_earlier_than(current) and not _is_drift(candidate)


def _is_drift(candidate: LandedResult) -> bool:
    return candidate.manifest.handle.service == DRIFT_SERVICE


def _later(current: Manifest, candidates: Iterable[Candidate], partial: PartialCheck) -> Iterator[PassedOver]:
    """Yield the results of the same query that are not earlier: a first run beside them may be a slip, or a clock's."""
    for one in candidates:
        if isinstance(one, LandedResult) and not _is_drift(one) and not _hindrances(current, one, partial):
            by_run = one.manifest.run_at is not None and current.run_at is not None
            order = "its run was due" if by_run else "by its worker's clock it was finished"
            moment, own = (
                (one.manifest.run_at, current.run_at) if by_run else (one.manifest.finished_at, current.finished_at)
            )
            yield PassedOver(one.folder, f"{order} at {moment}, not before {own}")


def _when(candidate: Candidate) -> tuple[datetime, datetime]:
    return (_LONG_AGO, _LONG_AGO) if isinstance(candidate, Unreadable) else candidate.manifest.when


def _hindrances(current: Manifest, candidate: Candidate, partial: PartialCheck) -> list[str]:
    if isinstance(candidate, Unreadable):
        return [candidate.problem]
    found = list(_differing(current, candidate.manifest))
    if candidate.manifest.handle.conn_id != current.handle.conn_id:
        found.append(f"the connection ({candidate.manifest.handle.conn_id}, now {current.handle.conn_id})")
    if candidate.manifest.partial and partial is PartialCheck.FAIL:
        found.append("being partial")
    return found


def _differing(current: Manifest, other: Manifest) -> Iterator[str]:
    if other.handle.tenant != current.handle.tenant:
        yield f"the tenant ({other.handle.tenant}, now {current.handle.tenant})"
    elif other.handle.fingerprint != current.handle.fingerprint:
        yield "the query (its spec, or an option that decides what it finds, is another)"
