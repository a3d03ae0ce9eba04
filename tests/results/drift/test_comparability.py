"""Two results are compared only where the comparison means something."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_veza.async_query.layout import RowLayout
from airflow_provider_veza.exceptions import ArgumentError, BaselineError
from airflow_provider_veza.results.drift.comparability import DriftWishes, agreed_rule
from airflow_provider_veza.services.veza_layout import LAYOUT
from support.landed_nights import Nights, path, user

NO_WISHES = DriftWishes()
NODE = ("type", "id")
PAIR = ("source_type", "source_id", "destination_type", "destination_id")


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize(("row", "identity"), [(user("u1"), NODE), (path("u1", "b"), PAIR)], ids=["node", "pair"])
def test_rows_say_what_they_are_about(
    tmp_path: Path, form: str, row: dict[str, object], identity: tuple[str, ...]
) -> None:
    nights = Nights(str(tmp_path), form)

    assert agreed_rule(nights.land([row]), nights.land([row]), NO_WISHES).identity == identity


def test_an_empty_result_is_about_what_the_other_is(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path))

    assert agreed_rule(nights.land([]), nights.land([user("u1")]), NO_WISHES).identity == NODE
    assert agreed_rule(nights.land([]), nights.land([]), NO_WISHES).identity in LAYOUT.identities


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_empty_table_whose_columns_are_known_is_about_what_the_other_is(tmp_path: Path, form: str) -> None:
    nights, asked = Nights(str(tmp_path), form), ["id", "type", "properties.name"]
    quiet, usual = nights.land([], select=asked), nights.land([user("u1")], select=asked)

    assert [agreed_rule(*pair, NO_WISHES).identity for pair in ((quiet, usual), (usual, quiet), (quiet, quiet))] == [
        NODE
    ] * 3


def test_a_key_replaces_the_columns_that_the_layout_declares(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path))
    wishes = DriftWishes(key=("properties.name",))

    assert agreed_rule(nights.land([user("u1")]), nights.land([user("u1")]), wishes).identity == wishes.key


def test_a_key_that_the_rows_do_not_have_is_refused_with_what_they_have(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path), "parquet")

    with pytest.raises(ArgumentError, match=r"not \['uuid'\].* They have id, properties.name, risk_level, type"):
        agreed_rule(nights.land([user("u1")]), nights.land([user("u1")]), DriftWishes(key=("uuid",)))


def test_rows_of_a_service_without_declared_identities_need_a_key(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path), layout=RowLayout())

    with pytest.raises(ArgumentError, match="Name some of those with key="):
        agreed_rule(nights.land([{"user": "u1"}]), nights.land([{"user": "u1"}]), NO_WISHES)


def test_a_table_is_not_compared_with_rows_as_they_were_sent(tmp_path: Path) -> None:
    sent = Nights(str(tmp_path / "a")).land([user("u1")])
    table = Nights(str(tmp_path / "b"), "csv").land([user("u1")])

    with pytest.raises(BaselineError, match="was landed as 'csv', the current result as 'jsonl'"):
        agreed_rule(sent, table, NO_WISHES)


def test_tables_with_other_chosen_columns_are_not_compared(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path), "csv")
    before = nights.land([user("u1")], select=["type", "id"])

    with pytest.raises(BaselineError, match=r"columns=\['type', 'id'\], the current result with columns=None"):
        agreed_rule(nights.land([user("u1")]), before, NO_WISHES)


def test_tables_with_the_same_chosen_columns_in_another_order_are_compared(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path), "csv")
    before = nights.land([user("u1")], select=["type", "id"])

    assert agreed_rule(nights.land([user("u1")], select=["id", "type"]), before, NO_WISHES).identity == ("type", "id")


def test_asking_for_what_is_to_be_ignored_is_refused(tmp_path: Path) -> None:
    nights, both = Nights(str(tmp_path)), frozenset({"risk_level"})

    with pytest.raises(ArgumentError, match="also_compare and ignore_properties both name risk_level"):
        agreed_rule(nights.land([user("u1")]), nights.land([user("u1")]), DriftWishes(None, both, both))


def test_what_is_volatile_is_ignored_and_what_the_task_adds_but_not_what_it_asks_for(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path))
    wishes = DriftWishes(ignore_properties=frozenset({"updated_at"}), also_compare=frozenset({"risk_level"}))

    ignored = agreed_rule(nights.land([user("u1")]), nights.land([user("u1")]), wishes).ignored

    assert ignored == (LAYOUT.volatile | {"updated_at"}) - {"risk_level"}


def test_asking_for_what_is_compared_anyway_is_refused_as_a_slip(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path))

    with pytest.raises(ArgumentError, match="also_compare names risk_lvel, which is compared anyway"):
        agreed_rule(
            nights.land([user("u1")]), nights.land([user("u1")]), DriftWishes(also_compare=frozenset({"risk_lvel"}))
        )


def test_columns_that_have_two_types_are_compared_as_text_but_for_numbers_and_nothing(tmp_path: Path) -> None:
    nights = Nights(str(tmp_path), "csv")
    before = nights.land([user("u1", a=1, b=1, c=None, d="x"), user("u2", a="1", b=0.5, c=None, d="x")])
    now = nights.land([user("u1", a=1, b=1, c=1, d="x")])

    assert agreed_rule(now, before, NO_WISHES).as_text == {"properties.a"}
