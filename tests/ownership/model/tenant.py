"""A tenant that runs queries until the check ends them, and counts what it is asked to do; no Airflow."""

from __future__ import annotations

from dataclasses import dataclass, field

from airflow_provider_veza.async_query.layout import RowLayout
from airflow_provider_veza.async_query.message import Call, Request, Response
from airflow_provider_veza.async_query.vocabulary import Page, Phase, Snapshot, Traits
from ownership.model.airflow_row import Attempt

URL = "https://acme.vezacloud.com"


@dataclass(eq=False)
class Query:
    """One query.

    :param recorded_at: the turn at which its name first lay in a store.
    :param is_lost: whether the answer to its submit never came, or the only process that knew of it could not cancel it.
    :param is_given_up: whether it was cancelled by somebody who could not know of the attempt that follows.
    :param recorded_in: the places of the record that have named it.
    :param reads_as_cleared: whether a sweep was told that its deferred task has no state.
    :param is_landed: whether its rows lie in the folder.
    """

    id: str
    submitter: Attempt
    submitted_at: int
    phase: Phase = Phase.RUNNING
    recorded_at: int | None = None
    recorded_in: set[str] = field(default_factory=set)
    reads_as_cleared: bool = False
    is_lost: bool = False
    is_released: bool = False
    is_landed: bool = False
    is_given_up: bool = False
    ended_by: str = ""

    @property
    def life(self) -> int:
        """True number of the task's life that asked it."""
        return self.submitter.life


@dataclass
class Tenant:
    """All queries there ever were."""

    queries: list[Query] = field(default_factory=list)

    def submit(self, attempt: Attempt, turn: int) -> Query:
        query = Query(f"q{len(self.queries) + 1}", attempt, turn)
        self.queries.append(query)
        return query

    def named(self, query_id: str) -> Query:
        return next(query for query in self.queries if query.id == query_id)

    def running(self) -> list[Query]:
        return [query for query in self.queries if query.phase is Phase.RUNNING]

    def seen(self, query_id: str) -> Phase:
        query = self.named(query_id)
        return Phase.GONE if query.is_released else query.phase


class ModelService:
    """The service on the model's wire: a method and an id; the status tells the phase."""

    name = "model"
    layout: RowLayout
    page_size = None

    def __init__(self, *, keeps_result: bool) -> None:
        self.traits = Traits(keeps_result=keeps_result)

    def look(self, query_id: str, wait: float = 0.0) -> Call[Snapshot]:
        return Call(Request("LOOK", query_id), _snapshot)

    def page(self, query_id: str, page_token: str | None, page_size: int | None = None) -> Call[Page]:
        return Call(Request("READ", query_id), lambda _: Page())

    def cancel(self, query_id: str) -> Call[None]:
        return Call(Request("CANCEL", query_id), lambda _: None)

    def release(self, query_id: str) -> Call[None]:
        return Call(Request("RELEASE", query_id), lambda _: None)


def _snapshot(response: Response) -> Snapshot:
    phase = Phase(response.body.decode())
    return Snapshot(phase, phase.value)
