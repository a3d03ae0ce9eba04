"""A query spec as this tenant evaluates it, read from JSON; what is documented but not evaluated is refused by name.

Inferred: `query_type` DESTINATION_NODES answers the nodes that any source relates to, one row each; `SYSTEM_CREATED` reads as
`SOURCE_TO_DESTINATION`. A `snapshot_id` of 0 is the present. Of the numbers of enums, those of `query_type` are documented and
that of CONFIGURED is in built-in queries; that the others stand in the order of the names here is inferred.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from veza_emulator.query.counting import Comparison, CountCondition, read_comparison
from veza_emulator.query.expressions import BooleanOperator, limit_size
from veza_emulator.query.node_selectors import (
    NodeSelector,
    Role,
    read_node_selectors,
    read_optional_node_selectors,
)
from veza_emulator.query.ordering import OrderTerm, read_order
from veza_emulator.query.relates_to import RelatesToExpression, read_relates_to
from veza_emulator.reading.fields import Fields
from veza_emulator.reading.numbered_enum import NumberedEnum


class ResultValueType(NumberedEnum):
    """What a row of the result is."""

    SOURCE_NODES_WITH_COUNTS = "SOURCE_NODES_WITH_COUNTS"
    SOURCE_AND_DESTINATION_NODES = "SOURCE_AND_DESTINATION_NODES"


class QueryType(NumberedEnum):
    """What kind of query it is; the first two read the same here."""

    SYSTEM_CREATED = "SYSTEM_CREATED"
    SOURCE_TO_DESTINATION = "SOURCE_TO_DESTINATION"
    DESTINATION_NODES = "DESTINATION_NODES"


class NodeRelationshipType(NumberedEnum):
    """Which view of access counts: as it takes effect, or as it is configured."""

    EFFECTIVE_ACCESS = "EFFECTIVE_ACCESS"
    CONFIGURED = "CONFIGURED"


@dataclass(frozen=True)
class AccessFilter:
    """What must hold of the share of a source's access that it does not use, from 0 to 100."""

    comparison: Comparison
    value: float

    @property
    def covers_all(self) -> bool:
        """Whether every score passes, and then also a source that has none."""
        return self.comparison.holds(0, self.value) and self.comparison.holds(100, self.value)


@dataclass(frozen=True)
class PathSummary:
    """Which nodes on the paths to show, and how many of them there must be."""

    node_types: tuple[NodeSelector, ...]
    counted: tuple[CountCondition, ...]


@dataclass(frozen=True)
class RowExtras:
    """What a row shows beyond the usual."""

    source_tags: bool = False
    destination_tags: bool = False
    permissions_summary: bool = False


@dataclass(frozen=True)
class QuerySpec:
    """One query: which sources, related to what, shown as what."""

    sources: tuple[NodeSelector, ...]
    relates_to: RelatesToExpression | None
    result_value_type: ResultValueType
    include_nodes: bool
    query_type: QueryType = QueryType.SOURCE_TO_DESTINATION
    relationship: NodeRelationshipType = NodeRelationshipType.EFFECTIVE_ACCESS
    snapshot_id: str = ""
    access_filter: AccessFilter | None = None
    path_summary: PathSummary | None = None
    order: tuple[OrderTerm, ...] = ()
    extras: RowExtras = RowExtras()

    @property
    def node_types(self) -> tuple[str, ...]:
        """Every node type that the spec names."""
        return tuple(selector.node_type for selector in self.selectors())

    def selectors(self) -> Iterator[NodeSelector]:
        """Yield every selector of the spec."""
        yield from self.sources
        for spec in self.relates_to.all_specs() if self.relates_to else ():
            yield from spec.selectors()
        yield from self.path_summary.node_types if self.path_summary else ()

    def destinations(self) -> Iterator[NodeSelector]:
        """Yield every selector of destinations."""
        for spec in self.relates_to.all_specs() if self.relates_to else ():
            yield from spec.destinations.selectors

    def canonical(self) -> str:
        """Return one text for all spellings of the same query: the key of the cache."""
        return json.dumps(asdict(self, dict_factory=_without_paths), sort_keys=True)


def _without_paths(items: list[tuple[str, Any]]) -> dict[str, Any]:
    # Where a part stands in a request depends on the spelling.
    return {name: value for name, value in items if name != "path"}


