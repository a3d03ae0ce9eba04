"""What Veza answers to a create of the nodes family, be it of a spec or of a saved query; sans-I/O."""

from __future__ import annotations

from typing import Any

from airflow_provider_veza.async_query.lone_surrogates import is_whole
from airflow_provider_veza.async_query.message import Response
from airflow_provider_veza.async_query.vocabulary import Submitted
from airflow_provider_veza.exceptions import MalformedResponseError
from airflow_provider_veza.services.veza_errors import json_object


def read_submitted(response: Response, *, owned: bool, may_be_stale: bool) -> Submitted:
    """Return the ids that the answer names.

    :param owned: whether the create asked for a query of its own.
    :param may_be_stale: whether its first success may show an older answer.
    :raises MalformedResponseError: when the answer names no query.
    """
    answer = json_object(response)
    query_id = answer.get("query_result_id")
    if not isinstance(query_id, str) or not query_id or not is_whole(query_id):
        raise MalformedResponseError(f"Veza accepted the query but sent no query_result_id (fields: {sorted(answer)}).")
    return Submitted(
        id=query_id,
        cache_id=_id_or_none(answer.get("cache_id")),
        last_completed_cache_id=_id_or_none(answer.get("last_completed_cache_id")),
        owned=owned,
        may_be_stale=may_be_stale,
    )


def _id_or_none(value: Any) -> str | None:
    """Return an id that is nice to have: a query that is accepted is not lost for a cache id that is none."""
    return value if isinstance(value, str) and value and is_whole(value) else None
