"""Time as the author of a DAG or a template gives it, and as a service reads it; pendulum reads and writes it, no clock."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

_SECONDS = re.compile(r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?) ?s?", re.ASCII | re.IGNORECASE)
_AS_STR_SHOWS_IT = re.compile(r"(?:(-?\d+) days?, )?(\d+):(\d\d):(\d\d(?:\.\d+)?)", re.ASCII)
_UNIT = r"(\d+(?:\.\d+)?) (week|day|hour|minute|second)s?"
_IN_WORDS = re.compile(rf"{_UNIT}(?: {_UNIT})*", re.ASCII)
_AMOUNT = r"\d+(?:[.,]\d+)?"
_ISO_8601 = re.compile(
    rf"P(?=.)(?:{_AMOUNT}W)?(?:{_AMOUNT}D)?(?:T(?=.)(?:{_AMOUNT}H)?(?:{_AMOUNT}M)?(?:{_AMOUNT}S)?)?", re.ASCII
)
_NO_FIXED_LENGTH = "years and months have no fixed length; give days, or PT5M for five minutes"
_HAS_MONTHS = re.compile(r"P[^T]*[YM]")


def span_of(value: Any) -> timedelta:
    """Return a span of time: a timedelta, seconds, or text. It may be negative.

    Text is seconds (``90``, ``90s``), ISO 8601 (``PT1H``), or a timedelta or a pendulum Duration as a template shows it
    (``1 day, 2:00:00``, ``1 day 2 hours``). Years and months are refused: they have no fixed length.

    :raises ValueError: when it is none of these.

    >>> span_of("PT1H30M"), span_of("0:01:30"), span_of(90)
    (datetime.timedelta(seconds=5400), datetime.timedelta(seconds=90), datetime.timedelta(seconds=90))
    """
    try:
        return _read_span(value)
    except OverflowError:
        raise ValueError("it is longer than any time can be") from None


def _read_span(value: Any) -> timedelta:
    if getattr(value, "years", 0) or getattr(value, "months", 0):  # Of a pendulum Duration.
        raise ValueError(_NO_FIXED_LENGTH)
    if isinstance(value, timedelta):
        # A pendulum Duration adds its months to a date by the calendar.
        return value if type(value) is timedelta else timedelta(seconds=value.total_seconds())
    if isinstance(value, str):
        return _span_in(value.strip())
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return timedelta(seconds=value)
    raise ValueError("it is no time")


def _span_in(text: str) -> timedelta:
    if seconds := _SECONDS.fullmatch(text):
        return timedelta(seconds=float(seconds[1]))
    if shown := _AS_STR_SHOWS_IT.fullmatch(text):
        days, hours, minutes, rest = shown.groups(default="0")
        return timedelta(days=int(days), hours=int(hours), minutes=int(minutes), seconds=float(rest))
    if _IN_WORDS.fullmatch(text):
        return sum((timedelta(**{f"{unit}s": float(count)}) for count, unit in re.findall(_UNIT, text)), timedelta())
    return _span_in_iso(text)


def _span_in_iso(text: str) -> timedelta:
    from pendulum import Duration, parse

    if _HAS_MONTHS.match(text):
        raise ValueError(_NO_FIXED_LENGTH)
    read = parse(text) if _ISO_8601.fullmatch(text) else None
    if isinstance(read, Duration):
        return timedelta(seconds=read.total_seconds())
    raise ValueError("it is no time")


def with_times_as_text(value: Any) -> Any:
    """Return a value whose times are text as RFC 3339 writes it, in UTC; mappings, lists and tuples are gone through.

    :raises ValueError: for a time without a time zone, which could be one of many.
    :raises RecursionError: when it is nested too deeply.

    >>> with_times_as_text({"since": datetime.fromisoformat("2026-01-01T01:00:00+01:00")})
    {'since': '2026-01-01T00:00:00Z'}
    """
    if isinstance(value, date):
        return time_text(value)
    if isinstance(value, Mapping):
        return {name: with_times_as_text(one) for name, one in value.items()}
    return [with_times_as_text(one) for one in value] if isinstance(value, (list, tuple)) else value


def time_text(moment: date) -> str:
    """Return a time as RFC 3339 writes it, in UTC; a date without a time as ``2026-01-01``.

    :raises ValueError: for a time without a time zone, which could be one of many.
    """
    import pendulum

    if not isinstance(moment, datetime):
        return moment.isoformat()
    if moment.utcoffset() is None:
        raise ValueError(f"the time {moment} has no time zone; write pendulum.datetime(...), or give tzinfo=")
    return pendulum.instance(moment).in_timezone("UTC").to_iso8601_string()
