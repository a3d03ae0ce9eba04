"""The benchmark's tables and bounds as lines of text; it measures nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tools.bench_landing import ways
from tools.bench_landing.measure import Sample, Samples
from tools.bench_landing.ways import Way

_LINE = "{:<56}{:>7}{:>7}{:>11}{:>9}{:>9}{:>13}{:>10}{:>7}{:>10}"
_SIZE_LINE = "{:<56}{:>10}{:>10}{:>18}{:>10}{:>7}"
_OUTCOME = "{:<14}{}"
_GOALS = (
    (ways.JSONL, ways.NAIVE_JSONL, 8),
    (ways.CSV, ways.NAIVE_CSV, 5),
    (ways.PARQUET, ways.NAIVE_PARQUET[0], 3.5),
    (ways.PARQUET, ways.NAIVE_PARQUET[1], 5.5),
)
"""CPU is compared, since wall times of two processes on a busy machine say more of its other work than of theirs."""


def table(samples: Samples, rows: int) -> Iterator[str]:
    """Yield a line a way, in the order of measuring.

    ``/ limit`` is the time over that of the raw limit, ``naive /`` the naive way's time over this one. Where the machine is
    busy with something else, the ratio of CPU times is the steadier one.
    """
    yield _LINE.format(
        "way", "wall s", "CPU s", "rows/s", "/ limit", "naive /", "naive / CPU", "peak MiB", "+idle", "file MiB"
    )
    limit = _fastest(samples, ways.PARSERS)
    for way, sample in samples.items():
        naive = _fastest(samples, ways.NAIVE_OF.get(way, ()))
        yield _LINE.format(
            way.title,
            f"{sample.wall:.2f}",
            f"{sample.cpu:.2f}",
            f"{rows / sample.wall:,.0f}",
            _text(_ratio(sample, limit)),
            _text(_ratio(naive, sample)),
            f"{naive.cpu / sample.cpu:.1f}" if naive else "",
            f"{sample.peak_mib:.0f}",
            f"{sample.growth_mib:.0f}",
            f"{sample.file_mib:.0f}",
        )


def by_size(samples: Mapping[int, Samples]) -> Iterator[str]:
    """Yield this package's cost per row at each size, and per row that the next smaller result had not."""
    yield _SIZE_LINE.format("way", "rows", "us a row", "us a further row", "peak MiB", "+idle")
    for way in ways.NAIVE_OF:
        fewer, before = 0, 0.0
        for rows in (rows for rows in samples if way in samples[rows]):
            sample = samples[rows][way]
            yield _SIZE_LINE.format(
                way.title,
                f"{rows:,}",
                f"{sample.wall / rows * 1e6:.2f}",
                f"{(sample.wall - before) / (rows - fewer) * 1e6:.2f}",
                f"{sample.peak_mib:.0f}",
                f"{sample.growth_mib:.0f}",
            )
            fewer, before = rows, sample.wall


def bounds(fewest: Samples, most: Samples) -> Iterator[str]:
    """Yield what is asked of this package, and whether it was met.

    :param fewest: of the smallest result.
    :param most: of the largest.
    """
    for way, naive, least in _GOALS:
        ratio = most[naive].cpu / most[way].cpu if way in most and naive in most else None
        yield _at_least(least, f"{naive.title}: its CPU over this package's", ratio)
    jsonl, parquet = most.get(ways.JSONL), most.get(ways.PARQUET)
    limit = _ratio(jsonl, _fastest(most, ways.PARSERS))
    yield _at_most(3, f"{ways.JSONL.title}: its time over the raw limit's", limit)
    small = fewest.get(ways.JSONL)
    growth = jsonl.peak_mib - small.peak_mib if jsonl and small else None
    yield _at_most(32, f"{ways.JSONL.title}: MiB of peak above the smallest result's", growth)
    above = parquet.growth_mib if parquet else None
    yield _at_most(160, f"{ways.PARQUET.title}: MiB of peak above the idle process with pyarrow", above)


def _fastest(samples: Samples, among: Iterable[Way]) -> Sample | None:
    return min((samples[way] for way in among if way in samples), key=lambda sample: sample.wall, default=None)


def _ratio(one: Sample | None, other: Sample | None) -> float | None:
    return one.wall / other.wall if one and other else None


def _text(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.1f}"


def _at_least(least: float, text: str, seen: float | None) -> str:
    return _outcome(f"{text}, at least {least}", seen, is_met=seen is not None and seen >= least)


def _at_most(most: float, text: str, seen: float | None) -> str:
    return _outcome(f"{text}, at most {most}", seen, is_met=seen is not None and seen <= most)


def _outcome(text: str, seen: float | None, *, is_met: bool) -> str:
    if seen is None:
        return _OUTCOME.format("not measured", text)
    return _OUTCOME.format("met" if is_met else "MISSED", f"{text}: {seen:.1f}")
