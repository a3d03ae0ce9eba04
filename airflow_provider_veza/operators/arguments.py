"""What each argument of an operator or a sensor may be: its type, how a value is read, and by which rule.

When a value is checked is in :mod:`.checked`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from itertools import accumulate
from os import PathLike
from typing import Any, Literal, TypeAlias, get_args

from airflow.providers.common.compat.sdk import XComArg

from airflow_provider_veza.async_query.json_value import value_of
from airflow_provider_veza.exceptions import ArgumentError, QuerySpecError
from airflow_provider_veza.results.storage_place import folder_path

Duration: TypeAlias = timedelta | float | str
"""A span of time: a timedelta, or seconds. Text (ISO 8601, or a template) is part of the type, but not read yet."""
QuerySpec: TypeAlias = Mapping[str, Any] | str | XComArg
"""A query spec as Veza's Query Builder takes it, or the path of a templated file that holds one."""
StoragePath: TypeAlias = str | PathLike[str] | XComArg
"""A folder on any storage of Airflow's ``ObjectStoragePath``."""
GivenHandle: TypeAlias = Mapping[str, Any] | str | XComArg | None
"""What a task that submits a query returned, or that as JSON text from a template."""
LandedReference: TypeAlias = Mapping[str, Any] | str | PathLike[str] | XComArg
"""What a task that lands rows returned, that as JSON text, or the path of a landed folder or its manifest."""
GivenText: TypeAlias = str | XComArg
Names: TypeAlias = Sequence[str] | XComArg

ResultKind = Literal["nodes", "result"]
CacheModeName = Literal["cached_result_if_available", "immediate_run", "cached_result_context"]
OnPrevious = Literal["reattach", "cancel_and_resubmit"]
OnAmbiguous = Literal["resubmit", "fail"]
OutputFormat = Literal["jsonl", "csv", "parquet"]
CompressionName = Literal["gzip", "zstd"]
FailOrWarn = Literal["fail", "warn"]
FailOrReplace = Literal["fail", "replace"]
ChangeName = Literal["added", "removed", "changed"]

_NESTING = {"[": 1, "{": 1, "]": -1, "}": -1}
_DEEPEST = 200
"""The time that YAML's reader takes grows with the square of this."""

Read = Callable[[Any, str], Any]
"""Reads the value of the argument of that name.

:raises ArgumentError: when it cannot be one; says what it must be.
"""


def duration(value: Any, name: str) -> timedelta:
    """Return a span of time, which must be longer than none."""
    read = duration_or_none(value, name)
    if read <= timedelta(0):
        raise ArgumentError(f"{name} must be positive, not {value!r}.")
    return read


def duration_or_none(value: Any, name: str) -> timedelta:
    """Return a span of time, which may be zero."""
    try:
        read = value if isinstance(value, timedelta) else timedelta(seconds=_number(value))
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(f"{name} must be a timedelta or seconds, not {value!r}.") from None
    if read < timedelta(0):
        raise ArgumentError(f"{name} must not be negative, not {value!r}.")
    return read


def seconds(value: Any, name: str) -> float:
    """Return a span of time, which must be longer than none, in seconds."""
    return duration(value, name).total_seconds()


def flag(value: Any, name: str) -> bool:
    """Return a yes or no."""
    if not isinstance(value, bool):
        raise ArgumentError(f"{name} must be True or False, not {value!r}.")
    return value


def count(value: Any, name: str) -> int:
    """Return a number of things, at least one."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ArgumentError(f"{name} must be a whole number, not {value!r}.")
    if value < 1:
        raise ArgumentError(f"{name} must be at least 1, not {value!r}.")
    return value


def fraction(value: Any, name: str) -> float:
    """Return a part of one."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise ArgumentError(f"{name} must be between 0 and 1, not {value!r}.")


