"""What a task may choose about results that their service calls partial.

The choice is applied in :mod:`.baseline`.
"""

from __future__ import annotations

from enum import StrEnum


class PartialCheck(StrEnum):
    """What happens with a partial result: its missing rows look like removed ones, or later like added ones."""

    FAIL = "fail"
    WARN = "warn"
