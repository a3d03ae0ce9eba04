"""The sensor for ES|QL queries: what it takes.

How it waits is in :mod:`.base`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Unpack

from airflow_provider_veza.operators.airflow_arguments import SensorArguments
from airflow_provider_veza.operators.arguments import Duration, GivenHandle
from airflow_provider_veza.operators.checked import keep
from airflow_provider_veza.operators.connections import ELASTICSEARCH_COLOR, ELASTICSEARCH_CONN_ID, esql_hook
from airflow_provider_veza.sensors.base import AsyncQuerySensor

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.esql import EsqlHook


class EsqlQuerySensor(AsyncQuerySensor):
    """Succeed when an ES|QL query has succeeded; fail, or skip with ``soft_fail``, when it ended otherwise.

    Waiting is idempotent: a retry waits for the same query again. Airflow's flags for sensors mean the same whether it defers
    or not; ``silent_fail`` forgives only that a query cannot be looked at, not that it has ended badly. To wait for the queries
    of a mapped task, map this one: ``.partial(...).expand(handle=submit.output)``.
    Needs the extra ``elasticsearch``.

    :param handle: what a submit task returned, or that as text from a template.
    :param elasticsearch_conn_id: Airflow connection of type ``elasticsearch``, with the credentials that submitted the query;
        default ``elasticsearch_default``.
    :param deferrable: wait in the triggerer and hold no worker; by default as Airflow's ``[operators] default_deferrable`` says.
    :param timeout: how long this attempt waits: timedelta, seconds or ISO 8601 text (``PT1H``); by default as Airflow's
        ``[sensors] default_timeout`` says.
    :param poke_interval: the same for the time between two looks. By default a worker looks every 30 s, and a triggerer by the
        schedule of :class:`~airflow_provider_veza.async_query.polling.PollSchedule`.
    :param max_wait: the same for the longest time between two looks that ``exponential_backoff`` leads to; by default there is
        no bound.
    :param cancel_on_kill: whether the query is cancelled when this task is killed; default no, it is somebody else's.
    :param cancel_on_timeout: whether the query is cancelled when this sensor's ``timeout`` or ``execution_timeout``
        passes; default no.
    """

    elasticsearch_conn_id: str
    template_fields: Sequence[str] = ("handle", "elasticsearch_conn_id", "timeout", "poke_interval", "max_wait")
    ui_color = ELASTICSEARCH_COLOR
    needs_extra = "elasticsearch"

    def __init__(
        self,
        *,
        handle: GivenHandle,
        elasticsearch_conn_id: str = ELASTICSEARCH_CONN_ID,
        deferrable: bool | None = None,
        timeout: Duration | None = None,
        poke_interval: Duration | None = None,
        max_wait: Duration | None = None,
        cancel_on_kill: bool = False,
        cancel_on_timeout: bool = False,
        **kwargs: Unpack[SensorArguments],
    ) -> None:
        super().__init__(**kwargs)
        keep(self, locals())
        self.when_parsed()

    @cached_property
    def hook(self) -> EsqlHook:
        """The client of the cluster."""
        return esql_hook(self.elasticsearch_conn_id)
