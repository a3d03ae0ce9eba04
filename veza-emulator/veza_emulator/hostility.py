"""What a tenant does that means its callers harm, as choices by name; `variants` has a switch for each, all off by default."""

from __future__ import annotations

from enum import StrEnum


class PageMarks(StrEnum):
    """Whether a page says that more follow, by `has_more` and `next_page_token`."""

    PRESENT = "present"
    TEXT = "text"
    """`has_more` is the text "true" or "false"."""
    ABSENT = "absent"


class EndlessPages(StrEnum):
    """Whether pages go on for ever, each with a token of its own."""

    NONE = "none"
    WITH_ROWS = "with_rows"
    WITHOUT_ROWS = "without_rows"


class Counts(StrEnum):
    """What `row_count` and `number_value` are."""

    USUAL = "usual"
    NEGATIVE = "negative"
    UNDERSCORED = "underscored"
    FRACTION = "fraction"
    BOOLEAN = "boolean"
    ENDLESS_DIGITS = "endless_digits"
    """A text of 5,000 digits, more than Python reads as a number."""

    @property
    def value_in_place(self) -> int | str | float | bool | None:
        """What stands in the place of every count; None where the count itself does."""
        return _IN_PLACE_OF_COUNTS.get(self)


_IN_PLACE_OF_COUNTS: dict[Counts, int | str | float | bool] = {
    Counts.NEGATIVE: -5,
    Counts.UNDERSCORED: "1_000",
    Counts.FRACTION: 1.9,
    Counts.BOOLEAN: True,
    Counts.ENDLESS_DIGITS: "9" * 5_000,
}


class Drip(StrEnum):
    """Which part of an answer comes one byte at a time and never ends; the request is executed first."""

    NONE = "none"
    HEADERS = "headers"
    BODY = "body"


class EchoedCredential(StrEnum):
    """In which form a refusal quotes the credential that the request came with."""

    NONE = "none"
    PLAIN = "plain"
    BASIC = "basic"
    """As HTTP Basic credentials have it: base64 of `user:password`."""
    URL_ENCODED = "url_encoded"


class EndlessBody(StrEnum):
    """Whether the body of an answer goes on for as long as it is read; the request is executed first."""

    NONE = "none"
    PLAIN = "plain"
    GZIP = "gzip"
    """Compressed, about a thousand times smaller than what comes of it."""
