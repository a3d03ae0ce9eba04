"""The hook of connection type `veza`: submits queries to a Veza tenant and finds them again.

What its connection says is read in :mod:`.veza_settings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.message import Call
from airflow_provider_veza.async_query.pages import PageTrail
from airflow_provider_veza.async_query.rows import Row
from airflow_provider_veza.async_query.service import QueryService
from airflow_provider_veza.async_query.vocabulary import Page, Submitted
from airflow_provider_veza.exceptions import AsyncQueryError, HandleError
from airflow_provider_veza.hooks.base import AsyncQueryHook, HookSettings
from airflow_provider_veza.hooks.connection_fields import EXTRA_FIELDS, python_form_behaviour
from airflow_provider_veza.hooks.veza_settings import VezaSettings, read_connection
from airflow_provider_veza.hooks.wall_clock import utc_now
from airflow_provider_veza.services.veza_nodes import NodesQuery
from airflow_provider_veza.services.veza_query import VezaQuery
from airflow_provider_veza.services.veza_result import ResultQuery
from airflow_provider_veza.services.veza_saved_queries import SavedNodesQuery, list_one
from airflow_provider_veza.services.veza_spec import check_query_spec
from airflow_provider_veza.services.veza_sync import Result
from airflow_provider_veza.transport.clients import tenant_client

if TYPE_CHECKING:
    import requests

    from airflow_provider_veza.transport.sync import SyncTransport


class VezaHook(AsyncQueryHook):
    """A client of one Veza tenant.

    :param veza_conn_id: Airflow connection of type ``veza``: host is the tenant's URL, password an API key;
        default ``veza_default``.
    :param logger_name: under which Airflow logs for this hook; by default its own name.

    .. code-block:: python

        hook = VezaHook()
        query = check_query({"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}).query
        handle = hook.submit(query, deadline=Deadline.after(datetime.now(UTC), timedelta(hours=1)))
        while not hook.look(handle).phase.is_terminal:
            time.sleep(5)
        rows = [row for page in hook.pages(handle) for row in page.rows]
    """

    conn_name_attr = "veza_conn_id"
    default_conn_name = "veza_default"
    conn_type = "veza"
    hook_name = "Veza"

    def __init__(self, *, veza_conn_id: str = default_conn_name, logger_name: str | None = None) -> None:
        super().__init__(logger_name=logger_name)
        self.veza_conn_id = veza_conn_id

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Return the form's extra fields for Airflow 2.11; later versions read the declarative form of provider info."""
        from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget, BS3TextFieldWidget
        from wtforms import PasswordField, StringField

        # All texts: an empty one is not stored, while a tick box always is, and is sent as "y" or not at all.
        return {
            extra.name: PasswordField(extra.label, description=extra.help_text, widget=BS3PasswordFieldWidget())
            if extra.is_secret
            else StringField(extra.label, description=extra.help_text, widget=BS3TextFieldWidget())
            for extra in EXTRA_FIELDS
        }

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return the form's labels and placeholders for Airflow 2.11."""
        return python_form_behaviour()

    def read_settings(self, conn: Any) -> VezaSettings:
        """Check an Airflow connection and return what it says."""
        settings = read_connection(conn)
        if settings.unknown_extras:
            self.log.warning(
                "Connection %s: nothing reads the extra %s; is it misspelt?",
                self.conn_id,
                ", ".join(settings.unknown_extras),
            )
        if not settings.ui_url("an-id"):
            self.log.warning(
                "Connection %s: ui_url_template makes no http(s) address on the tenant's host, so that no query has a link.",
                self.conn_id,
            )
        return settings

    def service_for(self, handle: QueryHandle, settings: HookSettings) -> QueryService:
        """Return ``veza_nodes`` or ``veza_result`` as this connection configures it."""
        veza = cast("VezaSettings", settings)
        for service in (veza.nodes, veza.result):
            if service.name == handle.service:
                return service
        raise HandleError(
            f"The handle is of service {handle.service!r}, which a veza connection does not have. No query was touched."
        )

    def submit(self, query: VezaQuery, *, deadline: Deadline) -> QueryHandle:
        """Submit a query and return its handle at once.

        :param query: made by :func:`~airflow_provider_veza.services.veza_query.check_query`.
        :param deadline: after which nobody wants the answer; the handle carries it.
        :raises NoAnswerError: when no answer came: the tenant may run a query that nobody can name. It is not sent again.
        :raises RequestError: when the request failed otherwise; no query was started.
        """
        return self._handle(query, self.run(self._submit_call(query)), deadline)

    async def asubmit(self, query: VezaQuery, *, deadline: Deadline) -> QueryHandle:
        """Submit a query; the async twin of :meth:`submit`."""
        await self._asettings()
        return self._handle(query, await self.arun(self._submit_call(query)), deadline)

    def nodes(self, query_spec: Mapping[str, Any]) -> Iterator[Page]:
        """Yield the pages of a query that Veza answers at once (``query_spec:nodes``), one request each.

        Nothing runs on after it, and it must end within the tenant's timeout for synchronous requests; :meth:`submit` what
        takes longer.

        :raises QuerySpecError: when the spec has a wrong shape; nothing was sent.
        :raises RequestError: when a request failed, after the repetitions that may heal it.
        :raises RepeatedPageTokenError: when a page leads back to an earlier one.

        .. code-block:: python

            users = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
            names = [row["properties"]["name"] for page in hook.nodes(users) for row in page.rows]
        """
        spec = self._checked(query_spec)
        return self._paged(lambda token: self._veza.sync.nodes(spec, token))

    def result(self, query_spec: Mapping[str, Any], page_token: str | None = None) -> Result:
        """Return a query's value, which Veza answers at once (``query_spec:result``): as a rule the number of its results.

        :param page_token: ``result.nodes.next_page_token`` of the answer before, where the spec has ``include_nodes``.
        :raises QuerySpecError: when the spec has a wrong shape; nothing was sent.
        """
        return self.run(self._veza.sync.result(self._checked(query_spec), page_token))

    def saved_queries(self, name: str | None = None, *, include_inactive: bool = True) -> Iterator[Row]:
        """Yield the tenant's saved queries as Veza sends them; ``id`` is what others take.

        :param name: only those of exactly this name.
        :param include_inactive: whether inactive ones are among them; default yes.
        """
        saved = self._veza.saved_queries
        pages = self._paged(lambda token: saved.queries(name, token, include_inactive=include_inactive))
        return (query for page in pages for query in page.rows)

    def saved_query_owner(self, query: Mapping[str, Any]) -> str:
        """Return whose a saved query is that :meth:`saved_queries` has yielded, as the tenant names them.

        Which field says so is inferred, and named by the connection's extra ``saved_query_owner_field``.

        :raises MalformedResponseError: when the tenant does not say.
        """
        return self._veza.saved_queries.owner_of(query)

    def saved_query(self, saved_query_id: str) -> Mapping[str, Any]:
        """Return a saved query's definition.

        :raises NotFoundError: when the tenant has no such query.
        """
        return self.run(self._veza.saved_queries.definition(saved_query_id))

    def saved_query_nodes(self, saved_query_id: str) -> Iterator[Page]:
        """Yield the pages of a saved query that Veza answers at once (``queries/{id}:nodes``), one request each."""
        return self._paged(lambda token: self._veza.saved_queries.nodes(saved_query_id, token))

    def saved_query_result(self, saved_query_id: str) -> Result:
        """Return a saved query's value, which Veza answers at once (``queries/{id}:result``)."""
        return self.run(self._veza.saved_queries.result(saved_query_id))

    def get_conn(self) -> requests.Session:
        """Return a ready session: TLS, proxy and User-Agent as the connection says, the key sent to the tenant only.

        A redirect to another host raises :class:`~airflow_provider_veza.exceptions.RedirectRefusedError`.
        """
        if self._transport is None:
            self._transport = tenant_client(self._veza.transport)
        return cast("SyncTransport", self._transport).session

    def test_connection(self) -> tuple[bool, str]:
        """Ask for one saved query, a cheap call that query rights suffice for."""
        try:
            self.run(list_one())
        except AsyncQueryError as e:
            return False, f"{type(e).__name__}: {e}"
        return True, f"{self.tenant} accepts the credentials, and they may read queries."

    @property
    def _veza(self) -> VezaSettings:
        return cast("VezaSettings", self.settings)

    def _submit_call(self, query: VezaQuery) -> Call[Submitted]:
        match query:
            case NodesQuery():
                return self._veza.nodes.submit(query)
            case ResultQuery():
                return self._veza.result.submit(query)
            case SavedNodesQuery():
                return self._veza.saved_queries.submit(query)

    def _paged(self, page: Callable[[str | None], Call[Page]]) -> Iterator[Page]:
        trail, token = PageTrail(), None
        while True:
            read = self.run(page(token))
            yield read
            token = trail.advance(read)
            if token is None:
                return

    def _checked(self, query_spec: Mapping[str, Any]) -> Mapping[str, Any]:
        checked = check_query_spec(query_spec)
        for text in checked.warnings:
            self.log.warning("%s", text)
        return checked.body

    def _handle(self, query: VezaQuery, submitted: Submitted, deadline: Deadline) -> QueryHandle:
        now = utc_now()
        return QueryHandle(
            service=query.service,
            id=submitted.id,
            tenant=self.tenant,
            conn_id=self.conn_id,
            submitted_at=now,
            deadline=deadline,
            fingerprint=query.fingerprint(self.tenant).digest,
            cache_id=submitted.cache_id,
            last_completed_cache_id=submitted.last_completed_cache_id,
            owned=submitted.owned,
            stale_until=now + self._veza.stale_grace if submitted.may_be_stale else None,
        )
