"""Whether one failed HTTP request may be sent again, and when; time and randomness are arguments.

When a query that is not finished is looked at again is in :mod:`.polling`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum


class Failure(Enum):
    """Why a request has no answer."""

    NOT_SENT = "not sent"
    NO_ANSWER = "no answer"
    TOO_LARGE = "too large"
    """More came than may be kept; it would come again."""


@dataclass(frozen=True)
class RetryPolicy:
    """Repeats what a repetition may heal, with full jitter, and never a submit that may have been accepted.

    :param max_attempts: requests sent in all, the first included.
    :param max_attempts_on_500: fewer, since Veza answers 500 to some queries that are simply wrong.
    :param max_attempts_on_no_answer: fewer, where the caller would rather ask for less than wait out another timeout.
    :param max_retry_after: a server that asks for a longer pause, in seconds, is not waited for: the caller decides.
    """

    max_attempts: int = 5
    max_attempts_on_500: int = 3
    max_attempts_on_no_answer: int = 5
    base_delay: float = 0.6
    max_delay: float = 30.0
    max_retry_after: float = 120.0

    def delay(
        self, *, attempt: int, idempotent: bool, outcome: int | Failure, retry_after: float | None, jitter: float
    ) -> float | None:
        """Return the seconds to wait before the request is sent again, or None to give up.

        :param attempt: requests sent so far.
        :param outcome: an HTTP status, or why there was none.
        :param retry_after: what the server asked for, in seconds.
        :param jitter: random in [0, 1).
        """
        if not self._may_heal(outcome, idempotent) or attempt >= self._attempts(outcome):
            return None
        if retry_after is None:
            return jitter * min(self.base_delay * 2.0 ** (attempt - 1), self.max_delay)
        if retry_after > self.max_retry_after:
            return None
        return retry_after + jitter * self.base_delay

    def _attempts(self, outcome: int | Failure) -> int:
        bounds: dict[int | Failure, int] = {
            500: self.max_attempts_on_500,
            Failure.NO_ANSWER: self.max_attempts_on_no_answer,
        }
        return min(self.max_attempts, bounds.get(outcome, self.max_attempts))

    @staticmethod
    def _may_heal(outcome: int | Failure, idempotent: bool) -> bool:
        certainly_not_accepted = outcome in (Failure.NOT_SENT, 429)
        may_have_been_accepted = outcome in (Failure.NO_ANSWER, 408, 500, 502, 503, 504)
        return certainly_not_accepted or (idempotent and may_have_been_accepted)


ONE_ATTEMPT = RetryPolicy(max_attempts=1)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Read a ``Retry-After`` header, seconds or HTTP date, as seconds from ``now``; None where there is none to honour.

    Where a service and a proxy both ask for a pause, the longer one counts.

    >>> parse_retry_after("120", datetime(2026, 1, 1, tzinfo=UTC))
    120.0
    >>> parse_retry_after("5, 7", datetime(2026, 1, 1, tzinfo=UTC))
    7.0
    >>> parse_retry_after("Thu, 01 Jan 2026 00:00:30 GMT", datetime(2026, 1, 1, tzinfo=UTC))
    30.0
    """
    text = (value or "").strip()
    numbers = [part.strip() for part in text.split(",")]
    if all(part.isascii() and part.isdigit() for part in numbers):
        return max(map(float, numbers))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - now).total_seconds(), 0.0)
