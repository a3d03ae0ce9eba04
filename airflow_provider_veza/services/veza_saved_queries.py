"""Saved queries of Veza's Query Builder on the wire: so far the list, which is also the cheapest proof of query rights."""

from __future__ import annotations

from airflow_provider_veza.async_query.message import Call, Request, Response
from airflow_provider_veza.services.veza_errors import json_object

LIST_PATH = "/api/v1/assessments/queries"


def list_one() -> Call[None]:
    """Ask for at most one saved query. It needs the rights that running a query needs, and no others."""
    return Call(Request("GET", LIST_PATH, params={"page_size": "1"}), _read_list)


def _read_list(response: Response) -> None:
    json_object(response)
