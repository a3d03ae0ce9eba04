"""What one query of the double comes to, as a test says it beforehand; data that travels as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Self


class Race(StrEnum):
    """What a GET answers after the task is gone and before its result can be read."""

    UNKNOWN_ID = "unknown_id"
    NO_INDEX = "no_index"
    NO_SHARD = "no_shard"


@dataclass(frozen=True)
class Failure:
    """An error as Elasticsearch sends it.

    :param reason: may be null.
    """

    status: int
    type: str
    reason: str | None = None


@dataclass(frozen=True)
class Script:
    """One query's life.

    :param duration: seconds until it ends by itself; None until a test ends it.
    :param failure: what it fails with; None for the table.
    :param clusters: what ``_clusters`` says, for partial results.
    :param warnings: texts of Warning headers that come with the result.
    :param race_seconds: how long after the end the result cannot be read yet.
    """

    duration: float | None = 0.0
    columns: list[dict[str, str]] = field(default_factory=list)
    values: list[list[Any]] = field(default_factory=list)
    failure: Failure | None = None
    partial: bool = False
    clusters: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)
    race_seconds: float = 0.0
    race: Race = Race.UNKNOWN_ID

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON types."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read it again."""
        values = {f.name: data[f.name] for f in fields(cls) if f.name in data}
        if values.get("failure") is not None:
            values["failure"] = Failure(**values["failure"])
        return cls(**values | {"race": Race(values.get("race", Race.UNKNOWN_ID))})


@dataclass(frozen=True)
class Settings:
    """What kind of cluster it is.

    :param get_default: what a GET without wait_for_completion_timeout does: ``now`` as servers do, or ``block`` as the
        documents say.
    :param running_body: ``full``, or ``bare`` as in the documents' example: id and is_running, nothing else.
    :param is_open: no credentials are asked for.
    :param harm: what is done to the requests of ``harmed_method``, which are not executed; see :class:`~.harm.Harm`.
    :param longest_submit_wait: seconds that a submit waits at most, whatever it asks for; so that tests need not wait.
    """

    version: str = "9.1.4"
    get_default: str = "now"
    running_body: str = "full"
    is_open: bool = False
    longest_submit_wait: float = 60.0
    harm: str = ""
    harmed_method: str = ""

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor version."""
        major, minor, *_ = self.version.split(".")
        return int(major), int(minor)

    def knows(self, major_8_minor: int, major_9_minor: int) -> bool:
        """Whether what came with 8.x and 9.y is there."""
        major, minor = self.release
        return minor >= (major_8_minor if major == 8 else major_9_minor)
