"""Which hook serves a handle; a table of import paths, so that nothing is imported before it is needed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.exceptions import HandleError

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.base import AsyncQueryHook
    from airflow_provider_veza.hooks.bound import BoundQuery

_HOOKS = {
    "veza_nodes": ("airflow_provider_veza.hooks.veza", "VezaHook"),
    "veza_result": ("airflow_provider_veza.hooks.veza", "VezaHook"),
    "esql": ("airflow_provider_veza.hooks.esql", "EsqlHook"),
}


def query_of(handle: QueryHandle, conn_id: str = "") -> BoundQuery:
    """Return a query bound to a client that is made at its first use.

    :param conn_id: instead of the connection that the handle names.
    """
    from airflow_provider_veza.hooks.bound import BoundQuery

    conn_id = conn_id or handle.conn_id
    return BoundQuery(handle, conn_id, lambda: hook_of(handle.service, conn_id))


def hook_of(service: str, conn_id: str) -> AsyncQueryHook:
    """Return a hook on ``conn_id`` that can look at queries of ``service``.

    :raises HandleError: when no hook knows the service.
    """
    if service not in _HOOKS:
        raise HandleError(f"No hook knows the service {service!r}; this provider knows {', '.join(_HOOKS)}.")
    module, name = _HOOKS[service]
    hook_class = getattr(import_module(module), name)
    return cast("AsyncQueryHook", hook_class(**{hook_class.conn_name_attr: conn_id}))
