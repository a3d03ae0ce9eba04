"""Named switches for behaviour of the real service that is not known; each default is the likeliest reading."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class CancelBody(Enum):
    """What a successful cancel answers; the documents say "an empty body"."""

    NOTHING = auto()
    EMPTY_OBJECT = auto()


class UnknownNodeType(Enum):
    """What a query for a node type that the tenant does not have answers."""

    NO_ROWS = auto()
    ERROR = auto()


@dataclass(frozen=True)
class Variants:
    """One choice for each unknown."""

    running_status: str = "IN_PROGRESS"
    failed_status: str = "FAILED"
    cancel_body: CancelBody = CancelBody.NOTHING
    unknown_node_type: UnknownNodeType = UnknownNodeType.NO_ROWS
