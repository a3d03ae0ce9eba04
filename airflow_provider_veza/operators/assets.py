"""The Airflow asset (dataset on 2.11) that a landed result is, and the event that tells of a new one.

The task lands its rows by :mod:`.delivery`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import Asset, AssetAlias

from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.operators.rendering import is_template
from airflow_provider_veza.results.manifest import MANIFEST_NAME, Manifest
from airflow_provider_veza.results.storage_place import StoragePlace

log = logging.getLogger(__name__)


def has_fixed_folder(output_path: str) -> bool:
    """Whether a path begins with what is the same in every run, and not with a template."""
    return bool(_fixed(output_path).partition("://")[2] if "://" in output_path else _fixed(output_path))


def landed_asset(output_path: str) -> Asset:
    """Return the asset of what is landed below ``output_path``; schedule a DAG on it.

    The asset is the part of the path that is the same in every run: all folders before the first template. A connection id
    in the path (``s3://conn@bucket``) is no part of the asset.

    >>> landed_asset("s3://aws_default@lake/access/{{ run_id }}").uri
    's3://lake/access'

    :raises ArgumentError: where Airflow takes no such URI for an asset, as for ``sftp://conn_id@/lake``, which names no host.
    """
    uri = _uri(_fixed(output_path))
    try:
        return Asset(uri=uri)
    except ValueError as e:
        raise ArgumentError(
            f"Airflow takes {uri!r} for no asset ({e}). Rows are landed there all the same: name an asset of your own in "
            "outlets=, and schedule on that."
        ) from e


def asset_of_folder(output_path: str) -> Asset | None:
    """Return the same asset, or None where Airflow takes no such URI."""
    try:
        return landed_asset(output_path)
    except ArgumentError as e:
        log.info("%s", e)
        return None


def _uri(path: str) -> str:
    place = StoragePlace.of(path)
    if "://" not in path:
        return f"file://{Path(path).absolute()}"
    return f"{place.scheme}://{place.host}{place.path}"


def _fixed(output_path: str) -> str:
    folders = output_path.split("/")
    templated = (i for i, folder in enumerate(folders) if is_template(folder))
    return "/".join(folders[: next(templated, len(folders))]).rstrip("/")


def announce_landing(manifest: Manifest, folder: str, outlets: list[Any], context: Mapping[str, Any]) -> None:
    """Give the event of each asset among the outlets the manifest as its extra; aliases get the landed folder as an asset.

    The list of parts is left to the manifest's file, since it grows with the result.
    """
    plain = {name: value for name, value in manifest.to_json().items() if name not in ("parts", "marks")}
    extra = {"manifest": f"{folder}/{MANIFEST_NAME}", **plain}
    for outlet in outlets:
        if isinstance(outlet, AssetAlias):
            asset = asset_of_folder(folder)
            if asset is not None:
                context["outlet_events"][outlet].add(asset, extra=extra)
        elif isinstance(outlet, Asset):
            context["outlet_events"][outlet].extra = extra
