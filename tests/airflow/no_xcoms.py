"""An auth manager of Airflow 3 that lets everybody see DAGs and tasks, and nobody XComs."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager


class NoXComs(SimpleAuthManager):
    """Airflow's simple auth manager, but for one right."""

    def is_authorized_dag(self, *, access_entity: DagAccessEntity | None = None, **asked: Any) -> bool:
        """Whether a user may do that to a DAG."""
        return access_entity is not DagAccessEntity.XCOM and super().is_authorized_dag(
            access_entity=access_entity, **asked
        )
