"""A picture of access paths, as SVG without scripts: who, through what, to which data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from airflow_provider_veza.pages.facts import mapping_of
from airflow_provider_veza.shown import one_line

_WIDTH, _HEIGHT, _GAP = 220, 34, 14
_COLUMNS = (10, 330, 650)
_HEADS = ("who", "through", "to")
_LONGEST = 30


@dataclass(frozen=True)
class AccessPath:
    """One row that pairs a source with a destination."""

    who: str
    through: str
    to: str


def access_paths(rows: Sequence[object]) -> list[AccessPath]:
    """Return the paths among rows, as Veza sends them or as they land in a table; rows of another kind are left out."""
    found = (mapping_of(row) for row in rows)
    return [_path(row) for row in found if _node(row, "source") and _node(row, "destination")]


def _path(row: Mapping[str, Any]) -> AccessPath:
    return AccessPath(_name(_node(row, "source")), _through(row), _name(_node(row, "destination")))


def _node(row: Mapping[str, Any], side: str) -> Mapping[str, Any]:
    """Return a node of a row; in a table its fields are columns that begin with its side."""
    node_id, name = row.get(f"{side}_id"), row.get(f"{side}_properties.name")
    flat = {"id": node_id, "properties": {"name": name}} if node_id or name else {}
    return mapping_of(row.get(side)) or flat


def _name(node: Mapping[str, Any]) -> str:
    return str(mapping_of(node.get("properties")).get("name") or node.get("id") or "?")


def _through(row: Mapping[str, Any]) -> str:
    """Return the nodes between, else the permissions; Veza's real answers are known to leave the first empty."""
    between = row.get("path_summary_nodes")
    names = [_name(mapping_of(node)) for node in between] if isinstance(between, list) else []
    permissions = row.get("abstract_permissions") or row.get("concrete_permissions")
    return ", ".join(names or (map(str, permissions) if isinstance(permissions, list) else [])) or "access"


def picture(paths: Sequence[AccessPath]) -> str:
    """Return the picture, each name once in its column; empty where there is no path."""
    if not paths:
        return ""
    columns = [list(dict.fromkeys(names)) for names in zip(*((p.who, p.through, p.to) for p in paths), strict=True)]
    height = 30 + max(map(len, columns)) * (_HEIGHT + _GAP)
    drawn = "".join([*_heads(), *_lines(paths, columns), *_boxes(columns)])
    return (
        f'<svg class="paths" viewBox="0 0 880 {height}" role="img" '
        f'aria-label="{len(paths)} access paths: who, through what, to which data">{drawn}</svg>'
    )


def _heads() -> Iterator[str]:
    for x, head in zip(_COLUMNS, _HEADS, strict=True):
        yield f'<text class="head" x="{x}" y="16">{head}</text>'


def _boxes(columns: Sequence[Sequence[str]]) -> Iterator[str]:
    for x, names in zip(_COLUMNS, columns, strict=True):
        for number, name in enumerate(names):
            shown = escape(_short(name))
            yield f'<g><title>{escape(one_line(name))}</title><rect x="{x}" y="{_top(number)}" width="{_WIDTH}" '
            yield f'height="{_HEIGHT}" rx="6"/><text x="{x + 10}" y="{_top(number) + 22}">{shown}</text></g>'


def _lines(paths: Sequence[AccessPath], columns: Sequence[Sequence[str]]) -> Iterator[str]:
    steps = {(0, p.who, p.through) for p in paths} | {(1, p.through, p.to) for p in paths}
    for column, left, right in sorted(steps):
        x, y = _COLUMNS[column] + _WIDTH, _middle(columns[column].index(left))
        end, target = _COLUMNS[column + 1], _middle(columns[column + 1].index(right))
        bend = (x + end) // 2
        yield f'<path d="M{x} {y}C{bend} {y} {bend} {target} {end} {target}"/>'


def _top(number: int) -> int:
    return 28 + number * (_HEIGHT + _GAP)


def _middle(number: int) -> int:
    return _top(number) + _HEIGHT // 2


def _short(name: str) -> str:
    line = one_line(name)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
