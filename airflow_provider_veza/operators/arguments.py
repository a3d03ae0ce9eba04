"""What each argument of an operator or a sensor may be: its type, how a value is read, and by which rule.

When a value is checked is in :mod:`.checked`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from datetime import timedelta
from os import PathLike, fspath
from typing import Any, Literal, Protocol, TypeAlias, get_args, runtime_checkable

from airflow.providers.common.compat.sdk import XComArg

from airflow_provider_veza.async_query.given_time import span_of
from airflow_provider_veza.async_query.handle import QueryHandle, handles_in, is_no_handle, is_one_handle
from airflow_provider_veza.async_query.json_value import ascii_of
from airflow_provider_veza.async_query.rendered_text import looks_structured, value_in
from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.results.storage_place import folder_path
from airflow_provider_veza.results.table_options import checked_column_names, checked_null_value
from airflow_provider_veza.services.veza_spec_start import require_start
from airflow_provider_veza.shown import shortened


@runtime_checkable
class JoinablePath(Protocol):
    """What Airflow's ``ObjectStoragePath`` is, which need not be imported to be told."""

    def joinpath(self, *others: Any) -> Any:
        """Return a path below this one."""
        ...


Duration: TypeAlias = timedelta | float | str | XComArg
"""A span of time: a timedelta (a pendulum Duration too), seconds, or text, as :func:`~.given_time.span_of` reads it."""
QuerySpec: TypeAlias = Mapping[str, Any] | str | XComArg
"""A query spec as Veza's Query Builder takes it, that as text, or the path of a templated file that holds one."""
StoragePath: TypeAlias = str | PathLike[str] | JoinablePath | XComArg
"""A folder on any storage of Airflow's ``ObjectStoragePath``."""
GivenHandle: TypeAlias = Mapping[str, Any] | str | XComArg | None
"""What a task that submits a query returned, or that as text from a template."""
GivenHandles: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any] | str | XComArg | None] | str | XComArg | None
"""The same of one or several queries."""
LandedReference: TypeAlias = Mapping[str, Any] | str | PathLike[str] | JoinablePath | XComArg
"""What a task that lands rows returned, that as text, or the path of a landed folder or its manifest."""
GivenText: TypeAlias = str | XComArg
Names: TypeAlias = Sequence[str] | XComArg
"""A list of names, that as text, or a single name."""
ColumnNames: TypeAlias = Literal["dotted", "underscored"] | Mapping[str, str] | XComArg
"""What columns of a table are called: by rule, or some of them by names of one's own."""
QueryParameters: TypeAlias = Sequence[Any] | Mapping[str, Any] | XComArg
"""Values for the placeholders of a query, or those as text."""
QueryFilter: TypeAlias = Mapping[str, Any] | str | XComArg
"""A condition in Query DSL, or that as text."""

ResultKind = Literal["nodes", "result"]
CacheModeName = Literal["cached_result_if_available", "immediate_run", "cached_result_context"]
OnPrevious = Literal["reattach", "cancel_and_resubmit"]
OnAmbiguous = Literal["resubmit", "fail"]
OutputFormat = Literal["jsonl", "csv", "parquet"]
CompressionName = Literal["gzip", "zstd"]
FailOrWarn = Literal["fail", "warn"]
FailOrReplace = Literal["fail", "replace"]
ChangeName = Literal["added", "removed", "changed"]

_NOTHING = ("", "None")
"""What a template leaves that gave nothing."""
_LONGEST_SHOWN = 200

Read = Callable[[Any, str], Any]
"""Reads the value of the argument of that name.

:raises ArgumentError: when it cannot be one; says what it must be.
"""


def duration(value: Any, name: str) -> timedelta:
    """Return a span of time, which must be longer than none."""
    read = duration_or_zero(value, name)
    if read <= timedelta(0):
        raise ArgumentError(f"{name} must be positive, not {value!r}.")
    return read


def duration_or_zero(value: Any, name: str) -> timedelta:
    """Return a span of time, which may be zero."""
    try:
        read = span_of(value)
    except ValueError as e:
        raise ArgumentError(
            f"{name} must be a timedelta, seconds, or text such as 'PT1H', not {_shown(value)}: {e}."
        ) from None
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


