"""Random small tenants and random query specs over them, for properties that must hold of any."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from veza_emulator.graph.edge_marks import EdgeKind
from veza_emulator.graph.tenant_graph import Grant, Link, Node, Tag, TenantGraph, Use

TYPES = ("OktaUser", "OktaGroup", "S3Bucket", "OAA.App.User")
WANTED_TYPES = (*TYPES[:3], *TYPES[:3], *TYPES[:3], "IdPUser", "Identity", "Resource", "NoSuchType")
RAW = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "unheard:Of")
EFFECTIVE = ("DATA_READ", "DATA_WRITE", "METADATA_READ")
NAMES = ("ann", "Ann", "bob")
MOMENTS = ("2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z", "2026-08-24T12:00:00Z", "2026-08-24T13:00:00+01:00", "none")
SAVED = {
    "users": {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}},
    "ann": {
        "source_node_types": {
            "nodes": [
                {"node_type": kind, "condition_expression": {"specs": [{"property": "name", "value": "ann"}]}}
                for kind in TYPES
            ]
        }
    },
}


_ABSENT = object()


def fields(
    always: dict[str, st.SearchStrategy[Any]], **rare: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects with these fields and, each once in a while, those: with all of them most specs would find nothing."""
    rarely = {
        name: st.integers(0, 4).flatmap(lambda number, value=value: value if number == 4 else st.just(_ABSENT))
        for name, value in rare.items()
    }
    drawn = st.fixed_dictionaries({**always, **rarely})
    return drawn.map(lambda value: {name: field for name, field in value.items() if field is not _ABSENT})


@dataclass(frozen=True)
class Parts:
    """What a graph is made of."""

    nodes: list[Node]
    links: list[Link] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    uses: list[Use] | None = None

    def graph(self) -> TenantGraph:
        return TenantGraph(self.nodes, self.links, self.grants, uses=self.uses)


def properties() -> st.SearchStrategy[dict[str, Any]]:
    values = {
        "is_active": st.booleans(),
        "logins": st.integers(0, 3),
        "last_login_at": st.sampled_from(MOMENTS),
        "mfa_factors": st.lists(st.sampled_from(("sms", "sms-2", "push")), max_size=2),
        "aws_account_id": st.sampled_from(("1", "2")),
    }
    return st.fixed_dictionaries({"name": st.sampled_from(NAMES)}, optional=values)


def tags() -> st.SearchStrategy[tuple[Tag, ...]]:
    tag = st.builds(
        Tag, st.sampled_from(("team", "cost")), st.sampled_from(("", "a", "ab")), st.sampled_from(("", "AWS"))
    )
    return st.lists(tag, max_size=2).map(tuple)


_PROPERTIES = properties()
_TAGS = tags()
_KINDS = st.sampled_from((EdgeKind.BOTH, EdgeKind.BOTH, EdgeKind.BOTH, EdgeKind.CONFIGURED, EdgeKind.EFFECTIVE))
_PERMISSIONS = st.frozensets(st.sampled_from(RAW), min_size=1, max_size=2)


@st.composite
def tenants(draw: st.DrawFn) -> Parts:
    types = [*TYPES[:3], *draw(st.lists(st.sampled_from(TYPES), max_size=3))]
    nodes = [Node(f"n{number}", kind, draw(_PROPERTIES), tags=draw(_TAGS)) for number, kind in enumerate(types)]
    ids = [node.id for node in nodes]
    # Edges of a node to itself stand last, since what stands first is drawn more often.
    pairs = sorted(((one, other) for one in ids for other in ids), key=lambda pair: pair[0] == pair[1])
    some_pairs = st.lists(st.sampled_from(pairs), min_size=2, max_size=7, unique=True)
    return Parts(
        nodes,
        [Link(*pair, draw(_KINDS)) for pair in draw(some_pairs)],
        [Grant(*pair, draw(_PERMISSIONS), draw(_KINDS)) for pair in draw(some_pairs)],
        draw(st.none() | st.lists(st.builds(Use, st.sampled_from(ids), st.sampled_from(ids)), max_size=4)),
    )


