"""What the operators and sensors of Veza share: hook, colour, and how arguments become a query; no lifecycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.exceptions import QuerySpecError
from airflow_provider_veza.operators.arguments import CacheModeName, Duration, GivenText, QuerySpec, ResultKind
from airflow_provider_veza.operators.checked import Together

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.veza import VezaHook
    from airflow_provider_veza.services.veza_query import VezaQuery

DEFAULT_CONN_ID = "veza_default"
QUERY_FIELDS = (
    "query_spec",
    "saved_query_id",
    "result_kind",
    "cache_mode",
    "max_staleness",
    "cache_id",
    "veza_conn_id",
)
TEMPLATE_EXTENSIONS = (".json", ".yaml", ".yml")
UI_COLOR = "#d9e8f5"
_CHOICES = ("result_kind", "cache_mode", "max_staleness", "cache_id", "rewrite_deprecated")


class AsksVeza(Protocol):
    """A task with the arguments that say what to ask."""

    query_spec: QuerySpec | None
    saved_query_id: GivenText | None
    result_kind: ResultKind
    cache_mode: CacheModeName | None
    max_staleness: Duration | None
    cache_id: GivenText | None
    rewrite_deprecated: bool

    @property
    def log(self) -> TaskLog:
        """The task's log."""
        ...


def veza_hook(conn_id: str) -> VezaHook:
    """Return a hook; imported when a task runs, so that parsing a DAG file loads no HTTP library."""
    from airflow_provider_veza.hooks.veza import VezaHook

    return VezaHook(veza_conn_id=conn_id)


def choices_of(task: AsksVeza) -> Together:
    """Return the check that exactly one thing is asked, and what goes with it; templates count as something."""

    def check() -> None:
        from airflow_provider_veza.services.veza_choices import VezaChoices

        choices = VezaChoices(
            has_spec=_says_something(task.query_spec),
            has_saved_query=task.saved_query_id is not None,
            result_kind=task.result_kind,
            cache_mode=task.cache_mode,
            max_staleness=task.max_staleness,
            cache_id=task.cache_id,
            rewrite_deprecated=task.rewrite_deprecated,
        )
        choices.require_one()
        choices.check()

    return _CHOICES, check


def checked_query(task: AsksVeza) -> VezaQuery:
    """Return what a task asks, checked; warnings go to its log.

    :raises ConfigurationError: when it can be told now that the query is wrong.
    """
    from airflow_provider_veza.services.veza_query import check_query

    checked = check_query(
        parsed_spec(task.query_spec),
        saved_query_id=task.saved_query_id,
        result_kind=task.result_kind,
        cache_mode=task.cache_mode,
        max_staleness=task.max_staleness,
        cache_id=cast("str | None", task.cache_id),
        rewrite_deprecated=task.rewrite_deprecated,
    )
    for text in checked.warnings:
        task.log.warning("%s", text)
    return checked.query


def parsed_spec(spec: Any) -> Any:
    """Return a spec given as JSON or YAML text as what it describes; anything else as it is.

    :raises QuerySpecError: when the text is neither, with the line where reading stopped.
    """
    if not isinstance(spec, str):
        return spec
    import yaml

    try:
        parsed = yaml.safe_load(spec)
    except yaml.YAMLError as e:
        raise QuerySpecError("(the rendered text)", f"it is neither JSON nor YAML: {' '.join(str(e).split())}") from e
    if isinstance(parsed, str):
        raise QuerySpecError(
            "(the rendered text)", f"it is a plain text, not an object: {parsed[:80]!r}. Was a template file meant?"
        )
    return parsed


def _says_something(spec: Any) -> bool:
    return spec is not None and not (isinstance(spec, (dict, str)) and not spec)
