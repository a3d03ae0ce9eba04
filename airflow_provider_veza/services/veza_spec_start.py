"""What every query spec begins with, and what is wrong with a mapping that does not; small, for each DAG file imports it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_provider_veza.exceptions import QuerySpecError
from airflow_provider_veza.services.veza_cache import CACHE_MODES

START = "source_node_types"
WHERE_TO_START = 'write the node types to start from, such as {"nodes": [{"node_type": "OktaUser"}]}'
THE_TOP = "the top level"
_DEEPEST_WRAPPING = 4
"""More than any answer of Veza puts around a spec."""
_ENVELOPE = (*CACHE_MODES, "request", "body")


def require_start(spec: Mapping[str, Any]) -> None:
    """Refuse what lacks the field that every spec has; no value is looked at, so that templates may stand in it.

    :raises QuerySpecError: says what it is instead, where that can be seen.
    """
    if not spec:
        raise QuerySpecError(THE_TOP, f"it is empty; write at least {START}")
    if START in spec:
        return
    if wrapper := next((name for name in _ENVELOPE if name in spec), ""):
        problem = "this is a whole request and not a query spec; pass only what stands in its request.body"
        raise QuerySpecError(wrapper, f"{problem}, and say the cache mode in the arguments beside it")
    if inner := next(_specs_in(spec), ""):
        raise QuerySpecError(inner, "the query spec stands here, inside of something else; pass only this")
    raise QuerySpecError(START, f"it is missing; {WHERE_TO_START}")


def _specs_in(body: Mapping[str, Any], path: str = "", depth: int = 0) -> Iterator[str]:
    """Yield where specs stand inside of what was given for one, such as the answer that shows a saved query."""
    if path and START in body:
        yield path
    elif depth < _DEEPEST_WRAPPING:
        for name, content in body.items():
            if isinstance(content, dict):
                yield from _specs_in(content, f"{path}.{name}" if path else name, depth + 1)
