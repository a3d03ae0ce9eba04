"""Where the served result is, as every way of landing it is told; no way is favoured by knowing more."""

from __future__ import annotations

from dataclasses import dataclass

GET_PATH = "/api/v1/assessments/query_spec:nodes_async_get"
CREATE_PATH = "/api/v1/assessments/query_spec:nodes_async_create"
PAGE_ROWS = 1_000
QUERY_ID = "1e6b1f5c-6d5b-4b8e-9d5e-0a4f4d1c2b3a"


@dataclass(frozen=True)
class Tenant:
    """A tenant on loopback with one result.

    :param rows: of the result; a multiple of a page's.
    """

    port: int
    rows: int

    @property
    def url(self) -> str:
        """Base URL, as a connection's host has it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pages(self) -> int:
        """Pages of the result."""
        return self.rows // PAGE_ROWS


def page_token(page: int) -> str:
    """Return the token of a page, counted from 0; the first page needs none."""
    return f"page-{page}"
