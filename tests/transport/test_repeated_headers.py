"""A header that comes twice reads the same through every driver: as one with commas between (RFC 9110, 5.3)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from transport.conftest import call
from transport.every_driver import EVERY_DRIVER
from transport.servers import HttpServer, raw

TWICE = raw(
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-elastic-product: Elasticsearch\r\ncontent-length: 2\r\n"
    b"x-said: one\r\nx-said: two\r\n\r\n{}"
)


@pytest.mark.parametrize("kind", EVERY_DRIVER)
def test_no_value_of_a_repeated_header_is_lost(tenant: Callable[..., HttpServer], kind: str) -> None:
    driver = EVERY_DRIVER[kind].open(tenant(TWICE).url)
    try:
        assert driver.run(call()).headers["x-said"] == "one, two"
    finally:
        driver.close()