def few(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Return one or two of these."""
    return st.lists(values, min_size=1, max_size=2)


def operators() -> st.SearchStrategy[str]:
    return st.sampled_from(("AND", "OR"))


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    def compare(functions: tuple[str, ...], name: str, values: tuple[Any, ...]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries(
            {"fn": st.sampled_from(functions), "property": st.just(name), "value": st.sampled_from(values)},
            optional={"not": st.booleans()},
        )

    orders = ("LT", "LTE", "GT", "GTE", "EQ")
    return st.one_of(
        compare(orders, "logins", (0, 1, 2.0, True, "1")),
        compare(orders, "last_login_at", ("2026-08-24T12:00:00Z", "$COOKIE_TIMEVAR_90_DAY_AGO", "nothing")),
        compare(orders, "is_active", (True, False, 1)),
        compare(("EQ", "CONTAINS", "EXISTS"), "name", ("ann", "Ann", "n", "")),
        compare(("IN",), "name", (["ann", "bob"], [])),
        compare(("IN",), "logins", ([1, 2], [True])),
        compare(("IN", "LIST_ALL_ELEMENTS_IN"), "aws_account_id", ("$COOKIE_AWS_ACCOUNT_LIST", ["1"])),
        compare(("EXISTS",), "mfa_factors", (None,)),
        compare(("LIST_CONTAINS", "LIST_ANY_ELEMENT_EQ", "LIST_ANY_ELEMENT_CONTAINS"), "mfa_factors", ("sms", "s")),
        compare(("LIST_ALL_ELEMENTS_IN",), "mfa_factors", (["sms"], ["sms", "push"], [])),
        compare(("IN_FROM_QUERY_SOURCE_RESULTS",), "id", tuple(SAVED)),
        compare(("EQ",), "id", ("n0", "n1")),
        st.fixed_dictionaries(
            {
                "fn": st.sampled_from(orders),
                "property": st.just("name"),
                "value_property_name": st.just("aws_account_id"),
            }
        ),
    )


def tag_conditions() -> st.SearchStrategy[dict[str, Any]]:
    tag = st.fixed_dictionaries(
        {"key": st.sampled_from(("team", "cost"))},
        optional={"value": st.sampled_from(("", "a")), "type": st.sampled_from(("", "AWS"))},
    )
    return st.fixed_dictionaries(
        {"tag": tag}, optional={"exclude": st.booleans(), "fn": st.sampled_from(("EQ", "CONTAINS", "EXISTS"))}
    )


def condition_expressions(
    single: st.SearchStrategy[dict[str, Any]] | None = None,
) -> st.SearchStrategy[dict[str, Any]]:
    single = conditions() if single is None else single
    leaves = st.fixed_dictionaries(
        {"specs": st.lists(single, min_size=1, max_size=2)},
        optional={
            "tag_specs": st.lists(tag_conditions(), max_size=1),
            "operator": operators(),
            "not": st.booleans(),
        },
    )
    return st.recursive(leaves, _nested, max_leaves=3)


def _nested(children: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return fields(
        {
            "specs": st.just([]),
            "child_expressions": st.lists(children, min_size=1, max_size=2),
            "operator": operators(),
        },
        **{"not": st.booleans()},
    )


def selectors(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    grouping = st.fixed_dictionaries(
        {
            "node_types": st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True),
            "constraint_type": st.sampled_from(("INCLUDE", "EXCLUDE")),
        }
    )
    return fields(
        {"node_type": st.sampled_from(WANTED_TYPES)},
        condition_expression=condition_expressions(),
        node_id=st.sampled_from(("", "n1", "n2")),
        node_type_grouping_constraint=grouping,
        **optional,
    )


def node_types(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"nodes": few(selectors(**optional))})


def counting() -> st.SearchStrategy[dict[str, Any]]:
    comparison = st.fixed_dictionaries(
        {
            "fn": st.sampled_from(("EQ", "LT", "LTE", "GT", "GTE")),
            "value": st.sampled_from((0, 1, 2, 50)),
            "value_as": st.sampled_from(("COUNT", "PERCENTAGE_OF_TOTAL_COUNT")),
        }
    )
    leaves = st.fixed_dictionaries(
        {"specs": st.lists(comparison, min_size=1, max_size=2)},
        optional={"operator": operators(), "not": st.booleans(), "include_zero_count_results": st.booleans()},
    )
    return st.recursive(leaves, _nested, max_leaves=2)


def destinations() -> st.SearchStrategy[dict[str, Any]]:
    of_source = st.fixed_dictionaries(
        {
            "fn": st.sampled_from(("EQ", "LT")),
            "property": st.sampled_from(("name", "aws_account_id")),
            "value_property_name": st.sampled_from(("name", "aws_account_id")),
            "value_property_from_other_node": st.just(True),
        },
        optional={"not": st.booleans()},
    )
    counted = {"count_condition_expression": counting(), "direct_relationship_only": st.booleans()}
    parts = st.one_of(
        selectors(**counted),
        selectors(**counted),
        fields(
            {"node_type": st.sampled_from(TYPES), "condition_expression": condition_expressions(of_source)},
            count_condition_expression=counting(),
        ),
    )
    return st.fixed_dictionaries({"nodes": few(parts)}, optional={"nodes_operator": operators()})


def permissions(choices: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"values": st.lists(st.sampled_from(choices), max_size=2)}, optional={"operator": operators()}
    )


def required() -> st.SearchStrategy[dict[str, Any]]:
    drawn = st.one_of(
        st.fixed_dictionaries(
            {
                "property": st.sampled_from(("data_read_privilege", "metadata_read_privilege")),
                "value": st.booleans(),
                "not": st.booleans(),
            }
        ),
        st.fixed_dictionaries(
            {
                "fn": st.sampled_from(("LIST_CONTAINS", "LIST_ANY_ELEMENT_EQ")),
                "property": st.just("permissions"),
                "value": st.sampled_from(RAW),
                "not": st.booleans(),
            }
        ),
    )
    leaves = st.fixed_dictionaries(
        {"specs": st.lists(drawn, min_size=1, max_size=2)}, optional={"operator": operators(), "not": st.booleans()}
    )
    effective = st.fixed_dictionaries(
        {"node_type": st.just("EffectivePermission")},
        optional={"condition_expression": st.recursive(leaves, _nested, max_leaves=2)},
    )
    both = st.tuples(selectors(), effective).map(list)
    return st.one_of(
        st.fixed_dictionaries({"nodes": st.lists(selectors(), max_size=2)}, optional={"nodes_operator": operators()}),
        st.fixed_dictionaries(
            {"nodes": st.lists(effective, min_size=1, max_size=2)}, optional={"nodes_operator": operators()}
        ),
        st.fixed_dictionaries({"nodes": both}),
    )


def relations() -> st.SearchStrategy[dict[str, Any]]:
    directions = ("ANY_DIRECTION", "SOURCE_TO_DESTINATION", "DESTINATION_TO_SOURCE")
    spec = fields(
        {"node_types": destinations()},
        required_intermediate_node_types=required(),
        avoided_intermediate_node_types=node_types(),
        raw_permissions=permissions(RAW),
        effective_permissions=permissions(EFFECTIVE),
        no_relation=st.booleans(),
        direction=st.sampled_from(directions),
    )
    leaves = fields({"specs": few(spec), "operator": operators()}, **{"not": st.booleans()})
    return st.recursive(leaves, _nested, max_leaves=2)


def specs() -> st.SearchStrategy[dict[str, Any]]:
    score = st.fixed_dictionaries({"op": st.sampled_from(("LTE", "GTE", "EQ")), "value": st.sampled_from((0, 50, 100))})
    counted = st.fixed_dictionaries({"fn": st.sampled_from(("GT", "LTE")), "value": st.integers(0, 2)})
    question = fields(
        {
            "source_node_types": node_types(direct_relationship_only=st.booleans()),
            "relates_to_exp": relations(),
            "node_relationship_type": st.sampled_from(("EFFECTIVE_ACCESS", "CONFIGURED")),
        },
        access_filter=st.fixed_dictionaries({"over_provisioned_score": score}),
    )
    summary = st.fixed_dictionaries(
        {
            "path_summary_node_types": node_types(),
            "path_summary_count_conditions": st.fixed_dictionaries({"conditions": st.lists(counted, max_size=1)}),
        }
    )
    about_paths = st.just({"result_value_type": "SOURCE_AND_DESTINATION_NODES"})
    shown = st.one_of(
        st.just({}),
        about_paths,
        st.builds(dict.__or__, about_paths, summary),
        summary,
        st.just({"query_type": "DESTINATION_NODES"}),
    )
    return st.builds(_asked, question, shown)


def _asked(question: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    return {**question, **shown} if _shows_destinations(question["relates_to_exp"]) else question


def _shows_destinations(expression: dict[str, Any]) -> bool:
    shows = [not spec.get("no_relation") for spec in expression.get("specs", ())]
    shows += [_shows_destinations(child) for child in expression.get("child_expressions", ())]
    return any(shows) and not expression.get("not")