def identifier(value: Any, name: str) -> str:
    """Return an id, which is text also where a template made a number of it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if text(value, name).strip() in _NOTHING:
        raise ArgumentError(f"{name} is {value!r}: a template gave nothing.")
    return str(value)


def pattern(value: Any, name: str) -> str:
    """Return a pattern of names; a template that gave nothing asks for no name at all."""
    if text(value, name).strip() in _NOTHING:
        raise ArgumentError(f"{name} is {value!r}: a template gave nothing.")
    return str(value)


def path(value: Any, name: str) -> str:
    """Return a folder without the slash at its end; it must not depend on where a worker runs."""
    if not isinstance(value, (str, PathLike, JoinablePath)):
        raise ArgumentError(f"{name} must be the path of a folder, not {value!r}.")
    return folder_path(path_text(value), name)


def path_text(value: str | PathLike[str] | JoinablePath) -> str:
    """Return a path as text; an ``ObjectStoragePath`` with its connection id."""
    return str(value) if isinstance(value, (str, JoinablePath)) else fspath(value)


def names(value: Any, name: str) -> tuple[str, ...]:
    """Return names; text is a single name, or a list as a template shows it, and never taken letter by letter."""
    given = _names_in_text(value, name) if isinstance(value, str) else value
    is_list = isinstance(given, Collection) and not isinstance(given, (str, bytes, Mapping))
    if not is_list or not all(isinstance(one, str) for one in given):
        raise ArgumentError(f"{name} must be a list of names, not {_shown(value)}.")
    return tuple(given)


def names_in_order(value: Any, name: str) -> tuple[str, ...]:
    """Return names whose order means something, which a set does not keep from one process to the next."""
    if isinstance(value, Set):
        raise ArgumentError(f"{name} must be a list of names, in their order, and not a set.")
    return names(value, name)


def key_names(value: Any, name: str) -> tuple[str, ...]:
    """Return the names of columns that say what a row is about, at least one."""
    read = names_in_order(value, name)
    if not read or not all(map(str.strip, read)):
        raise ArgumentError(f"{name} must name at least one column, and none by a blank, not {_shown(value)}.")
    return read


def _names_in_text(value: str, name: str) -> Any:
    if looks_structured(value):
        return structure(value, name, "a list of names")
    if value.strip() in _NOTHING or "," in value:
        raise ArgumentError(
            f"{name} must be a list of names, such as ['id', 'name'], or one name, not {_shown(value)}."
        )
    return (value,)


def column_names(value: Any, name: str) -> str | dict[str, str]:
    """Return what columns are called: by a rule, or by names for some of them, also as text."""
    is_text = isinstance(value, str) and looks_structured(value)
    return checked_column_names(structure(value, name, "names by columns") if is_text else value)


def null_value(value: Any, name: str) -> str:
    """Return what stands for a null."""
    del name
    return checked_null_value(value)


def spec(value: Any, name: str) -> Mapping[str, Any] | str:
    """Return a spec, or the text of one, which is read in :mod:`.spec_text`; all of it is checked when the task starts.

    :raises QuerySpecError: when a mapping is no spec.
    """
    if not isinstance(value, (Mapping, str)):
        raise ArgumentError(f"{name} must be a mapping, or text that describes one, not {value!r}.")
    if isinstance(value, Mapping) and value:
        require_start(value)
    return value


def structure(value: Any, name: str, what: str) -> Any:
    """Return what a text describes; anything else as it is.

    :param what: it must be.
    """
    if not isinstance(value, str):
        return value
    try:
        return value_in(value)
    except ValueError as e:
        raise ArgumentError(
            f"{name} must be {what}, or text that describes it: {e}. In a template, write {{{{ ... | tojson }}}}. "
            f"Given: {_shown(value)}."
        ) from None


def mapping(value: Any, name: str) -> Mapping[str, Any]:
    """Return a mapping."""
    read = structure(value, name, "a mapping")
    if not isinstance(read, Mapping):
        raise ArgumentError(f"{name} must be a mapping, not {_shown(value)}.")
    return read


def parameters(value: Any, name: str) -> Sequence[Any] | Mapping[str, Any]:
    """Return the values for placeholders."""
    what = "a list of values for `?`, or a mapping for `?name`"
    read = structure(value, name, what)
    if isinstance(read, (str, bytes)) or not isinstance(read, (Sequence, Mapping)):
        raise ArgumentError(f"{name} must be {what}, not {_shown(value)}.")
    return read


def handle(value: Any, name: str) -> Any:
    """Return one handle, or several, as they were given; what is missing only the running task can judge.

    :raises HandleError: when something else was given.
    """
    del name
    if is_no_handle(value):
        return value
    if is_one_handle(value):
        QueryHandle.from_json(value)
    else:
        tuple(handles_in(value))
    return value


def landed(value: Any, name: str) -> str:
    """Return the path of a landed result, from the path itself, a landing's summary, or that as text."""
    is_text = isinstance(value, str) and looks_structured(value)
    read = structure(value, name, "the summary of a landing") if is_text else value
    found = read.get("manifest") if isinstance(read, Mapping) else read
    found = path_text(found) if isinstance(found, (PathLike, JoinablePath)) else found
    if isinstance(found, str) and found.strip() not in _NOTHING:
        return found
    raise ArgumentError(
        f"{name} must be the path of a landed result, or what a task with output_path= returned, not {_shown(value)}. "
        "Nothing was compared."
    )


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


