"""The sensor for ES|QL queries; how it waits is in :mod:`.base`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_veza.operators.esql_question import DEFAULT_CONN_ID, UI_COLOR, esql_hook
from airflow_provider_veza.sensors.base import AsyncQuerySensor

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.esql import EsqlHook


class EsqlQuerySensor(AsyncQuerySensor):
    """Succeed when an ES|QL query has succeeded; see :class:`~.base.AsyncQuerySensor`. Needs the extra ``elasticsearch``.

    :param elasticsearch_conn_id: Airflow connection of type ``elasticsearch``, with the credentials that submitted the query.
    """

    template_fields: Sequence[str] = (*AsyncQuerySensor.template_fields, "elasticsearch_conn_id")
    ui_color = UI_COLOR

    def __init__(self, *, elasticsearch_conn_id: str = DEFAULT_CONN_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.elasticsearch_conn_id = elasticsearch_conn_id

    @cached_property
    def hook(self) -> EsqlHook:
        """The client of the cluster."""
        return esql_hook(self.elasticsearch_conn_id)
