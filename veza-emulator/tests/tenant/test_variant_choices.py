"""Setting a switch: at the start, over the admin API and in Python, by names that are checked."""

from __future__ import annotations

from dataclasses import asdict, fields
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.varied import vary
from veza_emulator.reading.fields import Fields, Findings
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant
from veza_emulator.tenant.variant_choices import choices, read_variants
from veza_emulator.variants import EqualSpecs, Variants


def test_switches_are_set_over_the_admin_api_as_they_are_at_the_start(client: Any) -> None:
    chosen = Variants(equal_specs=EqualSpecs.SAME_ID, maximum_page_size=7, failed_status="BROKEN")
    vary(client, equal_specs="same_id", maximum_page_size=7, failed_status="BROKEN")
    assert client.tenant.variants == Tenant(TenantSettings(size=100, variants=chosen)).variants == chosen


def test_each_switch_keeps_its_choice_until_it_is_set_again(client: Any) -> None:
    vary(client, lost_query="not_found")
    vary(client, lost_task="unknown_state")
    standing = client.admin("variants")["variants"]
    assert (standing["lost_query"], standing["lost_task"]) == ("not_found", "unknown_state")


def test_every_switch_tells_its_choices_and_takes_each_of_them(client: Any) -> None:
    listed = client.admin("variants")["choices"]
    named = {name: names for name, names in listed.items() if isinstance(names, list)}
    assert set(listed) == {field.name for field in fields(Variants)}
    for name, names in named.items():
        assert [client.admin("variants", {name: choice})[name] for choice in names] == names


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"lost_query": "vanished"}, "lost_query"),
        ({"lots_query": "not_found"}, "lots_query"),
        ({"failed_status": ""}, "failed_status"),
        ({"maximum_page_size": 0}, "maximum_page_size"),
        ({"rate_limit": 1.5}, "rate_limit"),
        ({"rate_limit": -1}, "rate_limit"),
        ({"drip_seconds": 0}, "drip_seconds"),
        ({"drip_seconds": "slow"}, "drip_seconds"),
        ({"echo_status": 200}, "echo_status"),
        ({"redirect_to": "//127.0.0.1/there"}, "redirect_to"),
        ({"redirect_status": 304}, "redirect_status"),
        ({"warnings": "slow"}, "warnings"),
        ({"nodes_get_path": "/_emulator/health"}, "nodes_get_path"),
        ({"saved_query_create_path": "/api/saved:run"}, "saved_query_create_path"),
    ],
)
def test_a_choice_that_is_none_is_refused_by_its_name(client: Any, wanted: object, field: str) -> None:
    refused = client.call("POST", "/_emulator/variants", json=wanted)
    assert refused.status_code == 400
    assert [violation["field"] for violation in refused.json()["details"][0]["field_violations"]] == [field]
    assert client.admin("variants")["variants"] == {**asdict(Variants()), "warnings": []}


@pytest.mark.parametrize("wrong", [{"maximum_page_size": 0}, {"nodes_get_path": "looks"}, {"running_status": ""}])
def test_a_wrong_choice_in_python_is_refused_by_its_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Variants(**wrong)


@given(st.data())
def test_what_is_shown_of_the_switches_sets_them_again(data: st.DataObject) -> None:
    chosen = {
        name: data.draw(st.sampled_from(names), label=name)
        for name, names in choices().items()
        if isinstance(names, list)
    }
    findings = Findings()
    variants = read_variants(Fields(chosen, findings), Variants())
    again = read_variants(Fields({**asdict(variants), "warnings": []}, findings), Variants())
    assert (again, findings.violations) == (variants, [])
    assert all(isinstance(getattr(variants, name), StrEnum) for name in chosen)
