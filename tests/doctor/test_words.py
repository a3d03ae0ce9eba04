"""Which of the tenant's words a bug report shows."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.doctor import words
from airflow_provider_veza.doctor.words import Quoted, joined, redacted, spoken


@pytest.mark.parametrize("harmless", ["DONE", "IN_PROGRESS", "WORKING", "in_progress", "done", "3", "100", "HTTP 404"])
def test_names_of_states_and_small_numbers_are_shown(harmless: str) -> None:
    assert redacted(("It was ", Quoted(harmless), ".")) == f"It was {harmless}."


@pytest.mark.parametrize(
    "private",
    [
        "97792944-f673-4834-811b-2d2c741cd754",
        "arn:aws:s3:::acme-payroll-exports",
        "Amara Okafor",
        "kwYJKoZIhvcNAQ==",
        "12345678",
        "okta",
        "DONE since 12:00",
        "",
    ],
)
def test_whatever_else_the_tenant_says_is_shown_to_its_user_only(private: str) -> None:
    said = ("It was ", Quoted(private), ".")

    assert spoken(said) == f"It was {private}."
    assert redacted(said) == f"It was <{len(private)} characters>."


@given(st.text(min_size=1).filter(lambda text: not text.replace("_", "").isalpha() and not text.isdecimal()))
def test_no_text_that_could_be_an_id_or_a_sentence_passes(text: str) -> None:
    shown = redacted((Quoted(text),))

    assert shown == f"<{len(text)} characters>" or text.startswith("HTTP ")


def test_parts_are_joined_by_commas_and_stay_quoted() -> None:
    assert redacted(joined(("DONE", "Amara"))) == "DONE, <5 characters>"


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(words).failed == 0
