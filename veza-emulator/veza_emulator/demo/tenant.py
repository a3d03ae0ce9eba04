"""The demo tenant: a company drawn from a seed, always the same for the same seed and size; knows no query."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from veza_emulator.demo.breadth import add_breadth
from veza_emulator.demo.company import add_company
from veza_emulator.demo.dice import Dice
from veza_emulator.demo.draft import Draft
from veza_emulator.demo.payroll import add_payroll_story
from veza_emulator.graph.tenant_graph import TenantGraph

MINIMUM_SIZE = 100
MAXIMUM_SIZE = 1_000_000
_BREADTH_IS_ONE_OF = 3
"""Of so many nodes, at most one belongs to the breadth."""


@lru_cache(maxsize=8)
def demo_graph(size: int, seed: int) -> TenantGraph:
    """Return the demo tenant with exactly this many nodes; a large one has about ten edges for each of them.

    :raises ValueError: if the size is under the hundred nodes that its story needs, or over a million.
    """
    if not MINIMUM_SIZE <= size <= MAXIMUM_SIZE:
        raise ValueError(
            f"a demo tenant has at least {MINIMUM_SIZE} nodes and at most {MAXIMUM_SIZE}; asked for {size}"
        )
    draft = Draft()
    with _no_garbage():
        add_payroll_story(draft)
        add_breadth(draft, most=(size - MINIMUM_SIZE) // _BREADTH_IS_ONE_OF)
        add_company(draft, Dice(seed), size - len(draft.nodes))
        return draft.build()


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Keep the garbage collector from walking millions of new objects again and again, of which none is garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
