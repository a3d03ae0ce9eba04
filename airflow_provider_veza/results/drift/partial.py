"""What a task says about results that their service calls partial; only the choice, nothing is checked here."""

from __future__ import annotations

from enum import StrEnum


class PartialCheck(StrEnum):
    """What happens with a partial result: its missing rows look like removed ones, or later like added ones."""

    FAIL = "fail"
    WARN = "warn"
