"""Whatever breaks HTTP's rules, every driver comes to the same: no answer, by an error of our tree and in time, or all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from airflow_provider_veza.async_query.retry import ONE_ATTEMPT
from airflow_provider_veza.exceptions import NoAnswerError
from transport.conftest import call
from transport.every_driver import EVERY_DRIVER, Driver
from transport.garbled import BROKEN, ODD_TYPE, WHOLE
from transport.servers import HttpServer, hang_up, raw, then

Tenant = Callable[..., HttpServer]


@pytest.fixture
def opened() -> Iterator[list[Driver]]:
    """Yield a list of drivers, which are closed after the test."""
    drivers: list[Driver] = []
    yield drivers
    for driver in drivers:
        driver.close()


def answers(tenant: Tenant, opened: list[Driver], kind: str, data: bytes) -> tuple[int, bytes]:
    """Let a server send these bytes and hang up; return status and body as the driver has them."""
    opened.append(EVERY_DRIVER[kind].open(tenant(then(raw(data), hang_up)).url))
    response = opened[-1].run(call(), retry=ONE_ATTEMPT)
    return response.status, response.body


@pytest.mark.parametrize("kind", EVERY_DRIVER)
@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_broken_answer_is_none(tenant: Tenant, opened: list[Driver], kind: str, data: bytes) -> None:
    with pytest.raises(NoAnswerError, match="has no whole answer"):
        answers(tenant, opened, kind, data)


@pytest.mark.parametrize("kind", EVERY_DRIVER)
@pytest.mark.parametrize(("data", "body"), WHOLE.values(), ids=WHOLE)
def test_an_odd_answer_is_read_to_its_end(
    tenant: Tenant, opened: list[Driver], kind: str, data: bytes, body: bytes
) -> None:
    assert answers(tenant, opened, kind, data)[1] == body


@pytest.mark.parametrize("kind", EVERY_DRIVER)
def test_a_type_that_nobody_knows_is_read_of_a_tenant_and_refused_of_a_cluster(
    tenant: Tenant, opened: list[Driver], kind: str
) -> None:
    if not kind.startswith("elasticsearch"):
        assert answers(tenant, opened, kind, ODD_TYPE) == (200, b"{}")
        return
    with pytest.raises(NoAnswerError):
        answers(tenant, opened, kind, ODD_TYPE)
