"""The sensor for Veza queries; how it waits is in :mod:`.base`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_veza.operators.veza_question import DEFAULT_CONN_ID, UI_COLOR, veza_hook
from airflow_provider_veza.sensors.base import AsyncQuerySensor

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.veza import VezaHook


class VezaQuerySensor(AsyncQuerySensor):
    """Succeed when a Veza query has succeeded; see :class:`~.base.AsyncQuerySensor`.

    :param veza_conn_id: Airflow connection of type ``veza``.
    """

    template_fields: Sequence[str] = (*AsyncQuerySensor.template_fields, "veza_conn_id")
    ui_color = UI_COLOR

    def __init__(self, *, veza_conn_id: str = DEFAULT_CONN_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.veza_conn_id = veza_conn_id

    @cached_property
    def hook(self) -> VezaHook:
        """The client of the tenant."""
        return veza_hook(self.veza_conn_id)
