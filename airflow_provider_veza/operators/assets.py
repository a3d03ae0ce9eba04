"""The Airflow asset (dataset on 2.11) that a landed result is, what a task declares for it, and the event of a new one.

The task lands its rows by :mod:`.delivery`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import Asset, AssetAlias

from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.operators.arguments import JoinablePath, StoragePath, path, path_text
from airflow_provider_veza.operators.rendering import is_template
from airflow_provider_veza.results.storage_place import AZURE_SCHEMES, LOCAL_SCHEMES, StoragePlace

if TYPE_CHECKING:
    from airflow_provider_veza.results.manifest import Manifest

log = logging.getLogger(__name__)

_TAKEN_AS_THEY_ARE = frozenset({"s3", "gs", "file"}) | AZURE_SCHEMES
"""In such a URI Airflow only wants to see a bucket, or a path, but loads what all providers have to say of URIs to be told so.

That is the dearest part of a DAG file. No provider says anything of Azure's.
"""
_OF_NO_PROVIDER = "x-veza-landing"
"""A URI that Airflow takes without a look."""
_LONGEST_URI = 1500
_CHANGED_BY_AIRFLOW = re.compile(r"[?#\\\s]|//|/$")


def has_fixed_folder(output_path: str) -> bool:
    """Whether a path begins with what is the same in every run, and not with a template."""
    return bool(_fixed(output_path).partition("://")[2] if "://" in output_path else _fixed(output_path))


def landed_asset(output_path: StoragePath) -> Asset:
    """Return the asset of what is landed below ``output_path``; schedule a DAG on it.

    The asset is the part of the path that is the same in every run: all folders before the first template. A connection id
    in the path (``s3://conn@bucket``) is no part of the asset.

    >>> landed_asset("s3://aws_default@lake/access/{{ run_id }}").uri
    's3://lake/access'

    :raises ArgumentError: where nothing could be landed, where the path is another in each run from its first folder on, or where
        Airflow takes no such URI for an asset, as for ``sftp://conn_id@/lake``, which names no host.
    """
    uri = _uri(_fixed_folder(output_path))
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


def outlet_of_folder(output_path: str) -> Any:
    """Return what a task names among its outlets for the folder that it lands into, or None where Airflow takes no such URI.

    On Airflow 3 that is a reference to whichever asset has the URI, by whatever name an author gave it. One asset for a URI is
    active there: a task that declared another one, of another name, would end before it starts.
    """
    uri = _uri(_fixed(output_path))
    if not _is_taken_as_it_is(uri):
        asset = asset_of_folder(output_path)
        if asset is None:
            return None
        uri = asset.uri
    return Asset.ref(uri=uri) if hasattr(Asset, "ref") else _dataset(uri)


def _dataset(uri: str) -> Asset:
    """Return the dataset of 2.11 that has a URI which Airflow leaves as it is."""
    dataset = Asset(uri=_OF_NO_PROVIDER)
    object.__setattr__(dataset, "uri", uri)
    return dataset


def _is_taken_as_it_is(uri: str) -> bool:
    scheme, _, rest = uri.partition("://")
    names_a_place = rest.startswith("/") == (scheme in LOCAL_SCHEMES) and "/" in rest
    is_taken = scheme in _TAKEN_AS_THEY_ARE and names_a_place and uri.isascii() and len(uri) <= _LONGEST_URI
    return is_taken and not _CHANGED_BY_AIRFLOW.search(rest)


def _uri(path: str) -> str:
    place = StoragePlace.of(path)
    if "://" not in path:
        return f"file://{Path(path).absolute()}"
    return f"{place.scheme}://{place.host}{place.path}"


def _fixed_folder(output_path: StoragePath) -> str:
    """Return what is the same in every run; nothing would ever be landed below another place, and a DAG would wait for ever."""
    given: Any = path_text(output_path) if isinstance(output_path, (str, PathLike, JoinablePath)) else output_path
    if isinstance(given, str) and is_template(given):
        if not has_fixed_folder(given):
            raise ArgumentError(
                f"{given!r} begins with a template, so that no asset is the same in every run. Give what stands before the first "
                "template as it is, or schedule on an asset of your own, which the landing task names in outlets=."
            )
        given = _fixed(given)
    return path(given, "output_path")


def _fixed(output_path: str) -> str:
    if not is_template(output_path):
        return output_path.rstrip("/")
    folders = output_path.split("/")
    templated = (i for i, folder in enumerate(folders) if is_template(folder))
    return "/".join(folders[: next(templated, len(folders))]).rstrip("/")


def announce_landing(manifest: Manifest, folder: str, outlets: list[Any], context: Mapping[str, Any]) -> None:
    """Give the event of each asset among the outlets the manifest as its extra; aliases get the landed folder as an asset.

    The list of parts is left to the manifest's file, since it grows with the result. All of the extra is plain JSON.
    """
    from airflow_provider_veza.results.manifest import manifest_place

    plain = {name: value for name, value in manifest.to_json().items() if name not in ("parts", "marks")}
    extra = {"manifest": manifest_place(folder), **plain}
    events = context["outlet_events"]
    for outlet in outlets:
        if isinstance(outlet, AssetAlias):
            _add_folder(events[outlet], folder, extra)
        elif isinstance(outlet, Asset):
            events[outlet].extra = extra
        elif isinstance(outlet, _references()):
            _tell_referred(events, outlet, extra)


def _references() -> tuple[type, ...]:
    """Return the types by which Airflow 3 refers to an asset that somebody else declares."""
    return (type(Asset.ref(uri="-")), type(Asset.ref(name="-"))) if hasattr(Asset, "ref") else ()


def _add_folder(event: Any, folder: str, extra: Mapping[str, Any]) -> None:
    asset = asset_of_folder(folder)
    if asset is None:
        return
    if hasattr(Asset, "ref"):
        with suppress(*_not_there()):
            event.add(Asset.ref(uri=asset.uri), extra=extra)  # By the name that somebody gave it.
            return
    event.add(asset, extra=extra)


def _tell_referred(events: Any, outlet: Any, extra: Mapping[str, Any]) -> None:
    try:
        events[outlet].extra = extra
    except _not_there():
        log.info("No DAG declares %s, so that nobody is told of this landing by it.", outlet)


def _not_there() -> tuple[type[Exception], ...]:
    """Return what Airflow raises for an asset that nobody declares; outside of a task there is nobody to ask, either."""
    from airflow.sdk.exceptions import AirflowRuntimeError

    return AirflowRuntimeError, ImportError