def _shown(value: Any) -> str:
    return shortened(ascii_of(value), _LONGEST_SHOWN)


_MAY_BE_NONE: Mapping[str, Read] = {
    "query_spec": spec,
    "saved_query_id": identifier,
    "cache_mode": one_of(CacheModeName),
    "cache_id": identifier,
    "max_staleness": duration_or_zero,
    "deferrable": flag,
    "timeout": duration_or_zero,
    "poll_interval": seconds,
    "poke_interval": duration,
    "max_wait": duration,
    "output_path": path,
    "compression": one_of(CompressionName),
    "columns": names_in_order,
    "max_rows": count,
    "parameters": parameters,
    "filter": mapping,
    "locale": text,
    "time_zone": text,
    "baseline": landed,
    "key": key_names,
    "max_removed_fraction": fraction,
    "name_pattern": pattern,
    "output_path_pattern": path,
    "labels": names,
    "created_by": identifier,
}
_MUST_BE_GIVEN: Mapping[str, Read] = {
    "veza_conn_id": text,
    "elasticsearch_conn_id": text,
    "result_kind": one_of(ResultKind),
    "query": text,
    "min_poll_interval": seconds,
    "max_poll_interval": seconds,
    "on_previous_query": one_of(OnPrevious),
    "on_ambiguous_submit": one_of(OnAmbiguous),
    "output_format": one_of(OutputFormat),
    "part_bytes": count,
    "row_count_check": one_of(FailOrWarn),
    "on_bad_text": one_of(FailOrReplace),
    "column_names": column_names,
    "null_value": null_value,
    "xcom_max_rows": count,
    "xcom_max_bytes": count,
    "handle": handle,
    "current": landed,
    "ignore_properties": names,
    "also_compare": names,
    "fail_on": some_of(ChangeName),
    "partial_check": one_of(FailOrWarn),
    "grace": duration_or_zero,
    "max_cancels": count,
    "max_duration": duration,
}
_FLAGS = (
    "rewrite_deprecated",
    "cancel_on_kill",
    "cancel_on_timeout",
    "retry_on_timeout",
    "fail_on_empty",
    "csv_escape_formulas",
    "columnar",
    "drop_null_columns",
    "allow_partial_results",
    "include_ccs_metadata",
    "include_execution_metadata",
    "keep_results",
    "include_inactive",
)
RULES_OF_REQUIRED: Mapping[str, Read] = {**_MAY_BE_NONE, **_MUST_BE_GIVEN, **dict.fromkeys(_FLAGS, flag)}
"""How the value of each argument is read in a class that gives it no default."""
RULES: Mapping[str, Read] = {
    **RULES_OF_REQUIRED,
    **{name: optional(read) for name, read in _MAY_BE_NONE.items()},
}
"""How the value of each argument is read; a name means the same in every class."""
