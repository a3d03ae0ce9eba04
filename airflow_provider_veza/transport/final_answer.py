"""Reads past the interim answers of HTTP to the final one, for whatever reads answers by ``http.client``; which those are.

A proxy may send "103 Early Hints" unasked. ``http.client`` skips only "100 Continue" and takes any other interim answer for the
final one: no body, no error, and the real answer stays in the connection for whoever asks next.
"""

from __future__ import annotations

from http.client import HTTPException, HTTPResponse, parse_headers

_MOST_INTERIM = 20
_SWITCHING_PROTOCOLS = 101


def is_final(status: int) -> bool:
    """Whether no other answer follows to the same request. Source: RFC 9110, 15.2."""
    return status == _SWITCHING_PROTOCOLS or not 100 <= status < 200


class FinalAnswer(HTTPResponse):
    """An answer whose status is final.

    Source: RFC 9110, 15.2: a client reads any number of 1xx answers before the final one, asked for or not.

    :raises HTTPException: after more than 20 interim answers.
    """

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_MOST_INTERIM + 1):
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if is_final(found[1]):
                return found
            parse_headers(self.fp)
        raise HTTPException(f"more than {_MOST_INTERIM} interim answers and no final one")
