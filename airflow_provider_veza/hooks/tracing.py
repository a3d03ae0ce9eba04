"""OpenTelemetry spans of this provider, inside those of Airflow where it traces; where it does not, they cost next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace

from airflow_provider_veza.async_query.handle import QueryHandle


@contextmanager
def span(name: str, handle: QueryHandle) -> Iterator[dict[str, str | int]]:
    """Trace a step in the life of a query.

    Yields the attributes that it has in the end; the caller may add what came of it.
    """
    attributes: dict[str, str | int] = {"veza.service": handle.service, "veza.query_id": handle.shown_id}
    begun = trace.get_tracer("airflow_provider_veza").start_span(name)
    if begun is trace.INVALID_SPAN:
        yield attributes
        return
    with trace.use_span(begun, end_on_exit=True) as current:
        try:
            yield attributes
        finally:
            current.set_attributes(attributes)
