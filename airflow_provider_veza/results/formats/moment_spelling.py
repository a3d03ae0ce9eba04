"""How date-times were spelled, so that a column of moments has the texts that were sent when it becomes text later; pure.

A moment in Parquet is a number: that it came as ``12:00:00.000Z`` or ``14:00:00+02:00`` is kept beside the numbers, as runs of
equal spellings. Where a part keeps them is in :mod:`.parquet_file`.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta
from itertools import chain, groupby, repeat
from zlib import compress, decompress

from msgspec import json

from airflow_provider_veza.exceptions import ManifestError
from airflow_provider_veza.results.formats.text import text_of

SHORTEST = ""
"""In UTC, with ``Z`` and no digit more than the moment needs; any other spelling is its digits and its offset: ``3Z``."""

Runs = list[tuple[int, str]]
"""How many values in a row have which spelling; a null has that of its neighbours."""

_SECONDS = len("2026-01-31T12:00:00")
_NOT_SHORTEST = re.compile(r"\.\d*0Z", re.ASCII)


def runs_of(texts: Sequence[str | None]) -> Runs:
    """Return the spellings of date-times that :mod:`airflow_provider_veza.results.schema` takes for timestamps.

    >>> runs_of(["2026-01-31T12:00:00.000Z", None, "2026-01-31T12:00:00.250Z"])
    [(3, '3Z')]
    >>> runs_of(["2026-01-31T14:00:00+02:00", "2026-01-31T12:00:00.5Z"])
    [(1, '0+02:00'), (1, '1Z')]
    """
    common = _common_spelling(list(filter(None, texts)))
    if common is not None:
        return [(len(texts), common)]
    return [(len(list(run)), spelling) for spelling, run in groupby(_spellings_of(texts))]


def spelled(moment: datetime, spelling: str) -> str | None:
    """Return a moment as it was spelled.

    >>> spelled(datetime(2026, 1, 31, 12, tzinfo=UTC), "3+02:00")
    '2026-01-31T14:00:00.000+02:00'
    """
    if spelling == SHORTEST:
        return text_of(moment)
    digits, zone = int(spelling[0]), spelling[1:]
    local = (moment.astimezone(UTC).replace(tzinfo=None) + _offset(zone)).isoformat(timespec="microseconds")
    return local[: _SECONDS + (1 + digits if digits else 0)] + zone


class Spellings:
    """The spellings in the columns of one part, as it grows."""

    def __init__(self) -> None:
        self._runs: dict[str, Runs] = {}
        self._rows = 0

    def add(self, rows: int, of_group: Mapping[str, Runs]) -> None:
        """Append a group; a column that is not named is spelled shortest."""
        for name in dict.fromkeys((*self._runs, *of_group)):
            runs = self._runs.setdefault(name, [(self._rows, SHORTEST)] if self._rows else [])
            for count, spelling in of_group.get(name, [(rows, SHORTEST)]):
                _append(runs, count, spelling)
        self._rows += rows

    def to_text(self, names: Set[str] | None = None) -> str:
        """Return what a file keeps; empty where all is spelled shortest.

        :param names: of the columns that still are date-times; None for all.
        """
        told = {
            name: runs
            for name, runs in self._runs.items()
            if (names is None or name in names) and any(spelling for _, spelling in runs)
        }
        return b64encode(compress(json.encode(told))).decode() if told else ""


class Remaining:
    """The spellings of one column, taken from the first on.

    >>> left = Remaining([(3, "3Z"), (2, "")])
    >>> left.take(2), left.take(2), left.take(2)
    ([(2, '3Z')], [(1, '3Z'), (1, '')], [(1, ''), (1, '')])
    """

    def __init__(self, runs: Runs) -> None:
        self._runs = list(reversed(runs))

    def take(self, count: int) -> Runs:
        """Return the spellings of the next values; those that nothing is known of are spelled shortest."""
        taken: Runs = []
        while count > 0:
            length, spelling = self._runs.pop() if self._runs else (count, SHORTEST)
            if length > count:
                self._runs.append((length - count, spelling))
            taken.append((min(length, count), spelling))
            count -= taken[-1][0]
        return taken


def spellings_in(text: str | bytes) -> Mapping[str, Runs]:
    """Read what :meth:`Spellings.to_text` returned.

    :raises ManifestError: when it is something else.
    """
    if not text:
        return {}
    try:
        return json.decode(decompress(b64decode(text)), type=dict[str, Runs])
    except Exception as e:
        raise ManifestError(
            f"A Parquet part's spellings of date-times cannot be read ({type(e).__name__}): it was edited or damaged. Land the "
            "result again."
        ) from e


def one_by_one(runs: Runs) -> Iterator[str]:
    """Yield the spelling of each value, and then for ever the shortest.

    >>> spellings = one_by_one([(2, "3Z")])
    >>> [next(spellings) for _ in range(3)]
    ['3Z', '3Z', '']
    """
    return chain(chain.from_iterable(repeat(spelling, count) for count, spelling in runs), repeat(SHORTEST))


def _append(runs: Runs, count: int, spelling: str) -> None:
    if runs and runs[-1][1] == spelling:
        count += runs.pop()[0]
    runs.append((count, spelling))


def _common_spelling(texts: Sequence[str]) -> str | None:
    """Return the spelling that all have, which whole columns mostly do: one look at all of them tells."""
    lengths = set(map(len, texts))
    if lengths == {_SECONDS + len("Z")}:  # An offset is longer than that.
        return SHORTEST
    whole = "".join(texts)
    if whole.count("Z") != len(texts):
        return None
    if len(lengths) == 1 and (digits := lengths.pop() - _SECONDS - len(".Z")) > 0:
        return f"{digits}Z"
    return None if _NOT_SHORTEST.search(whole) else SHORTEST


def _spellings_of(texts: Sequence[str | None]) -> Iterator[str]:
    last = SHORTEST
    for text in texts:
        if text is not None:
            last = _spelling_of(text)
        yield last


def _spelling_of(text: str) -> str:
    zone = "Z" if text[-1] == "Z" else text[-len("+00:00") :]
    return f"{max(len(text) - _SECONDS - len(zone) - 1, 0)}{zone}"


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta()
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    return -offset if zone[0] == "-" else offset
