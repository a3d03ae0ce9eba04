"""Sections, links and docstrings become what the site shows."""

from __future__ import annotations

import pytest

from tools.docs_site.markdown import from_docstring, relinked, section, slug

PAGE = """\
# One

## Two

text

```sh
# no heading
```

### Three

[a](b.md) `[c](d.md)`

## Four
"""


def test_a_section_ends_at_the_next_heading_of_its_level_and_code_has_no_headings() -> None:
    assert section(PAGE, "Two").splitlines()[0] == "text"
    assert "# no heading" in section(PAGE, "Two")
    assert "Four" not in section(PAGE, "Two")


def test_the_headings_of_a_section_move_up_as_far_as_the_section_does() -> None:
    assert "\n## Three\n" in section(PAGE, "Two")


def test_a_heading_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="no heading"):
        section(PAGE, "no heading")


def test_links_are_replaced_outside_of_blocks() -> None:
    page = "[a](b.md)\n\n```python\nx = f()[0](b.md)\n```\n"
    assert relinked(page, str.upper) == page.replace("[a](b.md)", "[a](B.MD)")


@pytest.mark.parametrize(
    ("docstring", "shown"),
    [
        ("See :class:`~.async_query.polling.PollSchedule`.", "See `PollSchedule`."),
        ("Reads ``a`` and ``b``.", "Reads `a` and `b`."),
        ("Do:\n\n.. code-block:: python\n\n    x = ``1``\n\n    y = 2\n", "Do:\n\n```python\nx = ``1``\n\ny = 2\n```"),
    ],
)
def test_a_docstring_becomes_markdown(docstring: str, shown: str) -> None:
    assert from_docstring(docstring) == shown


def test_an_anchor_is_made_as_the_generator_makes_it() -> None:
    assert slug("One rule, and Airflow's answer") == "#one-rule-and-airflows-answer"
