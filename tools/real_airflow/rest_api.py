"""Airflow's REST API, stable API v1 (2.11) and v2 (3.x), under one set of words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import quote

import requests

from tools.real_airflow.errors import RestApiError
from tools.real_airflow.release import Generation

ANSWER_LIMIT = 120.0

Json = dict[str, Any]


class MarkedState(Enum):
    """The states that a person may give to a task instance or a DAG run."""

    SUCCESS = "success"
    FAILED = "failed"


@dataclass(frozen=True)
class TaskInstanceKey:
    """Which task instance is meant."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1

    @property
    def path(self) -> str:
        """Return its path below the API's root; a map index is named only where there is one."""
        index = "" if self.map_index < 0 else f"/{self.map_index}"
        return f"{run_path(self.dag_id, self.run_id)}/taskInstances/{quote(self.task_id, safe='')}{index}"


class RestApi(ABC):
    """What the two versions have in common; subclasses say what differs."""

    version: str

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        # A proxy or a .netrc of the caller has no say over loopback.
        self._session.trust_env = False

    @abstractmethod
    def health(self) -> Json:
        """Return the state of every component, by name; the first answer also lets the other calls in."""

    def start_run(self, dag_id: str, run_id: str, conf: Json) -> None:
        """Trigger a DAG."""
        self._call("POST", f"/dags/{quote(dag_id, safe='')}/dagRuns", self._new_run(run_id, conf))

    def knows_dag(self, dag_id: str) -> bool:
        """Tell whether a DAG has been read from its file."""
        return self._get(f"/dags/{quote(dag_id, safe='')}").ok

    def add_connection(self, conn_id: str, **fields: Any) -> None:
        """Keep a connection in Airflow's database."""
        self._call("POST", "/connections", {"connection_id": conn_id, **fields})

    def set_paused(self, dag_id: str, *, paused: bool) -> None:
        """Pause or unpause a DAG."""
        self._call("PATCH", f"/dags/{quote(dag_id, safe='')}", {"is_paused": paused})

    def task(self, dag_id: str, task_id: str) -> Json:
        """Return a task as its DAG file was last read."""
        return self._call("GET", f"/dags/{quote(dag_id, safe='')}/tasks/{quote(task_id, safe='')}")

    def read_again(self, dag_id: str) -> None:
        """Ask for a DAG's file to be read now, once, however often it was asked for since the last time."""
        token = self._call("GET", f"/dags/{quote(dag_id, safe='')}")["file_token"]
        url = f"{self.url}{self.version}/parseDagFile/{quote(token, safe='')}"
        response = self._session.put(url, timeout=ANSWER_LIMIT)
        if response.status_code != requests.codes.conflict:
            _check(response)

    def import_errors(self) -> list[Json]:
        """Return the DAG files that could not be read, and why."""
        errors: list[Json] = self._call("GET", "/importErrors")["import_errors"]
        return errors

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return the state of a DAG run."""
        return str(self._call("GET", run_path(dag_id, run_id))["state"])

    def set_run_state(self, dag_id: str, run_id: str, state: MarkedState) -> None:
        """Mark a DAG run."""
        self._call("PATCH", run_path(dag_id, run_id), {"state": state.value})

    def delete_run(self, dag_id: str, run_id: str) -> None:
        """Delete a DAG run."""
        self._call("DELETE", run_path(dag_id, run_id))

    def task_instances(self, dag_id: str, run_id: str) -> list[Json]:
        """Return every task instance of a run."""
        found: list[Json] = self._call("GET", f"{run_path(dag_id, run_id)}/taskInstances?limit=1000")["task_instances"]
        return found

    def set_task_state(self, key: TaskInstanceKey, state: MarkedState) -> None:
        """Mark a task instance."""
        self._call("PATCH", key.path, self._new_task_state(state))

    def clear_task(self, key: TaskInstanceKey) -> None:
        """Clear a task instance, so that it runs again."""
        body = {
            "dry_run": False,
            "dag_run_id": key.run_id,
            "task_ids": [self._task_to_clear(key)],
            "only_failed": False,
            "reset_dag_runs": True,
        }
        self._call("POST", f"/dags/{quote(key.dag_id, safe='')}/clearTaskInstances", body)

    def xcom(self, key: TaskInstanceKey, name: str) -> Any:
        """Return what a task instance pushed under that name, or None."""
        single = TaskInstanceKey(key.dag_id, key.run_id, key.task_id)
        query = f"map_index={key.map_index}&stringify=false"
        response = self._get(f"{single.path}/xcomEntries/{quote(name, safe='')}?{query}")
        if response.status_code == requests.codes.not_found:
            return None
        return _checked(response)["value"]

    @abstractmethod
    def _new_run(self, run_id: str, conf: Json) -> Json: ...

    @abstractmethod
    def _new_task_state(self, state: MarkedState) -> Json: ...

    @abstractmethod
    def _task_to_clear(self, key: TaskInstanceKey) -> str | tuple[str, int]: ...

    def _get(self, path: str) -> requests.Response:
        return self._session.get(f"{self.url}{self.version}{path}", timeout=ANSWER_LIMIT)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Json:
        url = f"{self.url}{self.version}{path}"
        return _checked(self._session.request(method, url, json=body, timeout=ANSWER_LIMIT))


class RestApiV1(RestApi):
    """Airflow 2.11's; its webserver lets everyone in (see the configuration)."""

    version = "/api/v1"

    def health(self) -> Json:
        """Return the state of every component, by name."""
        return self._call("GET", "/health")

    def _new_run(self, run_id: str, conf: Json) -> Json:
        return {"dag_run_id": run_id, "conf": conf}

    def _new_task_state(self, state: MarkedState) -> Json:
        return {"dry_run": False, "new_state": state.value}

    def _task_to_clear(self, key: TaskInstanceKey) -> str:
        # API v1 knows no map index here: all instances of a mapped task are cleared.
        return key.task_id


