"""A second evaluator of query specs, slow and obviously correct: it tries every node, every pair and every path.

It is written from the documents of a spec's fields and shares no code with the tenant's own evaluator, so that one mistake cannot
hide in both. It reads the JSON of a spec that is known to be right, and answers rows as tuples.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tests.query.drawn import SAVED
from tests.query.obvious_nodes import COMPARISONS, Json, ObviousNodes
from veza_emulator.graph.edge_marks import EdgeKind
from veza_emulator.graph.permissions import effective_permissions
from veza_emulator.graph.tenant_graph import Grant, Link, Node, Use

Path = tuple[frozenset[str], Link | Grant]
"""The nodes on the way, and the edge that stands at the resource."""


@dataclass
class ObviousTenant(ObviousNodes):
    """The parts of a graph."""

    links: Sequence[Link]
    grants: Sequence[Grant]
    uses: Sequence[Use] | None

    def __post_init__(self) -> None:
        self.node = {node.id: node for node in self.nodes}
        self.paths = lru_cache(None)(self._paths)

    def ids_of_sources(self, saved_query: str) -> Iterable[str]:
        return self.found(SAVED[saved_query])

    def answer(self, spec: Json) -> list[tuple[Any, ...]]:
        """Return the rows: (id, count) of sources, (source, destination, raw permissions, nodes to show) of paths."""
        found = self.found(spec)
        if spec.get("query_type") == "DESTINATION_NODES":
            return sorted(((one, 0) for one in {other for to in found.values() for other in to}), key=self.place)
        if spec.get("result_value_type") == "SOURCE_AND_DESTINATION_NODES":
            rows = [
                (source, other, self.given(via), self.summary(spec, via))
                for source, to in found.items()
                for other, via in to.items()
            ]
            return sorted(rows, key=lambda row: (*self.place(row), row[1]))
        return sorted(((source, len(to)) for source, to in found.items()), key=self.place)

    def place(self, row: tuple[Any, ...]) -> tuple[str, str]:
        return str(self.node[row[0]].properties.get("name", "")).lower(), row[0]

    def found(self, spec: Json) -> dict[str, dict[str, set[Path]]]:
        """Return each source that answers the spec, with its destinations and the paths to each."""
        found = {}
        for source in self.nodes:
            meant = [one for one in spec["source_node_types"]["nodes"] if self.means(one, source, source)]
            if not meant:
                continue
            direct = all(one.get("direct_relationship_only") for one in meant)
            expression = spec.get("relates_to_exp")
            to = {} if expression is None else self.judge(spec, expression, source, direct)
            if to is not None and self.is_used_as_wanted(spec, source, to):
                found[source.id] = to
        return found

    def is_used_as_wanted(self, spec: Json, source: Node, to: Iterable[str]) -> bool:
        wanted = (spec.get("access_filter") or {}).get("over_provisioned_score")
        if wanted is None:
            return True
        compare, value = COMPARISONS[wanted["op"]], wanted["value"]
        destinations = set(to)
        if self.uses is None or not destinations:
            return compare(0, value) and compare(100, value)
        used = {use.resource for use in self.uses if use.source == source.id} & destinations
        return compare(100 - 100 * len(used) // len(destinations), value)

    def judge(self, spec: Json, expression: Json, source: Node, direct: bool) -> dict[str, set[Path]] | None:
        parts = [self.judge_spec(spec, one, source, direct) for one in expression.get("specs", ())]
        parts += [self.judge(spec, child, source, direct) for child in expression.get("child_expressions", ())]
        held = [part for part in parts if part is not None]
        is_met = bool(held) if expression.get("operator") == "OR" else len(held) == len(parts)
        if expression.get("not"):
            return None if is_met else {}
        if not is_met:
            return None
        joined: dict[str, set[Path]] = {}
        for part in held:
            for other, via in part.items():
                joined.setdefault(other, set()).update(via)
        return joined

    def judge_spec(self, spec: Json, relation: Json, source: Node, direct: bool) -> dict[str, set[Path]] | None:
        parts = [self.judge_part(spec, relation, part, source, direct) for part in relation["node_types"]["nodes"]]
        held = [part for part in parts if part is not None]
        wants_each = relation["node_types"].get("nodes_operator") == "AND"
        is_met = len(held) == len(parts) if wants_each else bool(held)
        if relation.get("no_relation"):
            return None if is_met else {}
        return {other: via for part in held for other, via in part.items()} if is_met else None

    def judge_part(
        self, spec: Json, relation: Json, part: Json, source: Node, direct: bool
    ) -> dict[str, set[Path]] | None:
        meant = [other for other in self.nodes if other is not source and self.means(part, other, source)]
        related = {}
        for other in meant:
            only_direct = direct or self.only_direct(relation, other, source)
            via = self.via(spec, relation, source.id, other.id)
            by_one_edge = {path for path in via if not path[0]}
            counting = by_one_edge if direct or part.get("direct_relationship_only") else via
            if self.fits(relation, counting) and self.sums_up(spec, counting):
                related[other.id] = by_one_edge if only_direct else via
        counted = part.get("count_condition_expression")
        if not counted:
            return related or None
        if not related and not counted.get("include_zero_count_results"):
            return None
        countable = {**part, "condition_expression": None} if self.depends_on_source(part) else part
        total = sum(self.means(countable, other, source) for other in self.nodes)
        return related if self.counts(counted, len(related), total) else None

    def depends_on_source(self, part: Json) -> bool:
        return "value_property_from_other_node" in str(part.get("condition_expression"))

    def only_direct(self, relation: Json, other: Node, source: Node) -> bool:
        meaning = [part for part in relation["node_types"]["nodes"] if self.means(part, other, source)]
        return all(part.get("direct_relationship_only") for part in meaning)

    # Paths

    def via(self, spec: Json, relation: Json, source: str, other: str) -> set[Path]:
        kind = EdgeKind.CONFIGURED if spec.get("node_relationship_type") == "CONFIGURED" else EdgeKind.EFFECTIVE
        direction = relation.get("direction", "ANY_DIRECTION")
        ends = []
        if direction != "DESTINATION_TO_SOURCE":
            ends.append((source, other))
        if direction != "SOURCE_TO_DESTINATION":
            ends.append((other, source))
        return {
            path for start, goal in ends for path in self.paths(kind, start, goal) if self.runs_well(relation, path)
        }

    def _paths(self, kind: EdgeKind, start: str, goal: str) -> set[Path]:
        """Return every path, by trying to go on from each node with each set of nodes passed so far."""
        edges = [edge for edge in (*self.links, *self.grants) if edge.kind in (EdgeKind.BOTH, kind)]
        waiting: list[tuple[str, frozenset[str]]] = [(start, frozenset())]
        seen = set(waiting)
        paths = set()
        while waiting:
            here, passed = waiting.pop()
            for edge in edges:
                if edge[0] != here:
                    continue
                if edge[1] == goal:
                    paths.add((passed, edge))
                state = edge[1], passed | {edge[1]}
                if state not in seen:
                    seen.add(state)
                    waiting.append(state)
        return paths

    def runs_well(self, relation: Json, path: Path) -> bool:
        on_the_way = [self.node[one] for one in path[0]]
        avoided = (relation.get("avoided_intermediate_node_types") or {}).get("nodes", ())
        if any(self.means(one, node, node) for one in avoided for node in on_the_way):
            return False
        required = relation.get("required_intermediate_node_types") or {}
        met = [
            any(self.means(one, node, node) for node in on_the_way)
            for one in required.get("nodes", ())
            if one["node_type"] != "EffectivePermission"
        ]
        return any(met) or not met if required.get("nodes_operator") == "OR" else all(met)

    def given(self, via: Iterable[Path]) -> frozenset[str]:
        return frozenset(raw for _, edge in via if isinstance(edge, Grant) for raw in edge.raw_permissions)

    def fits(self, relation: Json, via: set[Path]) -> bool:
        raw = self.given(via)
        effective = {str(permission) for permission in effective_permissions(raw)}
        required = relation.get("required_intermediate_node_types") or {}
        drawn = [one for one in required.get("nodes", ()) if one["node_type"] == "EffectivePermission"]
        node = Node("", "EffectivePermission", {"permissions": sorted(raw), **self.privileges(effective)})
        met = [bool(raw) and self.means(one, node, node) for one in drawn]
        return (
            bool(via)
            and self.passes(raw, relation.get("raw_permissions"))
            and self.passes(effective, relation.get("effective_permissions"))
            and (any(met) or not met if required.get("nodes_operator") == "OR" else all(met))
        )

    def privileges(self, effective: set[str]) -> dict[str, bool]:
        names = ("data_read", "data_write", "data_create", "data_delete", "metadata_read", "metadata_write")
        return {f"{name}_privilege": name.upper() in effective for name in names}

    def passes(self, held: Iterable[str], wanted: Json | None) -> bool:
        values, have = set((wanted or {}).get("values", ())), set(held)
        return not values or (values <= have if wanted and wanted.get("operator") == "AND" else bool(values & have))

    def summary(self, spec: Json, via: Iterable[Path]) -> tuple[str, ...]:
        wanted = (spec.get("path_summary_node_types") or {}).get("nodes", ())
        passed = {one for nodes, _ in via for one in nodes}
        return tuple(
            sorted(one for one in passed if any(self.means(part, self.node[one], self.node[one]) for part in wanted))
        )

    def sums_up(self, spec: Json, via: Iterable[Path]) -> bool:
        conditions = (spec.get("path_summary_count_conditions") or {}).get("conditions", ())
        count = len(self.summary(spec, via))
        return all(COMPARISONS[condition["fn"]](count, condition["value"]) for condition in conditions)

    def counts(self, expression: Json, count: int, total: int) -> bool:
        held = []
        for one in expression.get("specs", ()):
            number = 100 * count / total if one.get("value_as") == "PERCENTAGE_OF_TOTAL_COUNT" and total else count
            held.append(COMPARISONS[one["fn"]](number, one["value"]))
        held += [self.counts(child, count, total) for child in expression.get("child_expressions", ())]
        is_met = any(held) if expression.get("operator") == "OR" else all(held)
        return is_met != bool(expression.get("not"))
