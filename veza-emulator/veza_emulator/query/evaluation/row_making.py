"""Makes the rows of a query from the nodes that were found; finds no nodes and orders no rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from veza_emulator.graph.edge_marks import RawPermissions
from veza_emulator.graph.edges import Numbers
from veza_emulator.graph.tenant_graph import NO_PERMISSIONS, TenantGraph
from veza_emulator.query.evaluation.answer import Answer
from veza_emulator.query.evaluation.selection import Selection
from veza_emulator.query.rows import Engagement, LazyRows, PathRow, Shown, SourceRow
from veza_emulator.query.spec import QuerySpec


class RowMaker:
    """Makes rows of one query over one graph."""

    def __init__(self, graph: TenantGraph, spec: QuerySpec, sources: Selection) -> None:
        self._graph = graph
        self._extras = spec.extras
        self._sources = sources

    def plain_rows(self, numbers: Numbers) -> Sequence[SourceRow]:
        """Return rows of sources that need not relate to anything."""
        return LazyRows(len(numbers), lambda place: self._source_row(int(numbers[place]), 0))

    def counted_rows(self, answer: Answer) -> Sequence[SourceRow]:
        """Return rows of sources with the number of their destinations."""

        def make(place: int) -> SourceRow:
            source = int(answer.sources[place])
            permissions = answer.all_permissions(source) if self._extras.permissions_summary else NO_PERMISSIONS
            engagement = engagement_of(self._graph, answer, source)
            return self._source_row(source, int(answer.counts[place]), permissions, engagement)

        return LazyRows(len(answer.sources), make)

    def destination_rows(self, answer: Answer) -> Sequence[SourceRow]:
        """Return a row of each node that any source relates to."""
        numbers = self._graph.in_order(answer.all_destinations())

        def make(place: int) -> SourceRow:
            number = int(numbers[place])
            return SourceRow(self._graph.nodes[number], 0, self._shown_at_destination(answer, number))

        return LazyRows(len(numbers), make)

    def path_rows(self, answer: Answer) -> Sequence[PathRow]:
        """Return a row of each pair of a source and one of its destinations."""
        ends = list(accumulate(answer.counts.tolist()))

        def make(place: int) -> PathRow:
            at = bisect_right(ends, place)
            source = int(answer.sources[at])
            destinations = answer.destinations(source)
            return self._path_row(answer, source, int(destinations[place - ends[at]]), len(destinations))

        return LazyRows(ends[-1] if ends else 0, make)

    def _path_row(self, answer: Answer, source: int, destination: int, count: int) -> PathRow:
        nodes = self._graph.nodes
        return PathRow(
            nodes[source],
            nodes[destination],
            answer.permissions(source, destination),
            self._shown_at_source(source),
            self._shown_at_destination(answer, destination),
            tuple(nodes[number] for number in answer.summary(source, destination).tolist()),
            count,
        )

    def _source_row(
        self,
        number: int,
        count: int,
        permissions: RawPermissions = NO_PERMISSIONS,
        engagement: Engagement | None = None,
    ) -> SourceRow:
        return SourceRow(self._graph.nodes[number], count, self._shown_at_source(number), permissions, engagement)

    def _shown_at_source(self, number: int) -> Shown:
        selector = self._sources.selector_of(number)
        return Shown(selector.properties_to_get, selector.tags_to_get, self._extras.source_tags)

    def _shown_at_destination(self, answer: Answer, number: int) -> Shown:
        selector = answer.selector_of(number)
        return Shown(selector.properties_to_get, selector.tags_to_get, self._extras.destination_tags)


def engagement_of(graph: TenantGraph, answer: Answer, source: int) -> Engagement | None:
    """Return how much of its access a source uses; None if nobody watches, or it has none."""
    if graph.uses is None:
        return None
    destinations = answer.destinations(source).tolist()
    used = graph.uses.get(source, ())
    return Engagement(len(destinations), sum(number in used for number in destinations)) if destinations else None
