"""The handle of a submitted query: all that is needed to find it again, and no credential."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime
from typing import Any

from airflow_provider_veza.async_query.deadline import Deadline, utc_from_iso
from airflow_provider_veza.async_query.declared_types import mistyped_field
from airflow_provider_veza.async_query.json_value import ascii_of
from airflow_provider_veza.async_query.rendered_text import looks_structured, value_in
from airflow_provider_veza.async_query.vocabulary import Phase, Snapshot
from airflow_provider_veza.exceptions import ForeignTenantError, HandleError, MissingHandleError
from airflow_provider_veza.shown import one_line

HANDLE_VERSION = 1
HANDLE_KEY = "veza_query"
"""Under this name a task announces its handle; triggers and later tasks look there."""
URL_KEY = "veza_url"
"""Under this name a task announces where people can look at its query."""


@dataclass(frozen=True)
class QueryHandle:
    """Where a submitted query can be found; travels through XCom, trigger arguments and records as plain JSON.

    :param service: the name of the service that has the query, such as ``veza_nodes``.
    :param id: the service's id of the query.
    :param tenant: base URL of the tenant that runs it; another tenant's connection must not touch it.
    :param submitted_at: when the submit was answered (UTC).
    :param deadline: after which nobody wants the answer (UTC).
    :param fingerprint: of the rendered query and the tenant, see :mod:`.identity`.
    :param owned: false for a cached result that was only attached to; such a handle is never cancelled.
    :param stale_until: until when a success may still be an older answer; None where it cannot be.
    :param options: what its service must know of the submit to read its answers, such as ``columnar``.
    :param v: version of this record; unknown keys of later versions are ignored.
    """

    service: str
    id: str
    tenant: str
    conn_id: str
    submitted_at: datetime
    deadline: Deadline
    fingerprint: str = ""
    cache_id: str | None = None
    last_completed_cache_id: str | None = None
    owned: bool = True
    stale_until: datetime | None = None
    options: tuple[str, ...] = ()
    v: int = HANDLE_VERSION

    def __str__(self) -> str:
        return one_line(f"query {self.id} of {self.tenant}")

    def as_seen(self, snapshot: Snapshot, now: datetime) -> Snapshot:
        """Return what a snapshot of this query means: a success that may be an older result's is none yet, so it runs.

        :param now: when it was looked at, or a moment before (UTC).
        """
        if self.stale_until is None or now >= self.stale_until or snapshot.phase is not Phase.SUCCEEDED:
            return snapshot
        state = f"{snapshot.state} (it may still show an older result)"
        return replace(snapshot, phase=Phase.RUNNING, state=state, rows=None, page=None, settles_at=self.stale_until)

    @property
    def shown_id(self) -> str:
        """The id as logs show it, which others chose."""
        return one_line(self.id)

    def to_json(self) -> dict[str, Any]:
        """Return the handle as plain JSON types.

        >>> from datetime import UTC, timedelta
        >>> start = datetime(2026, 1, 1, tzinfo=UTC)
        >>> handle = QueryHandle("veza_nodes", "q1", "https://t", "veza_default", start, Deadline(start))
        >>> QueryHandle.from_json(handle.to_json()) == handle
        True
        """
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain["submitted_at"] = self.submitted_at.isoformat()
        plain["deadline"] = self.deadline.at.isoformat()
        plain["options"] = list(self.options)
        plain["stale_until"] = self.stale_until.isoformat() if self.stale_until else None
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | str | None) -> QueryHandle:
        """Read a handle from a mapping, or from text that a template made of one.

        :raises MissingHandleError: when nothing was given, which a retry may find otherwise.
        :raises HandleError: when it is no handle; the message says what is missing.
        """
        if is_no_handle(data):
            raise MissingHandleError
        values = _known_values(_mapping(data))
        try:
            values["submitted_at"] = utc_from_iso(values["submitted_at"])
            values["deadline"] = Deadline(utc_from_iso(values["deadline"]))
            if values.get("stale_until") is not None:
                values["stale_until"] = utc_from_iso(values["stale_until"])
        except (TypeError, ValueError, OverflowError) as e:
            raise _no_handle(f"a time in it cannot be read ({e})") from e
        if isinstance(values.get("options"), list):
            values["options"] = tuple(values["options"])
        return _checked(cls(**values))

    def require_tenant(self, tenant: str) -> None:
        """Refuse a connection to another tenant.

        :raises ForeignTenantError: when ``tenant`` is not the one that runs the query.
        """
        if self.tenant != tenant:
            raise ForeignTenantError(handle_tenant=self.tenant, connection_tenant=tenant, query_id=self.id)


def is_no_handle(given: object) -> bool:
    """Whether nothing was given, also as a template shows it."""
    return given is None or given in ("", "None", {})


def is_one_handle(given: object) -> bool:
    """Whether what was given is no sequence of handles, such as a mapped task returns, nor text of one."""
    return not is_sequence(_value(given))


def handles_in(given: object) -> Iterator[QueryHandle]:
    """Yield each handle in a sequence, or in text of one; mapped tasks that submitted nothing have left none.

    :raises HandleError: when something in it is no handle.
    """
    for one in _value(given):
        if not is_no_handle(one):
            yield QueryHandle.from_json(one)


def _no_handle(problem: str) -> HandleError:
    return HandleError(
        f"Not a query handle: {problem}. Pass what VezaSubmitQueryOperator or EsqlSubmitQueryOperator returned, or "
        f"XCom `{HANDLE_KEY}` of the task that owns the query, unchanged. No query was touched."
    )


def _mapping(given: object) -> Mapping[str, Any]:
    value = _value(given)
    if is_sequence(value):
        raise _no_handle(
            "it is a sequence, as a mapped task returns. Only a cancel takes one; map this task too, with "
            ".partial(...).expand(handle=submit.output)"
        )
    if not isinstance(value, Mapping):
        raise _no_handle(f"{type(value).__name__} instead of a mapping")
    return value


def _value(given: object) -> Any:
    try:
        return value_in(given) if isinstance(given, str) else given
    except ValueError as e:
        raise _no_handle(str(e) if looks_structured(str(given)) else f"the text is not JSON ({e})") from e


def is_sequence(value: object) -> bool:
    """Whether a value is a sequence of anything, such as a mapped task returns, and no text."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _known_values(plain: Mapping[str, Any]) -> dict[str, Any]:
    missing = [f.name for f in fields(QueryHandle) if f.default is MISSING and f.name not in plain]
    if missing:
        raise _no_handle(f"it lacks {', '.join(missing)}")
    return {f.name: plain[f.name] for f in fields(QueryHandle) if f.name in plain}


def _checked(handle: QueryHandle) -> QueryHandle:
    for name in ("service", "id", "tenant", "conn_id"):
        value = getattr(handle, name)
        if not isinstance(value, str) or not value:
            raise _no_handle(f"{name} must be a non-empty text, not {ascii_of(value)}")
    if not isinstance(handle.owned, bool):
        raise _no_handle(f"owned must be true or false, not {ascii_of(handle.owned)}")
    if not isinstance(handle.options, tuple) or not all(isinstance(option, str) for option in handle.options):
        raise _no_handle(f"options must be a list of texts, not {ascii_of(handle.options)}")
    if mistyped := mistyped_field(handle):
        raise _no_handle(f"{mistyped} must not be {ascii_of(getattr(handle, mistyped))}")
    return handle
