"""Every function that reads what others wrote, a row each: how it is called, with what, and what it promises to return."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from airflow_provider_veza.__main__ import main as cancel_command
from airflow_provider_veza.async_query.attempt_report import AttemptReport
from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.event import WaitEvent
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import Fingerprint, RunLife, TaskIdentity
from airflow_provider_veza.async_query.json_value import words_of
from airflow_provider_veza.async_query.layout import ColumnType, RowLayout
from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.record import Owner, QueryRecord, RecordState
from airflow_provider_veza.async_query.rendered_text import value_in
from airflow_provider_veza.async_query.retry import parse_retry_after
from airflow_provider_veza.async_query.rows import JsonRows, rows_in
from airflow_provider_veza.async_query.vocabulary import Page, Snapshot, Submitted
from airflow_provider_veza.async_query.watch import Ended, Outcome
from airflow_provider_veza.doctor import cli as doctor_command
from airflow_provider_veza.exceptions import ArgumentError, AsyncQueryError
from airflow_provider_veza.hooks import esql_settings, veza_settings
from airflow_provider_veza.operators import arguments, saved_queries
from airflow_provider_veza.operators.spec_text import parsed_spec
from airflow_provider_veza.operators.summary import summary
from airflow_provider_veza.pages.facts import StoredWait, TaskFacts
from airflow_provider_veza.pages.its_query import Subject, subject_of
from airflow_provider_veza.pages.query_page import query_page
from airflow_provider_veza.pages.stored_wait import TRIGGER, stored_wait
from airflow_provider_veza.results.checkpoint import CHECKPOINT_FILE, Checkpoint, LandedPart, Progress, key_of
from airflow_provider_veza.results.formats.table import Table, Tabulator
from airflow_provider_veza.results.manifest import Column, Manifest, Part
from airflow_provider_veza.results.manifest_file import MANIFEST_FILE
from airflow_provider_veza.results.own_files import FileKind, own_file
from airflow_provider_veza.results.part_names import MARK, part_name
from airflow_provider_veza.results.table_options import TableOptions
from airflow_provider_veza.services import esql_errors, veza_errors
from airflow_provider_veza.services.esql import EsqlService
from airflow_provider_veza.services.esql_query import EsqlQuery
from airflow_provider_veza.services.veza_nodes import NodesQuery, VezaNodesService
from airflow_provider_veza.services.veza_query import CheckedQuery, check_query
from airflow_provider_veza.services.veza_result import ResultQuery, VezaResultService
from airflow_provider_veza.services.veza_saved_queries import SavedNodesQuery, VezaSavedQueriesService, list_one
from airflow_provider_veza.services.veza_spec import CheckedSpec, check_query_spec
from airflow_provider_veza.services.veza_sync import Result, VezaSyncService
from airflow_provider_veza.transport.driving import Readings
from airflow_provider_veza.transport.redirects import redirect_url
from airflow_provider_veza.transport.settings import OAuth2ClientCredentials
from airflow_provider_veza.transport.steps import WireRequest
from airflow_provider_veza.transport.tokens import Token, read_token, token_request
from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger
from readers import drawn as st
from readers.damage import DIGITS, as_python, damaged, damaged_bodies
from readers.examined import examined
from services import answers, esql_answers

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SAMPLES = Path(answers.__file__).parent / "samples"


@dataclass(frozen=True)
class Reader:
    """One reader.

    :param read: takes what was drawn.
    :param returns: what it promises, where it does not raise an error of our tree.
    :param covers: the functions that read here, as ``module.function`` without the package.
    :param dearer: how many times dearer a case is than a reader alone; so many fewer are drawn. The readers beneath have rows
        of their own.
    """

    read: Callable[[Any], Any]
    drawn: st.Drawn[Any]
    returns: type | tuple[type, ...]
    covers: tuple[str, ...]
    dearer: int = 1


def _samples(beginning: str) -> list[Any]:
    return [json.loads(path.read_text()) for path in sorted(SAMPLES.glob(f"{beginning}*.json"))]


_ERRORS = [*_samples("error_"), {"error": {"type": "x", "reason": "y", "caused_by": {"reason": "z"}}, "status": 400}]
_HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(["application/json", "text/html; charset=\udcff", "", ";"]),
        "warning": st.sampled_from(
            [
                f'299 Elasticsearch-8 "No limit defined, adding default limit of [{DIGITS}]"',
                '299 Elasticsearch-8 "adding default limit of [3]"',
                '"' * 999,
                '299 - "\udcff\\"',
                "\\" * 999,
            ]
        ),
    },
)
_STATUSES = st.sampled_from([200] * 8 + [201, 204, 304, 400, 401, 403, 404, 404, 429, 500, 503, 999])


def _responses(*bodies: Any) -> st.Drawn[Response]:
    mostly_bodies = damaged_bodies([*bodies] * 4 + _ERRORS)
    return st.builds(Response, status=_STATUSES, headers=_HEADERS, body=mostly_bodies)


def _reading(call: Call[Any]) -> Callable[[Response], Any]:
    """Return the reader of a call, which goes through all rows that it finds, and asks all that a transport asks."""

    def read(response: Response) -> Any:
        call.is_answer(response)
        call.is_passing(response)
        result = call.read(response)
        for page in (result, getattr(result, "page", None), getattr(result, "nodes", None)):
            if isinstance(page, Page) and isinstance(page.rows, JsonRows):
                assert page.rows.lines.count(b"\n") == len(list(page.rows)) == len(page.rows)
        return result

    return read


def _of_call(call: Call[Any], returns: Any, covers: str, *bodies: Any) -> Reader:
    return Reader(_reading(call), _responses(*bodies), returns, tuple(covers.split()))


def _read_twice(response: Response) -> Snapshot:
    """Return what was read the second time, which is what was read the first time."""
    readings, call = Readings(), VezaNodesService().look("q")
    first, second = (readings.of(call, response) for _ in range(2))
    assert first == second
    return second


_QUERY = NodesQuery({"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}})
_SUBMITTED = {"query_result_id": answers.QUERY_ID, "cache_id": "c", "last_completed_cache_id": "d"}
_ROWS = {"values": [answers.AMARA, answers.KIRAN], "path_values": [], "has_more": True, "next_page_token": "t"}
_PATHS = {"values": [], "path_values": [answers.AMARA_TO_PAYROLL], "has_more": False, "next_page_token": ""}
_LOOKS = [
    {"status": "DONE", "progress_status": {"row_count": 547}, "warnings": ["w"], **_ROWS},
    {"status": "PENDING", "progress_status": {"row_count": "5"}, "values": []},
    {"status": "FAILED", "error_reason": "out of memory", "values": []},
    {"status": "DONE", **_PATHS},
]
_TASKS = [
    {"task": {"id": "7", "state": "COMPLETE", "status": "SUCCEEDED", "result": {"nodes_value": _ROWS}}},
    {"value": {"id": "7", "state": 3, "status": 1, "result": {"number_value": "547", "result_type": "NUMBER"}}},
    {"id": 7, "state": "COMPLETE", "status": "FAILED", "error_reason": "r", "error_status": {"message": "m"}},
    {"id": "7", "state": "COMPLETE", "status": "SUCCEEDED", "result": [answers.AMARA]},
]
_RESULTS = [
    {"result_type": "NUMBER", "number_value": "547", "timestamp_value": "2026-11-22T12:00:00Z"},
    {"result_type": "nodes", "nodes_value": _PATHS},
    {"nodes_value": [answers.AMARA]},
]
_SAVED = {"values": [{"id": "q", "name": "n", "labels": ["l"]}], "has_more": False, "next_page_token": ""}
_CLUSTERS = {
    "details": {
        "(local)": {
            "status": "partial",
            "failures": [{"shard": 1, "index": "i", "reason": {"type": "t", "reason": "r"}}],
        }
    }
}
_RUNNING_CLUSTERS = {
    "total": 3,
    "running": 1,
    "details": {"eu": {"_shards": {"total": 30, "successful": 10, "skipped": 4, "failed": 1}}},
}
_TABLES = [
    esql_answers.table(),
    esql_answers.table(is_partial=True, _clusters=_CLUSTERS),
    {"id": esql_answers.QUERY_ID, "is_running": True, "columns": [], "values": []},
    {"id": "q", "is_running": True, "documents_found": 5, "values_loaded": 7, "_clusters": _RUNNING_CLUSTERS},
]
_COLUMNAR = [esql_answers.table(values=[list(column) for column in zip(*esql_answers.VALUES, strict=True)])]
_KEEP = timedelta(hours=1)
_SUBMIT_ESQL = "services.esql._read_submitted services.esql._knows_no_choice services.esql._not_started"
_ESQL_LOOK = (
    "services.esql.EsqlService._read_snapshot services.esql._ended_badly services.esql_answer.read_answer "
    "services.esql_errors.meaning_of services.esql_errors.is_outcome services.esql_errors.is_absent "
    "services.esql_errors.refusal services.esql_errors.cause_of services.esql_errors.excerpt "
    "services.esql_answer.warnings_of services.esql_answer"
)
_HANDLE = QueryHandle(
    "veza_nodes", "q1", "https://t.example", "veza_default", NOON, Deadline(NOON + _KEEP), options=("columnar",)
)
_HANDLE_JSON = _HANDLE.to_json()
_RECORD = QueryRecord(
    TaskIdentity("d", "t", "r"), RunLife(2, 0, NOON.isoformat(), 1), 1, Owner.TASK, Fingerprint.of(a=1), NOON, _HANDLE
)
_EVENT = WaitEvent(_HANDLE, Ended(Outcome.SUCCEEDED, "d", 5)).to_json()
_TRIGGER = AsyncQueryTrigger(_HANDLE_JSON, deadline=NOON.isoformat(), not_before=NOON.isoformat()).serialize()[1]
_REPORT = AttemptReport("q1", Outcome.FAILED.value, NOON).to_json()
_SPECS = [
    spec if "source_node_types" in spec else _QUERY.spec
    for spec in _samples("req_client_") + _samples("req_query_spec_nodes") + _samples("req_pagination")
]
_AUTH = OAuth2ClientCredentials("https://t.example/token", "id", "secret-secret")
_TOKEN = {
    "access_token": "abcdefgh",
    "token_type": "Bearer",
    "expires_in": 3600,
    "error": "e",
    "error_description": "d",
}


@dataclass(frozen=True)
class Connection:
    """What is read of an Airflow connection."""

    conn_id: str = "c"
    host: str | None = "https://t.example"
    schema: str | None = "https"
    port: int | None = 443
    login: str | None = "l"
    password: str | None = "password"
    extra: str | None = None


_URLS = st.sampled_from(
    [
        "t.example",
        "https://t.example:443",
        "https://[::1",
        "[::1]",
        "::1",
        "http://[zz]/",
        "https://t:99999",
        "https://t:x",
        "",
        "https://a℀b",
        "https://t.example/a?b#c",
        "https://u:p@t.example",
        "�.example",
        "a\nb",
        "a" * 5000,
        "ftp://t",
    ]
)
_VEZA_EXTRA = {
    "auth": "api_key",
    "verify": "true",
    "ca_bundle": "x",
    "proxy": "http://p:1",
    "page_size": 5,
    "rate_limit": 1.5,
    "connect_timeout": "3",
    "read_timeout": 9,
    "max_connections": 3,
    "nodes_get_path": "/a",
    "nodes_get_method": "GET",
    "stale_grace": 4,
    "ui_url_template": "https://t.example/{id}",
    "rows_field": "values",
    "token_url": "https://t/x",
    "scope": "s",
}
_ESQL_EXTRA = {
    "ca_certs": "x",
    "verify_certs": True,
    "request_timeout": 5,
    "connections_per_node": 3,
    "host": "t",
    "port": 9200,
    "user": "u",
    "password": "p",
    "scheme": "https",
    "cloud_id": "",
    "headers": {"a": "b"},
    "http_compress": False,
}


def _connections(extra: Mapping[str, Any]) -> st.Drawn[Connection]:
    texts = damaged_bodies([extra]).map(lambda body: body.decode("utf-8", "surrogateescape"))
    return st.builds(Connection, host=_URLS, schema=_URLS, port=st.sampled_from([None, 0, 443, -1]), extra=texts)


def _objects(*values: Any) -> st.Drawn[Any]:
    return damaged(values).map(as_python)


def _texts_or_objects(*values: Any) -> st.Drawn[Any]:
    return _objects(*values) | damaged_bodies(values).map(lambda body: body.decode("utf-8", "surrogateescape"))


_YAML = [
    "a: [1, 2]",
    "{",
    "[" * 3000,
    f"a: {DIGITS}",
    "a: 2026-99-99",
    "a: !!timestamp x",
    "!!python/object:os.system {}",
]
_YAML += [
    "? [1]\n: 2",
    "a: !!int ''",
    "a: !!float x",
    "a: !!binary \ud83d",
    "a: 1e999",
    "a: &a [*a]",
    "a: 190:20:30",
    "\x00",
    "~",
]
_YAML += [
    "- " * 3000 + "a",
    "a: !!bool maybe",
    "a: !!omap 5",
    "a: !!set 5",
    "a: !!pairs [5]",
    "a: 0x",
    "a: 0b2",
    "a: 1:99:99",
]
_SECRETS = (doctor_command.KEY_VARIABLE, doctor_command.SECRET_VARIABLE)
_DATES = [
    "Thu, 01 Jan 2026 00:00:30 GMT",
    DIGITS,
    "-5",
    "1e999",
    "\u0665",
    f"Thu, 01 Jan {DIGITS} 00:00:00",
    "Fri, 1 Jan 1",
]
_DATES += [
    "Thu, 01 Jan 0000 00:00:00 +2359",
    "Thu, 01 Jan 9999 23:59:59 -2359",
    ",",
    "::::",
    "1 1 1 1 1 1",
    "\udcff",
    "",
]
_PLACES = [
    "/there",
    "//other/x",
    "http://t.example:99999/",
    "http://t.example:x/",
    "http://[::1",
    "http://[zz]/",
    "/a\x00b",
    "/a\tb",
]
_PLACES += [
    "https://t.example/a?b#c",
    "http://u:p@t.example/",
    "\udcff",
    "?",
    "#",
    "..",
    "http:",
    "http://",
    "a" * 5000,
    "/\ud83d",
]
_PIECES = st.lists(st.sampled_from([*_DATES, *_PLACES, " ", "\x1b", "9", ":", "/", "@"]), max_size=3).map("".join)


def _spec_text(text: Any) -> Any:
    for file in ("spec.yaml", ""):
        parsed = parsed_spec(text, file)
        read = check_query_spec(parsed) if isinstance(parsed, dict) else parsed
    return read


def _rendered_argument(text: str) -> Any:
    for read in (arguments.names, arguments.mapping, arguments.parameters, arguments.duration):
        with suppress(ArgumentError):
            read(text, "given")


def _rendered(text: str) -> Any:
    try:
        return value_in(text)
    except ValueError:
        return None


_SPANS = [
    "PT1H",
    "P1D",
    "1 day, 2:00:00",
    "1 day 2 hours",
    "90s",
    "1e999",
    DIGITS,
    f"{DIGITS} days",
    f"P{DIGITS}D",
    "PT1H/PT2H",
]
_PYTHON = [
    "{'a': None, \"b\": (1, 2.5, True)}",
    "['id', 'n\\x00']",
    "{'a': b'x'}",
    "{1, 2}",
    "{'a': 1e999}",
    f"[{DIGITS}]",
    "[-1+2j]",
    "{[]: 1}",
    "[" * 300 + "]" * 300,
    "{'a': __import__('os')}",
    "[f'{x}']",
    "('\ud83d',)",
    "[1 for x in y]",
]


def _redirected(drawn: tuple[int, str, str]) -> str | None:
    status, location, method = drawn
    return redirect_url(WireRequest(method, "https://t.example/api", {}), Response(status, {"location": location}, b""))


def _own(raw: bytes, kind: FileKind, read: Callable[[Any], Any]) -> Any:
    file = own_file(raw, f"/lake/{kind.name}", kind)
    assert all(re.fullmatch(MARK, mark) for mark in file.marks)
    return None if file.data is None else read(file.data)


_COLUMNS = (Column("id", ColumnType.STRING), Column("years", ColumnType.INT64, "age"))
_PARTS = tuple(Part(part_name(number, "1f0c9a3e.csv"), 3, 90, "0" * 64) for number in range(2))
_MANIFEST = Manifest(
    handle=QueryHandle.from_json(_HANDLE_JSON),
    format="csv",
    compression=None,
    select=("id", "age"),
    columns=_COLUMNS,
    parts=_PARTS,
    started_at=NOON,
    finished_at=NOON,
    pages=2,
    row_count=6,
    warnings=("w",),
    marks=("1f0c9a3e.csv",),
    options=TableOptions({"age": "years"}, null_value="NULL", escape_formulas=True),
    run_at=NOON,
)
_CHECKPOINT = Checkpoint(
    key=key_of(_MANIFEST),
    session="1f0c9a3e",
    started_at=NOON,
    parts=tuple(LandedPart(part, _COLUMNS) for part in _PARTS),
    columns=_COLUMNS,
    progress=Progress("t", pages=2, rows=6, warnings=("w",)),
    marks=("1f0c9a3e.csv",),
)


_BY_PATH = {
    "nodes_async_create": [_SUBMITTED],
    "nodes_async_get": [*_LOOKS, {"status": "DONE", "progress_status": {"row_count": 2}, **_ROWS, "has_more": False}],
    "nodes_async_cancel": [{}],
    "query_spec:nodes": [_ROWS, _PATHS],
    "query_spec:result_async_create": _TASKS,
    "query_spec:result": _RESULTS,
    "async_tasks": _TASKS,
    "/queries": [_SAVED],
}
_EXTRAS = st.sampled_from(
    ["verify=", "page_size=7", "proxy=http://[", "x=1", "auth=oauth2_client_credentials", "scope=\ud83d"]
)
_DOCTORS_ARGUMENTS = st.tuples(
    st.builds(
        lambda url, client, token, extras: [
            f"--url={url}",
            *([f"--client-id={client}"] if client else []),
            *([f"--token-url={token}"] if token else []),
            *(f"--extra={extra}" for extra in extras),
        ],
        _URLS,
        st.sampled_from(["", "client", "\udcff"]),
        _URLS,
        st.lists(_EXTRAS, max_size=3),
    ),
    st.fixed_dictionaries({name: st.sampled_from(["key", "\n", "\udcff", "a" * 5000]) for name in _SECRETS}),
)
_RENDERED = (
    _texts_or_objects(*_SPECS).map(words_of)
    | st.lists(st.sampled_from([*_PYTHON, *_SPANS, " ", "}", ","]), max_size=4).map("".join)
    | st.text(max_size=40)
)


def _tabled(raw: bytes) -> Table | None:
    """Tabulate a row after others that are as they should be."""
    if not raw.startswith(b"{"):
        return None
    tabulator = Tabulator(RowLayout(), None)
    known = tabulator.table(JsonRows.of([answers.AMARA, answers.AMARA]), ()).columns
    return tabulator.table(JsonRows([raw, raw]), known)


_LEFT_BY_A_TASK = st.fixed_dictionaries(
    {
        "xcoms": st.fixed_dictionaries({"veza_query": _objects(_HANDLE_JSON), "veza_report": _objects(_REPORT)}),
        "fields": st.fixed_dictionaries({"handle": _texts_or_objects(_HANDLE_JSON)}),
        "record": st.none() | _objects(_RECORD.to_json()).filter(lambda record: isinstance(record, dict)),
    }
)
READERS: Mapping[str, Reader] = {
    "a submit's answer, nodes": _of_call(
        VezaNodesService().submit(_QUERY), Submitted, "services.veza_submitted.read_submitted", _SUBMITTED
    ),
    "a saved query's run": _of_call(
        VezaSavedQueriesService().submit(SavedNodesQuery("q")),
        Submitted,
        "services.veza_submitted.read_submitted",
        _SUBMITTED,
    ),
    "a look, nodes": _of_call(
        VezaNodesService().look("q"),
        Snapshot,
        "services.veza_nodes._read_snapshot services.veza_errors.json_object services.veza_errors.absence "
        "services.veza_errors.refusal services.veza_errors._described services.veza_errors._excerpt services.veza_errors",
        *_LOOKS,
    ),
    "a look that is answered twice alike": Reader(
        _read_twice,
        _responses(*_LOOKS),
        Snapshot,
        ("transport.driving.Readings.of", "transport.driving.Readings._may_come_again"),
    ),
    "a page, nodes": _of_call(
        VezaNodesService().page("q", None),
        Page,
        "services.veza_nodes._read_page services.veza_rows.answer_with_rows services.veza_rows services.veza_counts",
        *_LOOKS,
    ),
    "a cancel, nodes": _of_call(
        VezaNodesService().cancel("q"),
        type(None),
        "services.veza_nodes._read_canceled services.veza_errors.accepted",
        {},
        *_samples("resp_empty"),
    ),
    "a submit's answer, result": _of_call(
        VezaResultService().submit(ResultQuery({})), Submitted, "services.veza_result._read_submitted", *_TASKS
    ),
    "a look, result": _of_call(VezaResultService().look("7"), Snapshot, "services.veza_result._read_snapshot", *_TASKS),
    "a page, result": _of_call(VezaResultService().page("7", None), Page, "services.veza_result._read_page", *_TASKS),
    "rows at once": _of_call(VezaSyncService().nodes({}), Page, "services.veza_sync.read_page", _ROWS, _PATHS),
    "a result at once": _of_call(VezaSyncService().result({}), Result, "services.veza_sync.read_result", *_RESULTS),
    "saved queries": _of_call(VezaSavedQueriesService().queries(), Page, "services.veza_sync.read_page", _SAVED),
    "a saved query": _of_call(
        VezaSavedQueriesService().definition("q"),
        dict,
        "services.veza_saved_queries._read_definition",
        _SAVED,
        {"value": _SAVED},
    ),
    "whether queries can be listed": _of_call(list_one(), type(None), "services.veza_saved_queries._read_list", _SAVED),
    "a submit's answer, ES|QL": Reader(
        lambda response: _reading(next(EsqlService().submit(EsqlQuery("ROW a = 1"), keep_alive=_KEEP)))(response),
        _responses(*_TABLES),
        (Submitted, type(None)),
        tuple(_SUBMIT_ESQL.split()),
    ),
    "a look, ES|QL": _of_call(EsqlService().look("q"), Snapshot, _ESQL_LOOK, *_TABLES),
    "a look, ES|QL by columns": _of_call(EsqlService(columnar=True).look("q"), Snapshot, _ESQL_LOOK, *_COLUMNAR),
    "a result, ES|QL": _of_call(
        EsqlService().page("q", None),
        Page,
        "services.esql.EsqlService._read_page services.esql.EsqlService._page_of services.esql_answer.read_table "
        "services.esql_answer",
        *_TABLES,
    ),
    "a result, ES|QL by columns": _of_call(
        EsqlService(columnar=True).page("q", None), Page, "services.esql.EsqlService._read_page", *_COLUMNAR
    ),
    "a stop, ES|QL": _of_call(EsqlService().stop("q"), Snapshot, "services.esql.EsqlService._read_snapshot", *_TABLES),
    "a deletion, ES|QL": _of_call(
        EsqlService().cancel("q"), type(None), "services.esql._read_deleted", {"acknowledged": True}
    ),
    "an error, Veza": Reader(
        lambda response: veza_errors.refusal(replace(response, status=max(response.status, 400))),
        _responses(),
        AsyncQueryError,
        ("services.veza_errors.refusal",),
    ),
    "an error, Elasticsearch": Reader(
        esql_errors.refusal, _responses(), AsyncQueryError, ("services.esql_errors.refusal",)
    ),
    "rows": Reader(
        lambda body: rows_in([body]),
        damaged_bodies([answers.AMARA]),
        list,
        ("async_query.rows", "async_query.json_value"),
    ),
    "a token": Reader(
        lambda response: read_token(token_request(_AUTH, "t"), response, now=5.0),
        _responses(_TOKEN),
        Token,
        ("transport.tokens.read_token", "transport.tokens._json_object", "transport.tokens"),
    ),
    "Retry-After": Reader(
        lambda value: parse_retry_after(value, NOON),
        _PIECES | st.text(max_size=40),
        (float, type(None)),
        ("async_query.retry.parse_retry_after", "async_query.retry"),
    ),
    "Location": Reader(
        _redirected,
        st.tuples(
            st.sampled_from([301, 302, 303, 307, 308]), _PIECES | st.text(max_size=40), st.sampled_from(["GET", "POST"])
        ),
        (str, type(None)),
        (
            "transport.redirects.redirect_url",
            "transport.session.TenantSession.get_redirect_target",
            "transport.session.TenantSession.resolve_redirects",
            "transport.exchange.never",
        ),
    ),
    "a handle": Reader(
        QueryHandle.from_json,
        _texts_or_objects(_HANDLE_JSON),
        QueryHandle,
        ("async_query.handle.QueryHandle.from_json", "async_query.handle", "async_query.deadline"),
    ),
    "a record": Reader(
        QueryRecord.from_json,
        _objects(_RECORD.to_json(), replace(_RECORD, handle=None, state=RecordState.INTENT).to_json()),
        QueryRecord,
        ("async_query.record.QueryRecord.from_json",),
    ),
    "an event": Reader(WaitEvent.from_json, _objects(_EVENT), WaitEvent, ("async_query.event.WaitEvent.from_json",)),
    "a trigger's row": Reader(
        lambda row: AsyncQueryTrigger(**row) if isinstance(row, dict) and "handle" in row else None,
        _objects(_TRIGGER),
        (AsyncQueryTrigger, type(None)),
        ("triggers.async_query",),
    ),
    "a trigger's row, for the page": Reader(
        lambda text: stored_wait(TRIGGER, text, is_taken_up=True),
        damaged_bodies([_TRIGGER]).map(lambda body: body.decode("utf-8", "surrogateescape")),
        (StoredWait, type(None)),
        ("pages.stored_wait.stored_wait", "pages.facts"),
    ),
    "what a task left, for the page": Reader(
        lambda left: subject_of(TaskFacts("d", "t", "r", state="deferred", **left), NOON),
        _LEFT_BY_A_TASK,
        (Subject, type(None)),
        ("pages.its_query.subject_of",),
    ),
    "what a task left, on the page": Reader(
        lambda left: query_page(TaskFacts("d", "t", "r", state="deferred", **left), preview_rows=10),
        _LEFT_BY_A_TASK,
        str,
        ("pages.query_page",),
    ),
    "a spec": Reader(
        check_query_spec, _objects(*_SPECS), CheckedSpec, ("services.veza_spec.check_query_spec", "services.veza_spec")
    ),
    "a spec's text": Reader(
        _spec_text,
        _texts_or_objects(*_SPECS)
        | st.sampled_from(_YAML)
        | st.lists(st.sampled_from([*_YAML, "\n", " "]), max_size=4).map("".join),
        object,
        ("operators.spec_text.parsed_spec", "operators.spec_text", "operators.yaml_as_json"),
    ),
    "a rendered value": Reader(_rendered, _RENDERED, object, ("async_query.rendered_text",)),
    "a rendered argument": Reader(_rendered_argument, _RENDERED, type(None), ("operators.arguments",)),
    "a query's arguments": Reader(
        lambda given: check_query(given["spec"], max_staleness=given["age"]),
        st.fixed_dictionaries({"spec": _objects(*_SPECS), "age": _objects("86400s", 5, timedelta(1))}),
        CheckedQuery,
        ("services.veza_query.check_query", "services.veza_cache", "services.veza_choices"),
    ),
    "an ES|QL query": Reader(
        lambda given: (
            EsqlQuery(given.get("q"), given.get("params"), given.get("filter")) if isinstance(given, dict) else None
        ),
        _objects({"q": "ROW a = ?", "params": [1, {"a": 2}], "filter": {"term": {"a": [1]}}}),
        (EsqlQuery, type(None)),
        ("services.esql_query",),
    ),
    "a landed reference": Reader(
        lambda reference: arguments.landed(reference, "current"),
        _texts_or_objects({"manifest": "/lake/manifest.json"}),
        str,
        ("operators.arguments",),
    ),
    "what a notifier is told": Reader(
        lambda pulled: summary({"ti": SimpleNamespace(task_id="t", map_index=-1, xcom_pull=lambda **_: pulled)}),
        _texts_or_objects(_HANDLE_JSON),
        dict,
        ("operators.summary",),
    ),
    "a saved query that is listed": Reader(
        lambda query: saved_queries._labels_of(query) if isinstance(query, dict) else set(),
        _objects({"id": "s1", "name": "SOX", "labels": ["SOX", {"name": "payroll"}]}),
        set,
        ("operators.saved_queries",),
    ),
    "whose a saved query is": Reader(
        lambda query: VezaSavedQueriesService().owner_of(query) if isinstance(query, dict) else "",
        _objects({"id": "s1", "created_by": "ada", "owner": {"email": "ada@acme.example"}}),
        str,
        ("services.veza_saved_queries.VezaSavedQueriesService.owner_of",),
    ),
    "a manifest": Reader(
        lambda raw: _own(raw, MANIFEST_FILE, lambda data: Manifest.from_json(data, "/lake/_manifest.json")),
        damaged_bodies([_MANIFEST.to_json()]),
        (Manifest, type(None)),
        ("results.manifest.Manifest.from_json", "results.own_files"),
    ),
    "rows like those before": Reader(
        _tabled, damaged_bodies([answers.AMARA, answers.KIRAN]), (Table, type(None)), ("results.shapes",)
    ),
    "a checkpoint": Reader(
        lambda raw: _own(raw, CHECKPOINT_FILE, Checkpoint.from_json),
        damaged_bodies([_CHECKPOINT.to_json()]),
        (Checkpoint, type(None)),
        ("results.checkpoint.Checkpoint.from_json", "results.own_files"),
    ),
    "a tenant, by the doctor": Reader(
        lambda seed: examined(seed, _BY_PATH),
        st.integers(0, 2**32),
        str,
        ("doctor.examination_steps", "doctor.examination._nothing"),
        dearer=40,
    ),
    "the doctor's arguments": Reader(
        lambda given: doctor_command.settings_of(doctor_command.parser().parse_args(given[0]), given[1]),
        _DOCTORS_ARGUMENTS,
        veza_settings.VezaSettings,
        (),
        dearer=10,
    ),
    "a handle, by the command that cancels": Reader(
        lambda text: cancel_command(["cancel", "--conn-id", "nowhere", "--", text]),
        _texts_or_objects({**_HANDLE_JSON, "service": "none"}).filter(lambda text: isinstance(text, str)),
        int,
        (),
        dearer=10,
    ),
    "a veza connection": Reader(
        veza_settings.read_connection,
        _connections(_VEZA_EXTRA),
        veza_settings.VezaSettings,
        ("hooks.veza_settings.read_connection", "hooks.veza_settings", "hooks.given_connection"),
    ),
    "an elasticsearch connection": Reader(
        esql_settings.read_connection,
        _connections(_ESQL_EXTRA),
        esql_settings.EsqlSettings,
        ("hooks.esql_settings.read_connection", "hooks.esql_settings"),
    ),
}
"""By what is read; the next reader is one more row."""