def text(value: Any, name: str) -> str:
    """Return a text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise ArgumentError(f"{name} must be a text that is not empty, not {value!r}.")
    return value


def path(value: Any, name: str) -> str:
    """Return a folder without the slash at its end; it must not depend on where a worker runs."""
    if not isinstance(value, (str, PathLike)):
        raise ArgumentError(f"{name} must be the path of a folder, not {value!r}.")
    return folder_path(str(value), name)


def names(value: Any, name: str) -> tuple[str, ...]:
    """Return names; a single text is none, since it would be taken letter by letter."""
    is_list = isinstance(value, Collection) and not isinstance(value, (str, bytes, Mapping))
    if not is_list or not all(isinstance(one, str) for one in value):
        raise ArgumentError(f"{name} must be a list of names, not {value!r}.")
    return tuple(value)


def spec(value: Any, name: str) -> Mapping[str, Any] | str:
    """Return a spec, or the text of one."""
    if not isinstance(value, (Mapping, str)):
        raise ArgumentError(f"{name} must be a mapping, or text that describes one, not {value!r}.")
    return value


def parsed_spec(spec: Any) -> Any:
    """Return a spec given as JSON or YAML text as what it describes; anything else as it is.

    :raises QuerySpecError: when the text is neither, with the line where reading stopped.
    """
    if not isinstance(spec, str):
        return spec
    try:
        parsed = value_of(spec)
    except ValueError:
        parsed = _parsed_yaml(spec)
    if isinstance(parsed, str):
        raise QuerySpecError(
            "(the rendered text)", f"it is a plain text, not an object: {parsed[:80]!r}. Was a template file meant?"
        )
    return parsed


def _parsed_yaml(text: str) -> Any:
    import yaml

    if max(accumulate(_NESTING.get(character, 0) for character in text), default=0) > _DEEPEST:
        raise QuerySpecError("(the rendered text)", f"it is nested deeper than {_DEEPEST} levels")
    try:
        return yaml.safe_load(text)
    except Exception as e:  # Its constructors raise what Python does: over a date that is none, or too many digits.
        raise QuerySpecError("(the rendered text)", f"it is neither JSON nor YAML: {' '.join(str(e).split())}") from e


def mapping(value: Any, name: str) -> Mapping[str, Any]:
    """Return a mapping."""
    if not isinstance(value, Mapping):
        raise ArgumentError(f"{name} must be a mapping, not {value!r}.")
    return value


def parameters(value: Any, name: str) -> Sequence[Any] | Mapping[str, Any]:
    """Return the values for placeholders."""
    if isinstance(value, (str, bytes)) or not isinstance(value, (Sequence, Mapping)):
        raise ArgumentError(f"{name} must be a list of values for `?`, or a mapping for `?name`, not {value!r}.")
    return value


def anything(value: Any, name: str) -> Any:
    """Return what only the running task can judge."""
    del name
    return value


def one_of(literal: Any) -> Read:
    """Return the reader of an argument that takes the values of a ``Literal``."""
    choices = get_args(literal)

    def read(value: Any, name: str) -> str:
        if value not in choices:
            raise ArgumentError(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
        return str(value)

    return read


def some_of(literal: Any) -> Read:
    """Return the reader of an argument that takes several values of a ``Literal``."""
    read_one = one_of(literal)
    return lambda value, name: frozenset(read_one(one, name) for one in names(value, name))


def optional(read: Read) -> Read:
    """Return the reader of an argument that may also be None."""
    return lambda value, name: None if value is None else read(value, name)


def is_output_of_task(value: Any) -> bool:
    """Whether a value stands for what Airflow knows only when the task runs, such as ``other_task.output``."""
    return hasattr(value, "iter_references")


def _number(value: Any) -> float:
    if isinstance(value, (bool, str)) or not math.isfinite(value):
        raise TypeError
    return float(value)


_MAY_BE_NONE: Mapping[str, Read] = {
    "query_spec": spec,
    "saved_query_id": text,
    "cache_mode": one_of(CacheModeName),
    "cache_id": anything,
    "max_staleness": anything,
    "deferrable": flag,
    "poll_interval": seconds,
    "poke_interval": duration_or_none,
    "output_path": path,
    "compression": one_of(CompressionName),
    "columns": names,
    "max_rows": count,
    "parameters": parameters,
    "filter": mapping,
    "locale": text,
    "time_zone": text,
    "handle": anything,
    "baseline": anything,
    "key": names,
    "max_removed_fraction": fraction,
    "name_pattern": text,
    "output_path_pattern": path,
    "labels": names,
    "created_by": text,
}
_MUST_BE_GIVEN: Mapping[str, Read] = {
    "veza_conn_id": text,
    "elasticsearch_conn_id": text,
    "result_kind": one_of(ResultKind),
    "query": text,
    "timeout": duration,
    "min_poll_interval": seconds,
    "max_poll_interval": seconds,
    "on_previous_query": one_of(OnPrevious),
    "on_ambiguous_submit": one_of(OnAmbiguous),
    "output_format": one_of(OutputFormat),
    "part_bytes": count,
    "row_count_check": one_of(FailOrWarn),
    "on_bad_text": one_of(FailOrReplace),
    "xcom_max_rows": count,
    "xcom_max_bytes": count,
    "current": anything,
    "ignore_properties": names,
    "also_compare": names,
    "fail_on": some_of(ChangeName),
    "partial_check": one_of(FailOrWarn),
    "grace": duration_or_none,
    "max_cancels": count,
}
_FLAGS = (
    "rewrite_deprecated",
    "cancel_on_kill",
    "cancel_on_timeout",
    "retry_on_timeout",
    "fail_on_empty",
    "columnar",
    "drop_null_columns",
    "allow_partial_results",
    "include_ccs_metadata",
    "include_execution_metadata",
    "keep_results",
    "include_inactive",
)
RULES: Mapping[str, Read] = {
    **{name: optional(read) for name, read in _MAY_BE_NONE.items()},
    **_MUST_BE_GIVEN,
    **dict.fromkeys(_FLAGS, flag),
}
"""How the value of each argument is read; a name means the same in every class."""