class RestApiV2(RestApi):
    """Airflow 3's; a token is given to anyone who asks (see the configuration)."""

    version = "/api/v2"

    def health(self) -> Json:
        """Return the state of every component, by name; the first answer also lets the other calls in."""
        health = self._call("GET", "/monitor/health")
        if "Authorization" not in self._session.headers:
            self._log_in()
        return health

    def delete_run(self, dag_id: str, run_id: str) -> None:
        """Delete a DAG run; one that runs can be deleted only once it is marked."""
        self.set_run_state(dag_id, run_id, MarkedState.FAILED)
        super().delete_run(dag_id, run_id)

    def _log_in(self) -> None:
        token = _checked(self._session.get(f"{self.url}/auth/token", timeout=ANSWER_LIMIT))["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def _new_run(self, run_id: str, conf: Json) -> Json:
        return {"dag_run_id": run_id, "conf": conf, "logical_date": None}

    def _new_task_state(self, state: MarkedState) -> Json:
        return {"new_state": state.value}

    def _task_to_clear(self, key: TaskInstanceKey) -> str | tuple[str, int]:
        return key.task_id if key.map_index < 0 else (key.task_id, key.map_index)


def rest_api(generation: Generation, url: str) -> RestApi:
    """Return the API that this generation of Airflow serves."""
    return RestApiV1(url) if generation is Generation.TWO else RestApiV2(url)


def run_path(dag_id: str, run_id: str) -> str:
    """Return the path of a DAG run below the API's root."""
    return f"/dags/{quote(dag_id, safe='')}/dagRuns/{quote(run_id, safe='')}"


def _checked(response: requests.Response) -> Json:
    _check(response)
    return dict(response.json()) if response.content else {}


def _check(response: requests.Response) -> None:
    if not response.ok:
        request = response.request
        raise RestApiError(f"{request.method} {request.url}: {response.status_code} {response.text[:500]}")
