"""What must hold in front of every server and through every driver: no request twice, nothing cut short, nothing that hangs."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_veza.exceptions import NoAnswerError, RedirectRefusedError
from servers.conftest import Wished, outcome
from transport.every_driver import Driver

Open = Callable[..., Driver]
Wish = Callable[[], Wished]
IDLE = 1.0
"""Seconds after which the servers close a connection."""


def told(answer: Any) -> dict[str, Any]:
    assert answer.status == 200, (answer.status, answer.body[:300])
    return dict(json.loads(answer.body))


@pytest.mark.parametrize("length", [0, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 1024 * 1024])
def test_a_body_of_any_length_arrives_whole_and_once(open_driver: Open, wished: Wish, length: int) -> None:
    wish = wished()
    call = wish.submit({"q": "x" * (length - len('{"q":""}'))} if length else {})
    sent = call.request.content or b""

    answer = told(open_driver().run(call))

    assert (answer["length"], answer["sha"]) == (len(sent), hashlib.sha256(sent).hexdigest())
    assert wish.times == 1


FRAMINGS = {
    "with a length": {},
    "in chunks": {"framing": "chunked"},
    "compressed": {"encoding": "gzip"},
    "compressed, in chunks": {"encoding": "gzip", "framing": "chunked"},
    "and then the connection ends": {"close": True},
    "with a cookie": {"header": "Set-Cookie:at=b1; Path=/"},
    "with trailers": {"framing": "trailers"},
    "after early hints": {"hints": 1},
}


@pytest.mark.parametrize("framing", FRAMINGS.values(), ids=FRAMINGS)
def test_an_answer_arrives_whole_however_it_is_framed(open_driver: Open, wished: Wish, framing: dict[str, Any]) -> None:
    driver = open_driver()

    for _ in range(7):
        answer = told(driver.run(wished().call(size=300_000, **framing)))
        assert len(answer["filling"]) == 300_000
        assert answer["cookie"] == ""


def test_a_page_of_30_megabytes_arrives_whole(open_driver: Open, wished: Wish) -> None:
    assert len(told(open_driver().run(wished().call(size=30_000_000)))["filling"]) == 30_000_000


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_ends_with_its_head(open_driver: Open, wished: Wish, status: int) -> None:
    driver = open_driver()

    assert [driver.run(wished().call(status=status)).status for _ in range(3)] == [status] * 3
    told(driver.run(wished().call()))


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_look_goes_on_after_an_error_page(open_driver: Open, wished: Wish, status: int) -> None:
    wish = wished()

    told(open_driver().run(wish.call(status=status, fails=2, kind="text/html", header="Retry-After:0")))
    assert wish.times == 3


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_submit_is_not_repeated_after_an_error_page(open_driver: Open, wished: Wish, status: int) -> None:
    wish = wished()

    answer = open_driver().run(wish.submit(status=status, kind="text/html", header="Retry-After:0"))
    assert (answer.status, wish.times) == (status, 1)


@pytest.mark.parametrize("status", [401, 413])
@pytest.mark.parametrize("length", [1_000, 1_000_000])
def test_a_refusal_before_the_body_was_read_is_told_or_at_least_not_repeated(
    open_driver: Open, wished: Wish, status: int, length: int
) -> None:
    wish, driver = wished(), open_driver()

    try:
        # A gateway may lose what was said while it still sent.
        assert driver.run(wish.submit({"q": "x" * length}, status=status, early=True)).status in {status, 502}
    except NoAnswerError:
        assert length > 1_000
    assert wish.times == 1
    told(driver.run(wished().call()))


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_within_the_host_takes_the_submit_along(open_driver: Open, wished: Wish, status: int) -> None:
    wish = wished()
    there = f"/?tag={wish.tag}-there"

    answer = told(open_driver().run(wish.submit({"q": "x" * 1_000}, status=status, header=f"Location:{there}")))
    assert answer["length"] > 1_000
    assert wish.times == 1


@pytest.mark.parametrize("status", [301, 302])
def test_a_redirect_that_makes_another_request_is_refused(open_driver: Open, wished: Wish, status: int) -> None:
    wish = wished()

    with pytest.raises(RedirectRefusedError):
        open_driver().run(wish.submit(status=status, header="Location:/there"))
    assert wish.times == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_another_host_is_refused(open_driver: Open, wished: Wish, status: int) -> None:
    with pytest.raises(RedirectRefusedError, match="another host"):
        open_driver().run(wished().submit(status=status, header="Location:http://elsewhere.example/there"))


def test_an_answer_that_is_cut_is_none(open_driver: Open, wished: Wish) -> None:
    """A gateway may hold it back, and say 502 in its place."""
    wish = wished()

    said = outcome(lambda: open_driver().run(wish.submit(size=200_000, cut=True), timeout=(5.0, 2.0)))

    assert isinstance(said, NoAnswerError) or said == 502
    assert wish.times == 1


def test_silence_ends_with_its_timeout(open_driver: Open, wished: Wish) -> None:
    wish, began = wished(), time.monotonic()

    with pytest.raises(NoAnswerError, match="read_timeout|request_timeout"):
        open_driver().run(wish.submit(seconds=3), timeout=(5.0, 0.5))
    assert time.monotonic() - began < 2.5
    assert wish.times == 1


@pytest.mark.parametrize("pause", [0.98, 1.0])
def test_a_look_goes_on_when_its_connection_is_closed_under_it(open_driver: Open, wished: Wish, pause: float) -> None:
    driver = open_driver()
    told(driver.run(wished().call()))

    time.sleep(pause * IDLE)
    told(driver.run(wished().call()))


@pytest.mark.parametrize("pause", [1.3])
def test_a_submit_over_a_connection_that_ends_is_never_sent_twice(
    open_driver: Open, wished: Wish, pause: float
) -> None:
    driver = open_driver()
    told(driver.run(wished().call()))
    wish = wished()

    time.sleep(pause * IDLE)
    told(driver.run(wish.submit()))
    assert wish.times == 1
