"""Says where a place that the attempts of a task must share lies on one host alone; it moves nothing and refuses nothing."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.ownership.airflow_versions import executor_is_local


def warn_of_unshared(places: Mapping[str, str | None], log: TaskLog) -> None:
    """Warn, once for all places of a task, of those on a disk where Airflow's executor runs tasks on several hosts.

    :param places: paths by the name of the argument or option; None and empty ones are passed over.
    """
    on_disk = [f"{name}={place}" for name, place in places.items() if place and _is_on_disk(place)]
    if on_disk and not executor_is_local():
        log.warning(
            "%s on a disk, while this Airflow's executor runs tasks on several hosts: unless it is a volume that all of them "
            "mount, a retry on another host finds neither the record of a live query nor the parts that were landed. Use an "
            "object storage path, such as s3://conn_id@bucket/folder.",
            ", ".join(on_disk),
        )


def _is_on_disk(place: str) -> bool:
    scheme, separator, _ = place.partition("://")
    return not separator or scheme in ("file", "local")
