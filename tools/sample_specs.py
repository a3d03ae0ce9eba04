"""The documented sample specs, with ids that the demo tenant has; nothing measures or asks here."""

from __future__ import annotations

from typing import Any

Spec = dict[str, Any]

_BUCKET = "arn:aws:s3:::acme-payroll-exports"
_BILLING = "dn44266.us-east-2.aws.snowflakecomputing.com/role/BILLING"
_EVERY_EFFECTIVE_PERMISSION = [
    f"{kind}_{action}" for kind in ("DATA", "METADATA") for action in ("CREATE", "DELETE", "READ", "WRITE")
]


def _nodes(node_type: str, **fields: Any) -> Spec:
    return {"nodes": [{"node_type": node_type, **fields}]}


def _where(property_name: str, value: object) -> Spec:
    return {"child_expressions": [{"specs": [{"fn": "EQ", "property": property_name, "value": value}]}]}


def _related(source: Spec, destination: Spec, **fields: Any) -> Spec:
    return {"source_node_types": source, "relates_to_exp": {"specs": [{"node_types": destination, **fields}]}}


SAMPLE_SPECS: dict[str, Spec] = {
    "all Okta users (nodes_async_create)": {"source_node_types": _nodes("OktaUser")},
    "all Azure AD users with a permissions summary (public client)": {
        "source_node_types": _nodes("AzureADUser"),
        "include_permissions_summary": True,
    },
    "one Active Directory group by name (public client)": {
        "source_node_types": _nodes("ActiveDirectoryGroup", condition_expression=_where("name", "GROUP-NAME"))
    },
    "IAM users who can change a bucket's ACL (query_spec:nodes)": {
        "source_node_types": _nodes("AwsIamUser"),
        "destination_node_types": _nodes("S3Bucket"),
        "raw_permissions": {"operator": "OR", "values": ["s3:PutBucketAcl"]},
    },
    "Okta users of one Snowflake role (query_spec:result)": _related(
        _nodes("OktaUser"), _nodes("SnowflakeRole", condition_expression=_where("id", _BILLING))
    ),
    "IAM users of one bucket (pagination)": {
        "query_type": "DESTINATION_NODES",
        "source_node_types": _nodes("S3Bucket", node_id=_BUCKET),
        "destination_node_types": _nodes("AwsIamUser"),
    },
    "roles by bucket policy, as configured (public client)": {
        **_related(
            _nodes("AwsIamRole"),
            _nodes("S3Bucket", condition_expression=_where("id", _BUCKET)),
            required_intermediate_node_types=_nodes("S3BucketPolicyStatement"),
        ),
        "node_relationship_type": "CONFIGURED",
        "access_filter": {"over_provisioned_score": {"op": "LTE", "value": 100}},
    },
    "roles with effective access to one bucket (public client)": {
        **_related(
            _nodes("AwsIamRole"),
            _nodes("S3Bucket", node_id=_BUCKET),
            effective_permissions={"operator": "OR", "values": _EVERY_EFFECTIVE_PERMISSION},
        ),
        "result_value_type": "SOURCE_AND_DESTINATION_NODES",
        "access_filter": {"over_provisioned_score": {"op": "LTE", "value": 100}},
    },
    "dormant users (condition expression of a browser's HAR)": {
        "source_node_types": _nodes(
            "OktaUser",
            condition_expression={
                "child_expressions": [
                    {
                        "operator": "OR",
                        "specs": [
                            {"property": "is_active", "fn": "EQ", "value": False},
                            {"property": "last_login_at", "fn": "LT", "value": "$COOKIE_TIMEVAR_90_DAY_AGO"},
                        ],
                    }
                ]
            },
        )
    },
    "Rollbar users with an Okta identity (report)": _related(_nodes("OAA.Rollbar.User"), _nodes("OktaUser")),
    "Rollbar users without an Okta identity (report)": _related(
        _nodes("OAA.Rollbar.User"), _nodes("OktaUser"), no_relation=True
    ),
    "Rollbar owners (report)": _related(
        _nodes("OAA.Rollbar.User"), _nodes("OAA.Rollbar.Group", condition_expression=_where("name", "Owners"))
    ),
    "Bitbucket repositories and their collaborators (report)": _related(
        _nodes("OAA.Bitbucket.Repo.SubResource"),
        _nodes("OAA.Bitbucket.User", condition_expression=_where("customprop_is_collaborator", True)),
    ),
}
