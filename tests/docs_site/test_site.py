"""The site holds every public class, every error, every drill; its menu every page; its code blocks are code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from airflow_provider_veza import exceptions
from airflow_provider_veza.exceptions import AsyncQueryError
from tools.docs_site.__main__ import problems
from tools.docs_site.code_blocks import Block, problem
from tools.docs_site.drilled import drill_rows, drill_table
from tools.docs_site.reference import reference_pages
from tools.docs_site.site import REPOSITORY, Site, check_menu, written_site
from tools.docs_site.troubleshooting import messages, tree, troubleshooting_page

DOCS = REPOSITORY / "docs"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written_site(REPOSITORY, tmp_path_factory.mktemp("site")).parent / "pages"


def test_every_code_block_of_every_page_is_sound(pages: Path) -> None:
    assert problems(pages) == []


def test_no_directive_is_left_in_a_page(pages: Path) -> None:
    assert [
        page.name for page in pages.rglob("*.md") if re.search("^<!-- (include|drills|looks)", page.read_text(), re.M)
    ] == []


def test_every_drill_belongs_to_a_promise(pages: Path) -> None:
    shown = "\n".join(page.read_text("utf-8") for page in pages.glob("promise_*.md")).splitlines()
    assert [row for row in drill_rows((DOCS / "drills.md").read_text("utf-8")) if row not in shown] == []


def test_every_error_has_its_entry() -> None:
    page = troubleshooting_page(REPOSITORY / "airflow_provider_veza")
    errors = {cls for cls in vars(exceptions).values() if isinstance(cls, type) and issubclass(cls, AsyncQueryError)}
    assert {error for error, _ in tree()} == errors - {AsyncQueryError}
    assert set(re.findall(r"^#+ (\w+)$", page, re.MULTILINE)) == {error.__name__ for error, _ in tree()}


def test_whoever_is_on_call_finds_each_error_or_the_kind_that_it_is_of() -> None:
    named = set(re.findall(r"`(\w+Error)`", (DOCS / "on_call.md").read_text("utf-8")))

    assert [
        cls.__name__
        for cls, _ in tree()
        if not cls.__subclasses__() and named.isdisjoint(base.__name__ for base in cls.__mro__)
    ] == []
    assert named <= {cls.__name__ for cls, _ in tree()}


def test_an_error_is_listed_with_the_messages_of_all_places_that_make_it(tmp_path: Path) -> None:
    (tmp_path / "some.py").write_text('raise ArgumentError(f"{name} must be positive, not {value}; nothing was sent.")')
    assert messages(tmp_path) == {"ArgumentError": ["… must be positive, not …; nothing was sent."]}


def test_each_class_of_the_reference_describes_each_argument_with_type_and_default() -> None:
    query = next(page for page in reference_pages(REPOSITORY) if page.title == "VezaQueryOperator")
    assert "`veza_conn_id`: `str` = `'veza_default'`\n:   Airflow connection" in query.text
    assert "`Duration`\n:   `timedelta" in query.text
    assert query.text.count("```python") == 2


@pytest.mark.parametrize(
    ("language", "text", "wrong"),
    [
        ("python", "x = ", "invalid syntax"),
        ("sh", "if true", "syntax error"),
        ("json", "{", "Expecting"),
        ("yaml", "a: b: c", "mapping values"),
        ("sql", "SELECT 1", "should name the engine"),
        ("sql", "-- DuckDB\nSELECT FROM FROM", "Expect"),
        ("rust", "fn main() {}", "no check for the language"),
    ],
)
def test_a_block_that_is_no_code_of_its_language_is_a_problem(language: str, text: str, wrong: str) -> None:
    assert wrong in problem(Block(language, text, 1))


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("docs/landing.md#formats", "landing.md#formats"),
        ("example_dags", "blob/main/example_dags"),
        ("https://www.veza.com/", "https://www.veza.com/"),
        ("#what-is-not-known", "unknowns.md"),
        ("#every-wait-has-an-end", "connection.md#every-wait-has-an-end"),
    ],
)
def test_a_link_of_the_readme_leads_to_the_page_that_shows_it(target: str, leads_to: str) -> None:
    assert Site(REPOSITORY).link(target, REPOSITORY / "README.md").endswith(leads_to)


def test_a_link_to_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="not there"):
        Site(REPOSITORY).link("nowhere.py", REPOSITORY / "README.md")


@pytest.mark.parametrize("pages", [{"a.md"}, {"a.md", "b.md", "c.md"}])
def test_a_menu_holds_exactly_the_pages(pages: set[str]) -> None:
    with pytest.raises(ValueError, match="not"):
        check_menu([{"A": "a.md"}, {"More": [{"B": "b.md"}]}], pages)


def test_a_promise_without_a_drill_is_an_error() -> None:
    with pytest.raises(ValueError, match="flood"):
        drill_table((DOCS / "drills.md").read_text("utf-8"), "triggerer; flood")
