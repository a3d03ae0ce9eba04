"""The part of the slow, obviously correct evaluator that says which nodes a selector means."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from veza_emulator.graph.tenant_graph import Node

Json = Mapping[str, Any]

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda a, b: a == b,
    "LT": lambda a, b: a < b,
    "LTE": lambda a, b: a <= b,
    "GT": lambda a, b: a > b,
    "GTE": lambda a, b: a >= b,
}
MEMBERS = {
    "IdPUser": {"OktaUser", "AzureADUser"},
    "Identity": {"OktaUser", "AzureADUser", "AwsIamUser", "OAA.App.User"},
    "Resource": {"S3Bucket", "OAA.App.Thing.Resource"},
}


@dataclass
class ObviousNodes:
    """The nodes of a graph, and the time."""

    now: datetime
    nodes: Sequence[Node]

    @abstractmethod
    def ids_of_sources(self, saved_query: str) -> Iterable[str]: ...

    def means(self, part: Json, node: Node, source: Node) -> bool:
        types = MEMBERS.get(part["node_type"], {part["node_type"]})
        grouping = part.get("node_type_grouping_constraint")
        if grouping:
            named = set(grouping["node_types"])
            # A group has the members that the request names.
            is_plain = types == {part["node_type"]} & {one.type for one in self.nodes}
            included = types & named if is_plain else named
            types = types - named if grouping["constraint_type"] == "EXCLUDE" else included
        expression = part.get("condition_expression")
        return (
            node.type in types
            and part.get("node_id", node.id) in ("", node.id)
            and (not expression or self.meets(expression, node, source))
        )

    def meets(self, expression: Json, node: Node, source: Node) -> bool:
        held = [self.holds(one, node, source) for one in expression.get("specs", ())]
        held += [self.has_tag(one, node) for one in expression.get("tag_specs", ())]
        held += [
            self.meets(child, node, source) for child in expression.get("child_expressions", ()) if self.says(child)
        ]
        if not held:
            return True
        is_met = any(held) if expression.get("operator") == "OR" else all(held)
        return is_met != bool(expression.get("not"))

    def says(self, expression: Json) -> bool:
        own = expression.get("specs") or expression.get("tag_specs")
        return bool(own) or any(self.says(child) for child in expression.get("child_expressions", ()))

    def holds(self, condition: Json, node: Node, source: Node) -> bool:
        actual = self.value(node, condition["property"])
        wanted = condition.get("value")
        if condition.get("value_property_name"):
            other = source if condition.get("value_property_from_other_node") else node
            wanted = self.value(other, condition["value_property_name"])
            if wanted is None:
                return bool(condition.get("not"))
        return self.compares(condition.get("fn", "EQ"), actual, self.resolved(wanted)) != bool(condition.get("not"))

    def value(self, node: Node, name: str) -> Any:
        return node.id if name == "id" else node.properties.get(name)

    def resolved(self, wanted: Any) -> Any:
        if wanted == "$COOKIE_AWS_ACCOUNT_LIST":
            return [node.properties["aws_account_id"] for node in self.nodes if "aws_account_id" in node.properties]
        if isinstance(wanted, str) and wanted.startswith("$COOKIE_TIMEVAR_"):
            return (self.now - timedelta(days=int(wanted.split("_")[2]))).isoformat()
        return wanted

    def compares(self, function: str, actual: Any, wanted: Any) -> bool:
        if actual is None:
            return False
        if function.startswith("LIST_"):
            return isinstance(actual, list) and self.compares_list(function, actual, wanted)
        match function:
            case "EXISTS":
                return True
            case "CONTAINS":
                return isinstance(actual, str) and isinstance(wanted, str) and wanted in actual
            case "IN":
                return any(same(actual, one) for one in wanted)
            case "IN_FROM_QUERY_SOURCE_RESULTS":
                return actual in self.ids_of_sources(wanted)
            case "EQ":
                return same(actual, wanted)
            case _:
                return in_order(COMPARISONS[function], actual, wanted)

    def compares_list(self, function: str, elements: list[Any], wanted: Any) -> bool:
        if function == "LIST_ALL_ELEMENTS_IN":
            return all(any(same(element, one) for one in wanted) for element in elements)
        single = "CONTAINS" if function == "LIST_ANY_ELEMENT_CONTAINS" else "EQ"
        return any(self.compares(single, element, wanted) for element in elements)

    def has_tag(self, wanted: Json, node: Node) -> bool:
        tag = wanted["tag"]
        function = wanted.get("fn", "EQ")
        found = any(
            one.key == tag["key"]
            and tag.get("type", "") in ("", one.type)
            and (
                function == "EXISTS"
                or (function == "CONTAINS" and tag.get("value", "") in one.value)
                or (function == "EQ" and tag.get("value", "") in ("", one.value))
            )
            for one in node.tags
        )
        return found != bool(wanted.get("exclude"))


def same(one: Any, other: Any) -> bool:
    return (type(one) is type(other) and one == other) or (both_numbers(one, other) and one == other)


def both_numbers(one: Any, other: Any) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))


def in_order(compare: Callable[[Any, Any], bool], actual: Any, wanted: Any) -> bool:
    if isinstance(actual, str) and isinstance(wanted, str):
        moments = [moment(value) for value in (actual, wanted)]
        return compare(*moments) if None not in moments else compare(actual, wanted)
    if type(actual) is type(wanted) is bool or both_numbers(actual, wanted):
        return compare(actual, wanted)
    return False


def moment(text: str) -> datetime | None:
    try:
        found = datetime.strptime(text.replace("Z", "+00:00"), "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return None
    return found
