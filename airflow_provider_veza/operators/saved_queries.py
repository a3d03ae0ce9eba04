"""The operator that lists the tenant's saved queries, as arguments for tasks that are mapped over them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

from airflow.providers.common.compat.sdk import conf

from airflow_provider_veza.async_query.json_value import words_of
from airflow_provider_veza.exceptions import ArgumentError, EmptyResultError, MalformedResponseError
from airflow_provider_veza.operators.airflow_arguments import OperatorArguments
from airflow_provider_veza.operators.airflow_rules import airflow_failures
from airflow_provider_veza.operators.arguments import GivenText, Names, names, optional, path
from airflow_provider_veza.operators.checked import CheckedOperator, Together, check_when_started, keep
from airflow_provider_veza.operators.connections import VEZA_COLOR, VEZA_CONN_ID, veza_hook

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.veza import VezaHook

SAVED_QUERIES_KEY = "veza_saved_queries"
"""Under this name a task announces the names of the queries that it has found, by id."""
_ID, _NAME = "{id}", "{name}"
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


class VezaListSavedQueriesOperator(CheckedOperator):
    """List the tenant's saved queries, as arguments for ``VezaQueryOperator.partial(...).expand_kwargs(...)``.

    Returns ``[{"saved_query_id": "..."}, ...]``, by name, and with ``output_path_pattern`` also the folder of each. XCom
    ``veza_saved_queries`` has their names by id. All arguments that filter must be met. The tenant filters by exact name alone,
    so all of its saved queries are read, a request a page, and filtered here.

    :param name_pattern: names to take, in any case, with ``*`` and ``?``: ``"SOX *"``; by default all.
    :param labels: labels that a query must all have; by default none.
    :param created_by: whose queries to take, exactly as the tenant names them. Which field says so is inferred, and named by the
        connection's extra ``saved_query_owner_field``; a tenant that shows none is an error. By default everybody's.
    :param include_inactive: whether inactive queries are listed too; default no.
    :param output_path_pattern: folder for the landed result of each query, with ``{id}`` or ``{name}`` in it, such as
        ``s3://aws_default@lake/sox/{name}/{{ run_id }}``; in a name, characters other than letters, digits and ``._-`` become
        ``-``. By default no folder is named.
    :param fail_on_empty: fail when no query is found; default yes: nothing would be landed, and nobody would know.
    :param veza_conn_id: Airflow connection of type ``veza``, to the tenant to ask; default ``veza_default``.

    .. code-block:: python

        listed = VezaListSavedQueriesOperator(
            task_id="list", labels=["SOX"], output_path_pattern="s3://aws_default@lake/sox/{name}/{{ run_id }}"
        )
        VezaQueryOperator.partial(task_id="land", output_format="parquet", deferrable=True, pool="veza").expand_kwargs(
            listed.output
        )
    """

    name_pattern: GivenText | None
    labels: Names | None
    created_by: GivenText | None
    include_inactive: bool
    output_path_pattern: GivenText | None
    fail_on_empty: bool
    veza_conn_id: str
    template_fields: Sequence[str] = ("name_pattern", "labels", "created_by", "output_path_pattern", "veza_conn_id")
    ui_color = VEZA_COLOR
    together: Sequence[Together] = (
        *CheckedOperator.together,
        (("output_path_pattern",), lambda task: _check_folder(task)),
    )

    def __init__(
        self,
        *,
        name_pattern: GivenText | None = None,
        labels: Names | None = None,
        created_by: GivenText | None = None,
        include_inactive: bool = False,
        output_path_pattern: GivenText | None = None,
        fail_on_empty: bool = True,
        veza_conn_id: str = VEZA_CONN_ID,
        **kwargs: Unpack[OperatorArguments],
    ) -> None:
        super().__init__(**kwargs)
        keep(self, locals())
        self.when_parsed()

    @cached_property
    def hook(self) -> VezaHook:
        """The client of the tenant."""
        return veza_hook(self.veza_conn_id)

    def execute(self, context: Any) -> list[dict[str, str]]:
        """List, filter, and return what to map over."""
        with airflow_failures():
            check_when_started(self)
            found = sorted(self._wanted(), key=lambda query: (_text(query, "name"), _text(query, "id")))
            self._require_some_but_not_too_many(len(found))
            context["ti"].xcom_push(key=SAVED_QUERIES_KEY, value={_text(q, "id"): _text(q, "name") for q in found})
            self.log.info("Found %d saved queries: %s", len(found), ", ".join(_text(q, "name") for q in found)[:1000])
            return self._arguments(found)

    def _wanted(self) -> Iterator[Mapping[str, Any]]:
        for query in self.hook.saved_queries(include_inactive=self.include_inactive):
            if not _text(query, "id"):
                raise MalformedResponseError(
                    f"A saved query came without its id; it has the fields {', '.join(sorted(map(ascii, query)))}. Nothing was "
                    "listed."
                )
            if self._is_wanted(query):
                yield query

    def _is_wanted(self, query: Mapping[str, Any]) -> bool:
        if self.name_pattern is not None:
            name, pattern = _text(query, "name").casefold(), str(self.name_pattern).casefold()
            if not fnmatchcase(name, pattern.replace("[", "[[]")):
                return False
        wanted = optional(names)(self.labels, "labels")
        if wanted and not set(wanted) <= _labels_of(query):
            return False
        return self.created_by is None or str(self.created_by) == self.hook.saved_query_owner(query)

    def _arguments(self, found: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
        if self.output_path_pattern is None:
            return [{"saved_query_id": _text(query, "id")} for query in found]
        pattern = path(self.output_path_pattern, "output_path_pattern")
        folders = [_folder(pattern, query) for query in found]
        if twice := sorted({folder for folder in folders if folders.count(folder) > 1}):
            raise ArgumentError(
                "Two saved queries would land in one folder, since their names are alike. Put {id} into output_path_pattern. "
                "Nothing was listed.",
                about=twice[0],
            )
        return [
            {"saved_query_id": _text(query, "id"), "output_path": folder}
            for query, folder in zip(found, folders, strict=True)
        ]

    def _require_some_but_not_too_many(self, count: int) -> None:
        most = conf.getint("core", "max_map_length", fallback=1024)
        if count == 0 and self.fail_on_empty:
            raise EmptyResultError(
                "No saved query of the tenant is meant by name_pattern, labels and created_by. Nothing would be landed; "
                "fail_on_empty=False allows that. A retry lists again."
            )
        if count > most:
            raise ArgumentError(
                f"{count} saved queries are meant, and Airflow maps over {most} at most. Narrow them by name_pattern or labels, "
                "or raise [core] max_map_length."
            )


def _text(query: Mapping[str, Any], name: str) -> str:
    value = query.get(name)
    return "" if value is None else words_of(value)


def _labels_of(query: Mapping[str, Any]) -> set[str]:
    """Return a query's labels, which come as texts, or as objects that name them (inferred)."""
    labels = query.get("labels")
    listed = labels if isinstance(labels, list) else []
    return {words_of(one.get("name", one.get("value", "")) if isinstance(one, Mapping) else one) for one in listed}


def _folder(pattern: str, query: Mapping[str, Any]) -> str:
    name = _NOT_PLAIN.sub("-", _text(query, "name")).strip("-.") or _text(query, "id")
    return pattern.replace(_NAME, name).replace(_ID, _NOT_PLAIN.sub("-", _text(query, "id")))


def _check_folder(task: VezaListSavedQueriesOperator) -> None:
    if task.output_path_pattern is None:
        return
    pattern = path(task.output_path_pattern, "output_path_pattern")
    if _ID not in pattern and _NAME not in pattern:
        raise ArgumentError(
            f"output_path_pattern must have {_ID} or {_NAME} in it, so that each saved query has a folder of its own."
        )
