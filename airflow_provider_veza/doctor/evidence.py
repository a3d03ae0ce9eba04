"""What a verdict rests on: what was asked and which fields and counts came, never a value; pure functions.

Fields and counts may stand in a bug report; names that look like no field of an API, and ids in paths, are quoted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_veza.doctor.examination_steps import Asked
from airflow_provider_veza.doctor.words import Quoted, Words
from airflow_provider_veza.services import veza_nodes, veza_result, veza_saved_queries, veza_sync

MOST_FIELDS = 24
_DEEPEST = 4
_FIELD_NAME = re.compile(r"@?[A-Za-z][A-Za-z_]{0,39}")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z+.-]{1,40}")
_PLAIN_PATHS = frozenset(
    {
        veza_nodes.CREATE_PATH,
        veza_nodes.CANCEL_PATH,
        *(veza_nodes.INFERRED_GET_PATH.replace("/v1/", f"/{space}/") for space in ("v1", "preview", "private")),
        veza_sync.NODES_PATH,
        veza_sync.RESULT_PATH,
        veza_result.CREATE_PATH,
        veza_saved_queries.LIST_PATH,
    }
)
_ID_IN_PATH = re.compile(
    rf"({re.escape(veza_result.TASKS_PATH)}|/api/(?:v1|preview|private)/assessments/queries/)([^/:]+)(:nodes_async_create)?"
)


@dataclass(frozen=True)
class Evidence:
    """Requests of one kind that were answered alike.

    :param asked: method, path and the names of the fields that were sent.
    :param came: the status, and the names of the fields that came with how many items they hold.
    """

    asked: Words
    came: Words
    times: int = 1


def evidence_of(asked: Sequence[Asked]) -> tuple[Evidence, ...]:
    """Return what was asked and what came, each kind once, in the order of its first time."""
    kinds = Counter((asked_words(one), came_words(one)) for one in asked)
    return tuple(Evidence(*kind, times) for kind, times in kinds.items())


def asked_words(asked: Asked) -> Words:
    """Say what was asked.

    >>> from airflow_provider_veza.async_query.message import Request
    >>> request = Request("POST", veza_nodes.CANCEL_PATH, {"query_result_id": "f00"})
    >>> asked_words(Asked(request, 0.0, 0.0))
    ('POST ', '/api/v1/assessments/query_spec:nodes_async_cancel', ' with query_result_id')
    """
    request = asked.request
    body = request.body if isinstance(request.body, Mapping) else {}
    sent = [_sent(name, value) for name, value in (*body.items(), *request.params.items())]
    return (f"{request.method} ", *_path(request.path), f" with {', '.join(sent)}" if sent else "")


def came_words(asked: Asked) -> Words:
    """Say what came."""
    if asked.response is None:
        return (f"no whole answer ({type(asked.error).__name__})",)
    return (f"HTTP {asked.status} with ", *_content(asked))


def fields_words(body: Mapping[str, Any]) -> Words:
    """Name the fields of an answer, those within others too, each with the number of its items if it is a list.

    >>> fields_words({"progress_status": {"row_count": 2}, "values": [{"id": 1}, {"id": 2}], "has_more": False})
    ('progress_status.row_count', ', ', 'values[2]', ', ', 'has_more')
    """
    named = list(_fields(body))
    words: list[str | Quoted] = []
    for name in named[:MOST_FIELDS]:
        words += [", ", *name] if words else [*name]
    return (*words, f" and {len(named) - MOST_FIELDS} more") if len(named) > MOST_FIELDS else tuple(words)


def _content(asked: Asked) -> Words:
    if asked.body:
        return fields_words(asked.body)
    if not asked.response or not asked.response.body.strip():
        return ("no body",)
    media_type = asked.response.headers.get("content-type", "").partition(";")[0].strip().lower()
    named = media_type if _MEDIA_TYPE.fullmatch(media_type) else Quoted(media_type)
    return (f"{len(asked.response.body)} bytes of ", named, ", no fields")


def _sent(name: str, value: object) -> str:
    return f"{name}={value}" if name == "page_size" else name


def _path(path: str) -> Words:
    if path in _PLAIN_PATHS:
        return (path,)
    with_id = _ID_IN_PATH.fullmatch(path)
    return (with_id[1], Quoted(with_id[2]), with_id[3] or "") if with_id else (Quoted(path),)


def _fields(value: Mapping[str, Any], above: Words = (), depth: int = 1) -> Iterator[Words]:
    for name, held in value.items():
        words = (*above, _field_name(name))
        if isinstance(held, Mapping) and held and depth < _DEEPEST:
            yield from _fields(held, (*words, "."), depth + 1)
        else:
            yield _joined(words, f"[{len(held)}]" if isinstance(held, list) else "")


def _joined(words: Words, ending: str) -> Words:
    plain = "".join(word for word in words if isinstance(word, str))
    return (plain + ending,) if all(isinstance(word, str) for word in words) else (*words, ending)


def _field_name(name: str) -> str | Quoted:
    return name if _FIELD_NAME.fullmatch(name) else Quoted(name)
