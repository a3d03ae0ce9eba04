"""Which hook serves which handle."""

from __future__ import annotations

import pytest

from airflow_provider_veza.exceptions import HandleError
from airflow_provider_veza.hooks.of_service import hook_of
from airflow_provider_veza.hooks.veza import VezaHook


@pytest.mark.parametrize("service", ["veza_nodes", "veza_result"])
def test_both_veza_families_are_served_by_the_veza_hook_on_the_given_connection(service: str) -> None:
    hook = hook_of(service, "acme")

    assert isinstance(hook, VezaHook)
    assert hook.conn_id == "acme"


def test_a_service_that_no_hook_knows_is_named_beside_those_that_are_known() -> None:
    with pytest.raises(HandleError, match="'bigquery'; this provider knows veza_nodes, veza_result"):
        hook_of("bigquery", "acme")
