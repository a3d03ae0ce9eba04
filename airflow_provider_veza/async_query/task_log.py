"""What this provider uses of a task's logger, which is the standard library's on Airflow 2 and structlog's on 3."""

from __future__ import annotations

from typing import Any, Protocol


class TaskLog(Protocol):
    """Takes lines with %-style arguments."""

    def log(self, level: int, event: str, *args: Any) -> Any:
        """Write a line at ``level``."""
        ...

    def info(self, event: str, *args: Any) -> Any:
        """Write a line for everybody."""
        ...

    def warning(self, event: str, *args: Any) -> Any:
        """Write a line for whoever is on call."""
        ...