_REFUSED_FIELDS = (
    "additional_columns_to_get",
    "canonical_permissions",
    "customized_variables",
    "include_sub_permissions",
    "page_size",
    "page_token",
)
_LARGE_FIELDS = (
    "source_node_types",
    "destination_node_types",
    "required_intermediate_node_types",
    "avoided_intermediate_node_types",
    "relates_to_exp",
    "path_summary_node_types",
    "path_summary_count_conditions",
)


def read_query_spec(fields: Fields) -> QuerySpec:
    """Read a spec; violations, ignored and deprecated fields are left in the findings."""
    fields.is_a("QuerySpec")
    limit_size(fields, _LARGE_FIELDS)
    fields.refuse(_REFUSED_FIELDS)
    result_value_type = fields.enum("result_value_type", ResultValueType, ResultValueType.SOURCE_NODES_WITH_COUNTS)
    of_paths = result_value_type is ResultValueType.SOURCE_AND_DESTINATION_NODES
    spec = QuerySpec(
        sources=read_node_selectors(fields, "source_node_types", Role.SOURCE, BooleanOperator.OR).selectors,
        relates_to=read_relates_to(fields),
        result_value_type=result_value_type,
        include_nodes=fields.boolean("include_nodes"),
        query_type=fields.enum("query_type", QueryType, QueryType.SOURCE_TO_DESTINATION),
        relationship=fields.enum("node_relationship_type", NodeRelationshipType, NodeRelationshipType.EFFECTIVE_ACCESS),
        snapshot_id=_read_snapshot_id(fields),
        access_filter=_read_access_filter(fields.child("access_filter")),
        path_summary=_read_path_summary(fields),
        order=read_order(fields, of_paths=of_paths),
        extras=RowExtras(
            source_tags=fields.boolean("include_all_source_tags_in_results"),
            destination_tags=fields.boolean("include_all_destination_tags_in_results"),
            permissions_summary=fields.boolean("include_permissions_summary"),
        ),
    )
    _require_destinations(fields, spec)
    fields.ignore_rest()
    return spec


def _require_destinations(fields: Fields, spec: QuerySpec) -> None:
    if (
        spec.query_type is QueryType.DESTINATION_NODES
        and spec.result_value_type is ResultValueType.SOURCE_AND_DESTINATION_NODES
    ):
        fields.violate("query_type", "DESTINATION_NODES has no path rows; ask for SOURCE_NODES_WITH_COUNTS")
    if spec.relates_to is not None and spec.relates_to.shows_destinations:
        return
    if spec.result_value_type is ResultValueType.SOURCE_AND_DESTINATION_NODES:
        fields.violate("result_value_type", "SOURCE_AND_DESTINATION_NODES needs destinations that sources relate to")
    if spec.query_type is QueryType.DESTINATION_NODES:
        fields.violate("query_type", "DESTINATION_NODES needs destinations that sources relate to")
    if spec.path_summary:
        fields.violate("path_summary_node_types", "needs destinations that sources relate to")


def _read_snapshot_id(fields: Fields) -> str:
    number = fields.count("snapshot_id", 0)
    return str(number) if number else ""


def _read_access_filter(fields: Fields | None) -> AccessFilter | None:
    if fields is None:
        return None
    fields.refuse(("include_secondary_grantee",))
    score = fields.child("over_provisioned_score")
    access_filter = AccessFilter(*read_comparison(score, "op")) if score else None
    if score:
        score.ignore_rest()
    fields.ignore_rest()
    return access_filter


def _read_path_summary(fields: Fields) -> PathSummary | None:
    node_types = read_optional_node_selectors(
        fields, "path_summary_node_types", Role.ON_THE_WAY, BooleanOperator.OR
    ).selectors
    conditions = fields.child("path_summary_count_conditions")
    counted = _read_summary_conditions(conditions) if conditions else ()
    if counted and not node_types:
        fields.violate("path_summary_count_conditions", "count nodes that path_summary_node_types must name")
    return PathSummary(node_types, counted) if node_types else None


def _read_summary_conditions(fields: Fields) -> tuple[CountCondition, ...]:
    conditions = []
    for condition in fields.children("conditions"):
        conditions.append(CountCondition(*read_comparison(condition, "fn")))
        condition.ignore_rest()
    fields.ignore_rest()
    return tuple(conditions)
