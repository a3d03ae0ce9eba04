"""The arguments that say what to ask Veza, shared by the operators that submit; the lifecycle is in :mod:`.submitting`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.links.query import VezaQueryLink
from airflow_provider_veza.operators.submitting import SubmittingOperator

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.veza import VezaHook
    from airflow_provider_veza.services.veza_query import VezaQuery

DEFAULT_CONN_ID = "veza_default"
QUERY_FIELDS = (
    "query_spec",
    "saved_query_id",
    "result_kind",
    "cache_mode",
    "max_staleness",
    "cache_id",
    "veza_conn_id",
)
TEMPLATE_EXTENSIONS = (".json", ".yaml", ".yml")
UI_COLOR = "#d9e8f5"


class VezaQuestionOperator(SubmittingOperator):
    """An operator that asks Veza something.

    :param query_spec: the spec as Veza's Query Builder takes it; a dict, or the path of a templated ``.json``/``.yaml`` file.
    :param saved_query_id: id of a query that is saved in the tenant, to run instead of a spec. The path of that run is inferred
        (connection extra ``saved_query_create_path``). ``cache_mode`` may be ``cached_result_if_available`` or ``immediate_run``;
        without it the tenant decides.
    :param result_kind: ``nodes`` (rows in pages, cache, cancel) or ``result`` (as ``query_spec:result_async_create``).
    :param cache_mode: ``cached_result_if_available`` (default), ``immediate_run`` or ``cached_result_context``.
    :param max_staleness: how old a cached result may be: timedelta, seconds or ``"86400s"``; default 24 hours.
    :param cache_id: the cached result to attach to, with ``cached_result_context`` only.
    :param rewrite_deprecated: rewrite deprecated top-level fields of the spec to ``relates_to_exp``.
    :param veza_conn_id: Airflow connection of type ``veza``.
    """

    template_fields: Sequence[str] = QUERY_FIELDS
    template_ext: Sequence[str] = TEMPLATE_EXTENSIONS
    template_fields_renderers = {"query_spec": "json"}
    operator_extra_links = (VezaQueryLink(),)
    ui_color = UI_COLOR

    def __init__(
        self,
        *,
        query_spec: dict[str, Any] | str | None = None,
        saved_query_id: str | None = None,
        result_kind: str = "nodes",
        cache_mode: str | None = None,
        max_staleness: timedelta | float | str | None = None,
        cache_id: str | None = None,
        rewrite_deprecated: bool = False,
        veza_conn_id: str = DEFAULT_CONN_ID,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.query_spec = query_spec
        self.saved_query_id = saved_query_id
        self.result_kind = result_kind
        self.cache_mode = cache_mode
        self.max_staleness = max_staleness
        self.cache_id = cache_id
        self.rewrite_deprecated = rewrite_deprecated
        self.veza_conn_id = veza_conn_id

    @cached_property
    def hook(self) -> VezaHook:
        """The client of the tenant."""
        return veza_hook(self.veza_conn_id)

    def checked_query(self) -> VezaQuery:
        """Return the query, checked; warnings go to the task log."""
        from airflow_provider_veza.operators.spec_text import parsed_spec
        from airflow_provider_veza.services.veza_query import check_query

        checked = check_query(
            parsed_spec(self.query_spec),
            saved_query_id=self.saved_query_id,
            result_kind=self.result_kind,
            cache_mode=self.cache_mode,
            max_staleness=self.max_staleness,
            cache_id=self.cache_id,
            rewrite_deprecated=self.rewrite_deprecated,
        )
        for text in checked.warnings:
            self.log.warning("%s", text)
        return checked.query

    def submit(self, query: VezaQuery, *, deadline: Deadline) -> QueryHandle:
        """Send the query to the tenant."""
        return self.hook.submit(query, deadline=deadline)


def veza_hook(conn_id: str) -> VezaHook:
    """Return a hook; imported when a task runs, so that parsing a DAG file loads no HTTP library."""
    from airflow_provider_veza.hooks.veza import VezaHook

    return VezaHook(conn_id)
