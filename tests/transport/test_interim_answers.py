"""No driver takes an interim answer of HTTP for the answer: RFC 9110, 15.2."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from airflow_provider_veza.exceptions import NoAnswerError
from transport.conftest import call, submit
from transport.every_driver import EVERY_DRIVER, Driver, good
from transport.servers import HttpServer, Reply, raw, then

Open = Callable[[str], Driver]
EARLY_HINTS = raw(b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n")
INTERIM = {
    "early hints": EARLY_HINTS,
    "processing": raw(b"HTTP/1.1 102 Processing\r\n\r\n"),
    "continue, unasked": raw(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "several": then(EARLY_HINTS, EARLY_HINTS),
}


@pytest.fixture(params=EVERY_DRIVER)
def open_any(request: pytest.FixtureRequest) -> Iterator[Open]:
    opened: list[Driver] = []

    def open_(base_url: str) -> Driver:
        opened.append(EVERY_DRIVER[request.param].open(base_url))
        return opened[-1]

    yield open_
    for driver in opened:
        driver.close()


@pytest.mark.parametrize("interim", INTERIM.values(), ids=INTERIM)
def test_the_answer_is_the_final_one(tenant: Callable[..., HttpServer], open_any: Open, interim: Reply) -> None:
    server = tenant(then(interim, good(200, {"id": "q1"})), good(200, {"id": "q2"}))
    driver = open_any(server.url)

    answers = [driver.run(submit()), driver.run(call())]

    assert [(answer.status, json.loads(answer.body)) for answer in answers] == [
        (200, {"id": "q1"}),
        (200, {"id": "q2"}),
    ]
    assert [seen.method for seen in server.seen] == ["POST", "GET"]


@pytest.mark.parametrize("kind", ["requests", "elasticsearch"])
def test_interim_answers_without_end_are_no_answer(tenant: Callable[..., HttpServer], kind: str) -> None:
    server = tenant(then(*[EARLY_HINTS] * 21, good()))
    driver = EVERY_DRIVER[kind].open(server.url)
    try:
        with pytest.raises(NoAnswerError, match="may have been acted on"):
            driver.run(submit())
    finally:
        driver.close()
