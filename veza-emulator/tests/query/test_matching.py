"""Which nodes a selector and its conditions mean, case by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.asking import NOON
from tests.small_tenant import (
    node,
    nodes,
    refused,
    related,
    sources,
)
from veza_emulator.graph.tenant_graph import Node, TenantGraph
from veza_emulator.query.evaluation.evaluate import Circumstances
from veza_emulator.query.evaluation.grouped_types import members as members_of
from veza_emulator.query.variables import checked_variables

KNOWN_TYPES = (
    "AwsIamAccessKey", "AwsIamGroupedPermission", "DynamoDBTable", "GithubPersonalAccessToken", "KmsCmk", "MySqlTable",
    "OAA.App.Permission", "OAA.App.User", "OAA.Staff.IDPApp", "OktaApp", "RdsMySqlTable", "RdsMySqlUserInstance",
    "RedshiftSchema", "RedshiftUser", "SecretsManagerSecret", "SharePointSite", "SqlServerDatabaseUser", "SqlServerTable",
)  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"property": "department", "value": "Sales"}, True),
        ({"fn": "EQ", "property": "department", "value": "Sales"}, True),
        ({"fn": "eq", "property": "department", "value": "Sales"}, True),
        ({"fn": "EQ", "property": "department", "value": "sales"}, False),
        ({"fn": "EQ", "property": "department", "value": "Sales", "not": True}, False),
        ({"fn": "EQ", "property": "id", "value": "u1"}, True),
        ({"fn": "EQ", "property": "is_active", "value": True}, True),
        ({"fn": "EQ", "property": "is_active", "value": 1}, False),
        ({"fn": "EQ", "property": "logins", "value": 1.0}, True),
        ({"fn": "EQ", "property": "logins", "value": True}, False),
        ({"fn": "EQ", "property": "not_populated", "value": "x"}, False),
        ({"fn": "EQ", "property": "not_populated", "value": "x", "not": True}, True),
        ({"fn": "IN", "property": "department", "value": ["Legal", "Sales"]}, True),
        ({"fn": "IN", "property": "department", "value": ["Legal"]}, False),
        ({"fn": "IN", "property": "department", "value": []}, False),
        ({"fn": "IN", "property": "logins", "value": [True]}, False),
        ({"fn": "IN", "property": "aws_account_id", "value": "$COOKIE_AWS_ACCOUNT_LIST"}, True),
        ({"fn": "IN", "property": "department", "value": "$COOKIE_AWS_ACCOUNT_LIST"}, False),
        ({"fn": "LT", "property": "logins", "value": 2}, True),
        ({"fn": "LT", "property": "logins", "value": 1}, False),
        ({"fn": "LTE", "property": "logins", "value": 1}, True),
        ({"fn": "GT", "property": "logins", "value": 0.5}, True),
        ({"fn": "GTE", "property": "logins", "value": 1}, True),
        ({"fn": "GT", "property": "logins", "value": "0"}, False),
        ({"fn": "LT", "property": "is_active", "value": False}, False),
        ({"fn": "GT", "property": "is_active", "value": False}, True),
        ({"fn": "LT", "property": "department", "value": "Tales"}, True),
        ({"fn": "LTE", "property": "last_login_at", "value": "$COOKIE_TIMEVAR_90_DAY_AGO"}, True),
        ({"fn": "LT", "property": "last_login_at", "value": "$COOKIE_TIMEVAR_90_DAY_AGO"}, False),
        ({"fn": "LT", "property": "last_login_at", "value": "$COOKIE_TIMEVAR_89_DAY_AGO"}, True),
        ({"fn": "GT", "property": "last_login_at", "value": "2026-08-24T12:30:00+01:00"}, True),
        ({"fn": "CONTAINS", "property": "department", "value": "ale"}, True),
        ({"fn": "CONTAINS", "property": "department", "value": "ALE"}, False),
        ({"fn": "CONTAINS", "property": "logins", "value": "1"}, False),
        ({"fn": "CONTAINS", "property": "mfa_factors", "value": "sms"}, False),
        ({"fn": "EXISTS", "property": "user_type"}, True),
        ({"fn": "EXISTS", "property": "accounts"}, True),
        ({"fn": "EXISTS", "property": "not_populated"}, False),
        ({"fn": "EXISTS", "property": "not_populated", "not": True}, True),
        ({"fn": "LIST_CONTAINS", "property": "mfa_factors", "value": "sms"}, True),
        ({"fn": "LIST_CONTAINS", "property": "mfa_factors", "value": "sm"}, False),
        ({"fn": "LIST_CONTAINS", "property": "department", "value": "Sales"}, False),
        ({"fn": "LIST_ANY_ELEMENT_EQ", "property": "mfa_factors", "value": "push"}, True),
        ({"fn": "LIST_ANY_ELEMENT_CONTAINS", "property": "mfa_factors", "value": "sm"}, True),
        ({"fn": "LIST_ANY_ELEMENT_CONTAINS", "property": "mfa_factors", "value": "call"}, False),
        ({"fn": "LIST_ALL_ELEMENTS_IN", "property": "mfa_factors", "value": ["push", "sms", "call"]}, True),
        ({"fn": "LIST_ALL_ELEMENTS_IN", "property": "mfa_factors", "value": ["sms"]}, False),
        ({"fn": "LIST_ALL_ELEMENTS_IN", "property": "accounts", "value": "$COOKIE_AWS_ACCOUNT_LIST"}, True),
        ({"fn": "LIST_ALL_ELEMENTS_IN", "property": "not_populated", "value": ["sms"]}, False),
        ({"fn": "EQ", "property": "name", "value_property_name": "name"}, True),
        ({"fn": "EQ", "property": "name", "value_property_name": "not_populated"}, False),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, dict) else str(value),
)
def test_a_condition_compares_as_its_function_says(condition: dict[str, Any], holds: bool) -> None:
    spec = {"source_node_types": nodes(node("OktaUser", node_id="u1", condition_expression={"specs": [condition]}))}
    assert sources(spec) == (["u1"] if holds else [])


@pytest.mark.parametrize(
    ("tag", "fields", "holds"),
    [
        ({"key": "team", "value": "finance", "type": "AWS"}, {}, True),
        ({"key": "team", "value": "finance"}, {}, True),
        ({"key": "team"}, {}, True),
        ({"key": "team", "value": "fin"}, {}, False),
        ({"key": "team", "value": "fin"}, {"fn": "CONTAINS"}, True),
        ({"key": "team", "value": "other"}, {"fn": "EXISTS"}, True),
        ({"key": "team", "type": "VEZA"}, {}, False),
        ({"key": "cost"}, {}, False),
        ({"key": "team"}, {"exclude": True}, False),
        ({"key": "cost"}, {"exclude": True}, True),
    ],
)
def test_a_tag_condition_looks_for_a_tag(tag: dict[str, str], fields: dict[str, Any], holds: bool) -> None:
    expression = {"tag_specs": [{"tag": tag, **fields}]}
    spec = {"source_node_types": nodes(node("OktaUser", node_id="u1", condition_expression=expression))}
    assert sources(spec) == (["u1"] if holds else [])


YES = {"property": "logins", "value": 1}
NO = {"property": "logins", "value": 2}


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ({"specs": [YES, NO]}, False),
        ({"specs": [YES, NO], "operator": "OR"}, True),
        ({"specs": [NO, NO], "operator": "OR"}, False),
        ({"specs": [YES, NO], "not": True}, True),
        ({"specs": [YES], "child_expressions": [{"specs": [NO], "not": True}]}, True),
        ({"specs": [NO], "operator": "OR", "child_expressions": [{"specs": [YES]}]}, True),
        ({"specs": [], "child_expressions": [{"specs": [YES, NO], "operator": "OR"}]}, True),
        ({"specs": [YES], "tag_specs": [{"tag": {"key": "cost"}}]}, False),
        ({"specs": [NO], "operator": "OR", "tag_specs": [{"tag": {"key": "team"}}]}, True),
        ({"specs": [], "child_expressions": [{"specs": []}]}, True),
    ],
)
def test_conditions_combine_under_their_operator(expression: dict[str, Any], holds: bool) -> None:
    spec = {"source_node_types": nodes(node("OktaUser", node_id="u1", condition_expression=expression))}
    assert sources(spec) == (["u1"] if holds else [])


@pytest.mark.parametrize(
    ("selector", "ids"),
    [
        (node("OktaUser"), ["u1", "u3"]),
        (node("OktaUser", node_id="u1"), ["u1"]),
        (node("S3Bucket", node_id="u1"), []),
        (node("OktaUser", node_id="u9"), []),
        (node("IdPUser"), ["u1", "u2", "u3"]),
        (node("IdPGroup"), ["g2", "g1"]),
        (node("Identity"), ["u1", "a1", "u2", "u3"]),
        (node("Resource"), ["b2", "b1", "a2"]),
        (node("OAA.App.User"), ["a1"]),
        (node("IdPUser", node_type_grouping_constraint={"node_types": ["AzureADUser"]}), ["u2"]),
        (
            node(
                "IdPUser", node_type_grouping_constraint={"node_types": ["AzureADUser"], "constraint_type": "EXCLUDE"}
            ),
            ["u1", "u3"],
        ),
        (node("NoSuchType"), []),
    ],
)
def test_a_selector_means_the_nodes_of_its_type_by_name(selector: dict[str, Any], ids: list[str]) -> None:
    assert sources({"source_node_types": nodes(selector)}) == ids


def test_several_node_types_are_a_union_without_doubles() -> None:
    assert sources({"source_node_types": nodes("AzureADUser", "OktaUser", "AzureADUser")}) == ["u1", "u2", "u3"]


def test_a_condition_can_compare_a_destination_with_its_source() -> None:
    condition = {
        "property": "aws_account_id",
        "value_property_name": "aws_account_id",
        "value_property_from_other_node": True,
    }
    role = node("AwsIamRole", condition_expression={"specs": [condition]})
    other_account = node("AwsIamRole", condition_expression={"specs": [{**condition, "not": True}]})
    assert sources(related("IdPUser", role)) == ["u1"]
    assert sources(related("IdPUser", other_account)) == ["u2"]


def test_a_time_variable_is_counted_from_the_clock_that_is_given() -> None:
    condition = {"fn": "LT", "property": "last_login_at", "value": "$COOKIE_TIMEVAR_90_DAY_AGO"}
    spec = {"source_node_types": nodes(node("OktaUser", condition_expression={"specs": [condition]}))}
    assert sources(spec) == []
    assert sources(spec, under=Circumstances(datetime(2026, 11, 23, tzinfo=UTC))) == ["u1"]


BOTH_BUCKETS = {"node_types": ["S3Bucket"]}


@pytest.mark.parametrize(
    ("selector", "ids"),
    [
        (node("User"), ["u1", "a1", "u2", "u3"]),
        (node("Bucket"), ["b2", "b1"]),
        (node("SnowflakeResource"), []),
        (node("AWS"), ["b2", "b1"]),
        (node("AWS", node_type_grouping_constraint=BOTH_BUCKETS), ["b2", "b1"]),
        (node("AWS", node_type_grouping_constraint={**BOTH_BUCKETS, "constraint_type": "EXCLUDE"}), []),
        (node("SharePoint", node_type_grouping_constraint=BOTH_BUCKETS), ["b2", "b1"]),
        (
            node("Identity", node_type_grouping_constraint={"node_types": ["S3Bucket", "OktaUser"]}),
            ["u1", "u3", "b2", "b1"],
        ),
        (node("Identity", node_type_grouping_constraint={"node_types": ["IdPGroup"]}), ["g2", "g1"]),
        (node("ANewGroup", node_type_grouping_constraint=BOTH_BUCKETS), ["b2", "b1"]),
        (node("ANewGroup", node_type_grouping_constraint={"node_types": ["SnowflakeTable"]}), []),
        (node("OktaUser", node_type_grouping_constraint=BOTH_BUCKETS), []),
    ],
)
def test_a_grouped_type_has_the_members_that_the_request_names_else_the_known_ones(
    selector: dict[str, Any], ids: list[str]
) -> None:
    assert sorted(sources({"source_node_types": nodes(selector)})) == sorted(ids)


@pytest.mark.parametrize(
    ("group", "members"),
    [
        ("AccessCreds", {"AwsIamAccessKey", "GithubPersonalAccessToken"}),
        ("DynamoDBResource", {"DynamoDBTable"}),
        ("IdPApplication", {"OktaApp", "OAA.Staff.IDPApp"}),
        ("Key", {"KmsCmk", "SecretsManagerSecret"}),
        ("LocalUser", {"OAA.App.User", "RdsMySqlUserInstance", "SqlServerDatabaseUser"}),
        ("MySqlResource", {"MySqlTable"}),
        ("Permission", {"AwsIamGroupedPermission", "OAA.App.Permission"}),
        ("RdsMySqlResource", {"RdsMySqlTable"}),
        ("RedshiftClusterResource", {"RedshiftSchema"}),
        ("Secret", {"SecretsManagerSecret"}),
        ("SharePoint", {"SharePointSite"}),
        ("SqlServer", {"SqlServerTable"}),
        ("Table", {"DynamoDBTable", "MySqlTable", "RdsMySqlTable", "SqlServerTable"}),
    ],
)
def test_the_members_of_a_group_are_known_or_inferred_from_their_names(group: str, members: set[str]) -> None:
    assert set(members_of(group, KNOWN_TYPES)) == members


EVERY_LIST = [
    ("$COOKIE_ACTIVE_DIRECTORY_DOMAIN_LIST", "active_directory_domain", "ActiveDirectoryUser", {}),
    ("$COOKIE_AWS_ACCOUNT_LIST", "aws_account_id", "AwsIamUser", {}),
    ("$COOKIE_AWS_ACCOUNT_LIST", "provider_id", "AwsIamUser", {"aws_account_id": "1"}),
    ("$COOKIE_AZURE_TENANT_LIST", "azure_tenant_id", "AzureADUser", {}),
    ("$COOKIE_AZURE_TENANT_LIST", "provider_id", "AzureADUser", {"azure_tenant_id": "1"}),
    ("$COOKIE_GOOGLE_CUSTOMER_ID_LIST", "provider_id", "GoogleWorkspaceUser", {}),
    ("$COOKIE_ORACLE_CLOUD_TENANCY_LIST", "provider_id", "OracleCloudIamUser", {}),
    ("$COOKIE_SALESFORCE_DOMAIN_LIST", "domain", "SalesforceUser", {}),
]


@pytest.mark.parametrize(("variable", "name", "node_type", "more"), EVERY_LIST)
def test_a_list_variable_holds_what_the_nodes_of_its_system_say_and_nothing_of_others(
    variable: str, name: str, node_type: str, more: dict[str, str]
) -> None:
    graph = TenantGraph(
        [Node("n", node_type, {name: "x", **more}), Node("o", "OneLoginUser", {"provider_id": "y"})], [], []
    )
    spec = {"source_node_types": nodes(*(of_list(kind, name, variable) for kind in (node_type, "OneLoginUser")))}
    assert sources(spec, graph=graph) == ["n"]


def of_list(node_type: str, name: str, variable: str) -> dict[str, Any]:
    return node(node_type, condition_expression={"specs": [{"fn": "IN", "property": name, "value": variable}]})


def test_recent_is_since_the_day_before() -> None:
    condition = {"fn": "GT", "property": "last_login_at", "value": "$COOKIE_RECENT_TIME"}
    spec = {"source_node_types": nodes(node("OktaUser", condition_expression={"specs": [condition]}))}
    assert sources(spec, under=Circumstances(datetime(2026, 8, 25, 11, tzinfo=UTC))) == ["u1"]
    assert sources(spec, under=Circumstances(datetime(2026, 8, 25, 13, tzinfo=UTC))) == []


@pytest.mark.parametrize(
    ("function", "value", "own", "ids"),
    [
        ("IN", "$COOKIE_AWS_ACCOUNT_LIST", {"AWS_ACCOUNT_LIST": ["222"]}, []),
        ("IN", "$COOKIE_AWS_ACCOUNT_LIST", {"$COOKIE_AWS_ACCOUNT_LIST": ["111"]}, ["u1"]),
        ("EQ", "$COOKIE_MAIN_ACCOUNT", {"MAIN_ACCOUNT": "111"}, ["u1"]),
    ],
)
def test_a_tenant_can_be_told_what_its_variables_are(
    function: str, value: str, own: dict[str, Any], ids: list[str]
) -> None:
    condition = {"fn": function, "property": "aws_account_id", "value": value}
    spec = {"source_node_types": nodes(node("OktaUser", condition_expression={"specs": [condition]}))}
    assert sources(spec, under=replace(NOON, variables=checked_variables(own))) == ids


@pytest.mark.parametrize(
    ("function", "value"),
    [
        ("EQ", "$COOKIE_AWS_ACCOUNT_LIST"),
        ("EQ", "$COOKIE_NO_SUCH_VARIABLE"),
        ("EQ", "$COOKIE_TIMEVAR_999999_DAY_AGO"),
        ("IN", "$COOKIE_TIMEVAR_90_DAY_AGO"),
        ("IN", "$COOKIE_NO_SUCH_LIST"),
    ],
)
def test_a_variable_that_is_unknown_or_does_not_fit_the_function_is_refused(function: str, value: str) -> None:
    condition = {"fn": function, "property": "name", "value": value}
    spec = {"source_node_types": nodes(node("OktaUser", condition_expression={"specs": [condition]}))}
    assert refused(spec) == "source_node_types.nodes[0].condition_expression.specs[0].value"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"aws list": []}, "'aws list' is not the name of a variable"),
        ({"AWS_ACCOUNT_LIST": [None]}, "AWS_ACCOUNT_LIST must be"),
    ],
)
def test_a_wrong_variable_of_a_tenant_is_named(variables: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        checked_variables(variables)


@pytest.mark.parametrize(
    ("key", "value", "ids"), [("cost", "12", ["b1"]), ("cost", "13", []), ("team", "finance", []), ("none", "12", [])]
)
def test_a_tag_of_vezas_own_can_be_named_like_a_property(key: str, value: str, ids: list[str]) -> None:
    condition = {"property": f"cookietag_{key}", "value": value}
    selectors = (node(kind, condition_expression={"specs": [condition]}) for kind in ("OktaUser", "S3Bucket"))
    assert sources({"source_node_types": nodes(*selectors)}) == ids
