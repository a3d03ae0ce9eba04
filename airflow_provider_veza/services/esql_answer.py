"""The body that Elasticsearch answers about an ES|QL query, read leniently, and its table as rows; sans-I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import DecodeError, Raw, Struct, field
from msgspec.json import Decoder

from airflow_provider_veza.async_query.json_value import text_of_value, value_of, words_of
from airflow_provider_veza.async_query.lone_surrogates import Stand, has_lone_surrogate
from airflow_provider_veza.async_query.message import Response
from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.exceptions import MalformedResponseError
from airflow_provider_veza.services.esql_errors import excerpt, refusal

MOST_ROWS = 10_000
"""Elasticsearch's default bound; it cuts there without a word."""

_EXCERPT = 200
_MOST_COUNTED = 10**18
_DEFAULT_LIMIT = re.compile(r"adding default limit of \[([0-9]{1,18})\]")
_WARNING_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')


class EsqlColumn(Struct):
    """A column's name and its ES|QL type."""

    name: str
    type: str = ""


class Answer(Struct):
    """What is read of an answer; anything else in it may come and go with versions.

    While a query runs, ``columns`` and ``values`` are empty, or are not there at all; a table without one of them is none.
    """

    is_running: bool
    id: str | None = None
    is_partial: bool = False
    columns: list[EsqlColumn] | None = None
    values: Raw = Raw(b"")
    clusters: Raw = field(name="_clusters", default=Raw(b"null"))
    documents_found: Raw = Raw(b"null")
    values_loaded: Raw = Raw(b"null")

    @property
    def has_table(self) -> bool:
        """Whether there is a table, be it an empty one."""
        return self.columns is not None and memoryview(self.values).nbytes > 0

    @property
    def table(self) -> Raw:
        """The table as text."""
        return self.values if self.has_table else Raw(b"[]")


_ANSWER = Decoder(Answer)
_TABLE = Decoder(list[list[Raw]])
_LIST = Decoder(list[Raw])


