"""Queries about pushed data, asked by the asynchronous endpoints as the provider asks them, and answered with names."""

from __future__ import annotations

from typing import Any

import requests


class Queries:
    """Speaks to one served tenant."""

    def __init__(self, url: str, api_key: str) -> None:
        self._url = f"{url}/api/v1/assessments/query_spec"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {api_key}"

    def rows(self, spec: dict[str, Any]) -> list[dict[str, Any]]:
        created = self._post("nodes_async_create", {"immediate_run": {"request": {"body": spec}}})
        rows: list[dict[str, Any]] = []
        page: dict[str, Any] = {"has_more": True, "next_page_token": ""}
        while page["has_more"]:
            asked = {"query_result_id": created["query_result_id"], "page_token": page["next_page_token"]}
            page = self._post("nodes_async_get", asked)
            assert page["status"] == "DONE", page
            rows += [*page["values"], *page["path_values"]]
        return rows

    def nodes(self, node_type: str, *conditions: dict[str, Any]) -> list[dict[str, Any]]:
        node = {"node_type": node_type, "condition_expression": {"specs": list(conditions)}}
        return self.rows({"source_node_types": {"nodes": [node]}})

    def names(self, node_type: str, *conditions: dict[str, Any]) -> list[str]:
        return [row["properties"]["name"] for row in self.nodes(node_type, *conditions)]

    def access(self, sources: str, destinations: str) -> dict[tuple[str, str], tuple[list[str], list[str]]]:
        """Who relates to what: names of both, raw permissions, effective permissions."""
        paths = self.rows(
            {
                "source_node_types": {"nodes": [{"node_type": sources}]},
                "relates_to_exp": {"specs": [{"node_types": {"nodes": [{"node_type": destinations}]}}]},
                "result_value_type": "SOURCE_AND_DESTINATION_NODES",
            }
        )
        return {
            (path["source"]["properties"]["name"], path["destination"]["properties"]["name"]): (
                path["concrete_permissions"],
                path["abstract_permissions"],
            )
            for path in paths
        }

    def related(self, sources: str, destinations: str) -> set[tuple[str, str]]:
        return set(self.access(sources, destinations))

    def _post(self, verb: str, body: object) -> dict[str, Any]:
        response = self._session.post(f"{self._url}:{verb}", json=body, timeout=30)
        assert response.status_code == 200, response.text
        return dict(response.json())
