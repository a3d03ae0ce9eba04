"""What is landed once in each format for engines to read, and what each column of it must come back as."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isnan
from pathlib import Path
from typing import Any

from airflow_provider_veza.results.landing_limits import LandingLimits
from airflow_provider_veza.results.manifest import Manifest
from airflow_provider_veza.results.reading import LandedResult, read_manifest
from airflow_provider_veza.results.table_options import NO_OPTIONS, TableOptions
from results.landed import Lander, pages_of

Rows = Sequence[Mapping[str, Any]]

LARGE = 2**53 + 1
MOMENT = "2026-01-31T12:00:00.123456Z"
TYPES: list[dict[str, Any]] = [
    {
        "n": n,
        "digits": f"00{n}",
        "name": "" if n % 2 else '#a, "b"',
        "absent": None if n % 2 else "x",
        "large": LARGE + 2 * n if n % 2 else None,
        "half": 0.5 if n % 2 else None,
        "whole": 6.0,
        "is_active": n % 2 == 1,
        "seen": MOMENT,
        "tags": ["r", "w"],
        "owner": {"team": "a"},
    }
    for n in range(1, 7)
]
LATE = [{"n": n, "name": "x", **({"late": n} if n > 2 else {})} for n in range(1, 7)]
HUGE = [{"n": 1, "huge": 6}, {"n": 2, "huge": 2**64 - 1}]
ONE_COLUMN = [{"name": "x"}, {"name": None}, {"name": ""}, {"name": "y"}]


@dataclass(frozen=True)
class Landed:
    """A landed folder on the local disk."""

    folder: Path
    manifest: Manifest

    @property
    def glob(self) -> str:
        """The pattern that finds its parts."""
        return f"{self.folder}/part-*"

    @property
    def paths(self) -> list[str]:
        """Its parts, as the manifest has them."""
        return [str(self.folder / part.name) for part in self.manifest.parts]

    @property
    def form(self) -> str:
        """``jsonl``, ``csv`` or ``parquet``."""
        return self.manifest.format

    @property
    def result(self) -> LandedResult:
        """What our own reader makes of it."""
        return read_manifest(self.folder)


def land(
    place: Path, form: str, rows: Rows, compression: str | None = None, options: TableOptions = NO_OPTIONS
) -> Landed:
    """Land rows, two to a part."""
    place.mkdir(parents=True)
    lander = Lander(place, format=form, compression=compression, limits=LandingLimits(part_bytes=1), options=options)
    return Landed(place / "landed", lander.land(pages_of(rows)))


Judge = Callable[[Rows], str]
"""What an engine made of something: ``yes``, or what else came."""
YES = "yes"


def column(*names: str, expected: Callable[[int], Any]) -> Judge:
    """Return the judge of one column, by one of its names, in the order of ``n``."""

    def judge(rows: Rows) -> str:
        for row in sorted(rows, key=lambda row: int(row["n"])):
            name = next((name for name in names if name in row), None)
            if name is None:
                return "dropped"
            if not is_same(row[name], expected(int(row["n"]))):
                return f"`{_shown(row[name])}`"
        return YES

    return judge


BEHAVIOURS: Mapping[str, Judge] = {
    "rows": lambda rows: YES if len(rows) == len(TYPES) else f"{len(rows)} of {len(TYPES)}",
    "null": column("absent", expected=lambda n: None if n % 2 else "x"),
    "empty text": column("name", expected=lambda n: "" if n % 2 else '#a, "b"'),
    "texts of digits": column("digits", expected=lambda n: f"00{n}"),
    "2^53 + 1 beside nulls": column("large", expected=lambda n: LARGE + 2 * n if n % 2 else None),
    "fractions": column("half", expected=lambda n: 0.5 if n % 2 else None),
    "booleans": column("is_active", expected=lambda n: n % 2 == 1),
    "moments": column("seen", expected=lambda n: datetime.fromisoformat(MOMENT)),
    "lists": column("tags", expected=lambda n: ["r", "w"]),
    "dotted names": column("owner.team", "owner", expected=lambda n: "a"),
}
is_late: Judge = column("late", expected=lambda n: n if n > 2 else None)


def is_same(found: Any, expected: Any) -> bool:
    """Whether a value is what it should be: as whichever type an engine has for it, but exactly."""
    found = _plain(found)
    match expected:
        case None:
            return found is None
        case bool():
            return found is expected
        case datetime():
            return _moment(found) == expected
        case list():
            return (_decoded(found) if isinstance(found, str) else found) == expected
        case str():
            return found == expected
        case _:
            return not isinstance(found, (bool, str)) and found is not None and found == expected


def _plain(value: Any) -> Any:
    """Return the Python value of what engines give: nulls of every kind are None, arrays lists, an object its only field."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and isnan(value)):
        return None
    if isinstance(value, dict) and len(value) == 1:
        return next(iter(value.values()))
    if type(value).__name__ == "Row":
        return value[0]
    return value


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _moment(found: Any) -> datetime | None:
    if isinstance(found, str):
        try:
            found = datetime.fromisoformat(found)
        except ValueError:
            return None
    if hasattr(found, "to_pydatetime"):
        found = found.to_pydatetime()
    if not isinstance(found, datetime):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _shown(value: Any) -> str:
    text = "null" if _plain(value) is None else repr(_plain(value))
    return text if len(text) <= 40 else f"{text[:37]}..."