def read_answer(response: Response) -> Answer:
    """Return the answer of a success.

    :raises RequestError: for anything else; the caller has seen to errors that are a query's outcome.
    """
    if not 200 <= response.status < 300:
        raise refusal(response)
    try:
        response.body.decode()
        return _answer_in(response.body)
    except (DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise MalformedResponseError(
            f"Elasticsearch's answer about the query cannot be read ({e}): {excerpt(response)!r}. Something between here and "
            "the cluster may have answered in its place; check the connection's host."
        ) from e


def read_table(response: Response) -> Answer:
    """Return the answer of a success, which has a table unless the query still runs.

    :raises MalformedResponseError: when it has none: what is not there is no empty result.
    :raises RequestError: as :func:`read_answer` does.
    """
    answer = read_answer(response)
    if not answer.is_running and not answer.has_table:
        names = ascii(sorted(map(str, _object(_value(Raw(response.body))))))
        raise MalformedResponseError(
            f"Elasticsearch says that the query has ended, but sent no table (fields: {names[:_EXCERPT]}). No row was delivered. "
            "Something between here and the cluster may have changed its answer."
        )
    return answer


def _answer_in(body: bytes) -> Answer:
    try:
        return _ANSWER.decode(body)
    except DecodeError:
        if not has_lone_surrogate(body):
            raise
    stand = Stand.not_in(body)
    answer = _ANSWER.decode(stand.in_text(body))
    return Answer(
        is_running=answer.is_running,
        id=stand.back_in(answer.id),
        is_partial=answer.is_partial,
        columns=answer.columns and [EsqlColumn(stand.back_in(column.name), column.type) for column in answer.columns],
        values=Raw(stand.back_in_text(bytes(answer.values))),
        clusters=Raw(stand.back_in_text(bytes(answer.clusters))),
        documents_found=answer.documents_found,
        values_loaded=answer.values_loaded,
    )


def row_count(answer: Answer, *, columnar: bool) -> int:
    """Return how many rows an answer has, without reading them."""
    outer, _ = _decoded(_LIST, answer.table)
    if not columnar:
        return len(outer)
    return len(_decoded(_LIST, outer[0])[0]) if outer else 0


def rows_of(answer: Answer, *, columnar: bool) -> JsonRows:
    """Return the table's rows as JSON objects; values stay the text that was sent.

    :raises MalformedResponseError: when rows and columns do not match.
    """
    names = column_names(answer.columns or ())
    template = b"{" + b",".join(text_of_value(name).replace(b"%", b"%%") + b":%b" for name in names) + b"}"
    table, stand = _decoded(_TABLE, answer.table)
    try:
        rows = [template % row for row in (zip(*table, strict=True) if columnar else map(tuple, table))]
        return JsonRows([stand.back_in_text(row) for row in rows] if stand else rows)
    except (TypeError, ValueError) as e:
        raise MalformedResponseError(
            f"Elasticsearch sent a table that does not match its {len(names)} columns ({e}). No row was delivered."
        ) from e


def column_names(columns: Sequence[EsqlColumn]) -> list[str]:
    """Return the columns' names; one that repeats gets a number, so that no value is lost.

    >>> column_names([EsqlColumn("user"), EsqlColumn("user"), EsqlColumn("user_2")])
    ['user', 'user_3', 'user_2']
    """
    sent = {column.name for column in columns}
    names: dict[str, None] = {}
    for column in columns:
        names[column.name if column.name not in names else _free_name(column.name, sent | set(names))] = None
    return list(names)


def warnings_of(response: Response, answer: Answer, rows: int) -> tuple[str, ...]:
    """Return what the log should say of a result: the server's warnings, where it was cut, and what failed."""
    texts = [re.sub(r"\\(.)", r"\1", text) for text in _WARNING_TEXT.findall(response.headers.get("warning", ""))]
    return (*dict.fromkeys(texts), *_cuts(texts, rows), *_failures(answer))


def progress_of(answer: Answer) -> Iterator[str]:
    """Yield how far a running query has come, as far as the server counts; clusters and shards only where it was asked to.

    Sources: ``documents_found`` and ``values_loaded`` of servers of 9.x, ``_clusters`` of a query that was submitted with
    ``include_ccs_metadata`` or ``include_execution_metadata``.
    """
    for what, told in (("documents found", answer.documents_found), ("values loaded", answer.values_loaded)):
        if (count := _count(_value(told))) is not None:
            yield f"{count:,} {what}"
    clusters = _object(_value(answer.clusters))
    total, running = _count(clusters.get("total")), _count(clusters.get("running"))
    if total and running is not None and running <= total:
        yield f"{total - running:,} of {total:,} clusters done"
    yield from _shards(_object(clusters.get("details")))


def _shards(details: dict[str, Any]) -> Iterator[str]:
    counted = [_object(_object(cluster).get("_shards")) for cluster in details.values()]
    total = sum(_count(shards.get("total")) or 0 for shards in counted)
    done = sum(_count(shards.get(name)) or 0 for shards in counted for name in ("successful", "skipped", "failed"))
    if total and done <= total:
        yield f"{done:,} of {total:,} shards done"


def _cuts(texts: Sequence[str], rows: int) -> Iterator[str]:
    limits = [int(found[1]) for text in texts if (found := _DEFAULT_LIMIT.search(text))]
    if rows in limits:
        yield (
            f"The result has {rows} rows, which is where Elasticsearch cuts a query without LIMIT: rows may be missing. Add "
            f"LIMIT, up to {MOST_ROWS}, or aggregate with STATS."
        )
    if rows >= MOST_ROWS:
        yield (
            f"The result has {rows} rows; Elasticsearch returns no more than {MOST_ROWS} by default, whatever LIMIT says: rows "
            "may be missing. Aggregate with STATS, or ask for less with WHERE."
        )


def _failures(answer: Answer) -> Iterator[str]:
    if not answer.is_partial:
        return
    details = _object(_object(_value(answer.clusters)).get("details"))
    failures = [
        f"cluster {name or '(local)'}, index {words_of(failure.get('index'))}, shard {words_of(failure.get('shard'))}: "
        f"{_reason(failure)}"
        for name, cluster in details.items()
        for failure in _list(_object(cluster).get("failures"))
        if isinstance(failure, dict)
    ]
    yield f"The result is partial: {'; '.join(dict.fromkeys(failures)) or 'Elasticsearch does not say what failed'}."


def _reason(failure: dict[str, Any]) -> str:
    reason = failure.get("reason")
    if not isinstance(reason, dict):
        return "no reason given"
    return f"{words_of(reason.get('type'))}: {words_of(reason.get('reason'))}"


def _free_name(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _decoded(decoder: Decoder[Any], text: Raw) -> tuple[Any, Stand | None]:
    """Return what a text says, and what stands in it for lone surrogates, where it has any."""
    try:
        return decoder.decode(text), None
    except (DecodeError, RecursionError) as e:
        sent = bytes(text)
        if not has_lone_surrogate(sent):
            raise _no_table(e) from e
    stand = Stand.not_in(sent)
    try:
        return decoder.decode(stand.in_text(sent)), stand
    except (DecodeError, RecursionError) as e:
        raise _no_table(e) from e


def _no_table(error: Exception) -> MalformedResponseError:
    return MalformedResponseError(f"Elasticsearch sent `values` that are no table ({error}). No row was delivered.")


def _value(text: Raw) -> Any:
    try:
        return value_of(bytes(text))
    except ValueError:
        return None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_COUNTED else None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
