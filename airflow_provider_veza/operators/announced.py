"""What a task instance has announced in XCom, as whoever speaks for it later reads it; it is announced in :mod:`.submitting`."""

from __future__ import annotations

from typing import Any


def announced(ti: Any, key: str) -> Any:
    """Return what this very task instance has under a key; None where it has nothing."""
    return ti.xcom_pull(task_ids=ti.task_id, key=key, map_indexes=ti.map_index)
