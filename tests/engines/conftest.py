"""What the tests of engines share: a memory of what each was seen to do, for the table in the docs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

from tools.engines_table import LEFT_BEHIND, Outcomes


@pytest.fixture(scope="session")
def seen() -> Iterator[Outcomes]:
    """Give the notes of the session: format, engine, behaviour, outcome; ``make test-engines`` makes the table of them."""
    seen: Outcomes = {}
    yield seen
    if os.environ.get("ENGINES") == "all":
        LEFT_BEHIND.parent.mkdir(parents=True, exist_ok=True)
        LEFT_BEHIND.write_text(json.dumps(seen, indent=1, ensure_ascii=False), encoding="utf-8")
