"""The hook of ES|QL queries, on Airflow's connection type `elasticsearch`: submits queries and finds them again.

What its connection says is read in :mod:`.esql_settings`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.vocabulary import Snapshot, Submitted
from airflow_provider_veza.exceptions import HandleError
from airflow_provider_veza.hooks.base import AsyncQueryHook, HookSettings
from airflow_provider_veza.hooks.esql_settings import EsqlSettings, read_connection
from airflow_provider_veza.hooks.wall_clock import utc_now
from airflow_provider_veza.services.esql import KEEP_AFTER_DEADLINE, EsqlService
from airflow_provider_veza.services.esql_query import EsqlQuery
from airflow_provider_veza.transport.clients import official_client

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

_COLUMNAR, _DROP_NULL_COLUMNS = "columnar", "drop_null_columns"


class EsqlHook(AsyncQueryHook):
    """A client of one Elasticsearch cluster; needs the extra ``elasticsearch``.

    :param elasticsearch_conn_id: Airflow connection of type ``elasticsearch``, as Airflow's own provider reads it. Elasticsearch
        shows a result only to the API key, or the user, that submitted its query; default ``elasticsearch_default``.
    :param logger_name: under which Airflow logs for this hook; by default its own name.

    .. code-block:: python

        hook = EsqlHook()
        handle = hook.submit(
            EsqlQuery("FROM logs-* | STATS requests = COUNT(*) BY user.name"),
            deadline=Deadline.after(datetime.now(UTC), timedelta(hours=1)),
        )
        while not hook.look(handle, wait=30).phase.is_terminal:
            pass
        rows = [row for page in hook.pages(handle) for row in page.rows]
        hook.release(handle)
    """

    conn_name_attr = "elasticsearch_conn_id"
    default_conn_name = "elasticsearch_default"
    conn_type = "elasticsearch"
    hook_name = "Elasticsearch"

    def __init__(self, *, elasticsearch_conn_id: str = default_conn_name, logger_name: str | None = None) -> None:
        super().__init__(logger_name=logger_name)
        self.elasticsearch_conn_id = elasticsearch_conn_id

    def read_settings(self, conn: Any) -> EsqlSettings:
        """Check an Airflow connection and return what it says."""
        settings = read_connection(conn)
        if settings.unknown_extras:
            self.log.warning(
                "Connection %s: the ES|QL hook does not read the extra %s; is it misspelt?",
                self.conn_id,
                ", ".join(settings.unknown_extras),
            )
        return settings

    def service_for(self, handle: QueryHandle, settings: HookSettings) -> EsqlService:
        """Return the service as it must be to read answers about this query."""
        del settings
        if handle.service != EsqlService.name:
            raise HandleError(
                f"The handle is of service {handle.service!r}, which an elasticsearch connection does not have. No query was "
                "touched."
            )
        return EsqlService(
            columnar=_COLUMNAR in handle.options,
            drop_null_columns=_DROP_NULL_COLUMNS in handle.options,
        )

    def submit(self, query: EsqlQuery, *, deadline: Deadline) -> QueryHandle:
        """Submit a query and return its handle, within about a second; it may have ended by then.

        Elasticsearch keeps the result until an hour after the deadline, or until :meth:`release`.

        :param deadline: after which nobody wants the answer; the handle carries it.
        :raises NoAnswerError: when no answer came: a query may run that nobody can name. It is not sent again.
        :raises RefusedError: when it was not let in, or failed at once; nothing runs.
        :raises RequestError: when the request failed otherwise; no query was started.
        """
        submitted = self.run_flow(EsqlService().submit(query, keep_alive=_keep_alive(deadline)))
        return self._handle(query, submitted, deadline)

    async def asubmit(self, query: EsqlQuery, *, deadline: Deadline) -> QueryHandle:
        """Submit a query; the async twin of :meth:`submit`."""
        submitted = await self.arun_flow(EsqlService().submit(query, keep_alive=_keep_alive(deadline)))
        return self._handle(query, submitted, deadline)

    def stop(self, handle: QueryHandle) -> Snapshot:
        """End a query with the rows that it has, which is then partial (Elasticsearch 8.18 or later).

        :raises RequestError: when the request failed: the query may go on.
        """
        return self.run(cast("EsqlService", self.query(handle).service).stop(handle.id))

    def get_conn(self) -> Elasticsearch:
        """Return the official client on this connection, for requests of the user's own; it is the caller's to close."""
        return official_client(cast("EsqlSettings", self.settings).transport)

    def _handle(self, query: EsqlQuery, submitted: Submitted, deadline: Deadline) -> QueryHandle:
        options = {_COLUMNAR: query.columnar, _DROP_NULL_COLUMNS: query.drop_null_columns}
        return QueryHandle(
            service=query.service,
            id=submitted.id,
            tenant=self.tenant,
            conn_id=self.conn_id,
            submitted_at=utc_now(),
            deadline=deadline,
            fingerprint=query.fingerprint(self.tenant).digest,
            options=tuple(name for name, is_set in options.items() if is_set),
        )


def _keep_alive(deadline: Deadline) -> timedelta:
    return deadline.remaining(utc_now()) + KEEP_AFTER_DEADLINE
