"""Markdown, and what docstrings are written in, as texts: sections, links, roles. It reads no file."""

from __future__ import annotations

import re
from collections.abc import Callable
from textwrap import dedent

_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_FENCED = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<=\]\()([^)\s]+)(?=\))")
_ROLE = re.compile(r":(?:class|func|meth|mod|data|attr|exc):`~?\.?([^`]+)`")
_LITERAL = re.compile(r"``([^`]+)``")
_CODE = re.compile(r"\.\. code-block:: (\w+)\n\n((?:(?: +[^\n]*)?\n?)+)")


def section(page: str, heading: str) -> str:
    """Return what stands under a heading, with its subsections one level lower than they were.

    :raises ValueError: where there is no such heading.
    """
    fences = [found.span() for found in _FENCED.finditer(page)]
    headings = [found for found in _HEADING.finditer(page) if not any(a <= found.start() < b for a, b in fences)]
    for number, found in enumerate(headings):
        if found[2] == heading:
            rest = (later for later in headings[number + 1 :] if len(later[1]) <= len(found[1]))
            end = next((later.start() for later in rest), len(page))
            return _raised(page[found.end() : end].strip() + "\n", len(found[1]) - 1)
    raise ValueError(f"there is no heading {heading!r}")


def _raised(text: str, levels: int) -> str:
    """Return the text with each heading that many levels higher."""
    return _outside_fences(text, lambda part: re.sub(rf"^#{{{levels}}}(#+ )", r"\1", part, flags=re.MULTILINE))


def relinked(page: str, link: Callable[[str], str]) -> str:
    """Return a page with the target of each link replaced, but for those in code."""
    return _outside_fences(page, lambda part: _LINK.sub(lambda found: link(found[1]), part))


def _outside_fences(text: str, change: Callable[[str], str]) -> str:
    parts, at = [], 0
    for fence in _FENCED.finditer(text):
        parts += [change(text[at : fence.start()]), fence[0]]
        at = fence.end()
    return "".join([*parts, change(text[at:])])


def from_docstring(text: str) -> str:
    """Return a docstring's text as Markdown: roles and literals as code, code blocks fenced."""
    fenced = _CODE.sub(lambda found: f"```{found[1]}\n{dedent(found[2]).strip()}\n```\n\n", text)
    return _outside_fences(fenced, lambda part: _LITERAL.sub(r"`\1`", _ROLE.sub(_last_name, part))).strip()


def _last_name(role: re.Match[str]) -> str:
    return f"`{role[1].rpartition('.')[2]}`"


def slug(heading: str) -> str:
    """Return the anchor of a heading, as GitHub and the generator make it."""
    return "#" + re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
