"""The fenced code blocks of a page, and what is wrong with each by the grammar of its language; nothing is run here."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import dedent

import yaml

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w-]*)[^\n]*\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
_DIALECT = re.compile(r"-- (DuckDB|Snowflake|BigQuery|Spark)\b")


@dataclass(frozen=True)
class Block:
    """One fenced block; ``line`` is that of its fence, counted from 1."""

    language: str
    text: str
    line: int


def blocks(page: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page in Markdown."""
    for found in _FENCE.finditer(page):
        yield Block(found["language"], dedent(found["text"]), page.count("\n", 0, found.start()) + 1)


def problem(block: Block) -> str:
    """Return what is wrong with a block; empty where it is sound."""
    if block.language not in GRAMMARS:
        return f"no check for the language {block.language!r}; known are {', '.join(map(repr, GRAMMARS))}"
    try:
        GRAMMARS[block.language](block.text)
    except Exception as e:
        return f"{block.language}: {e}"
    return ""


def _python(text: str) -> None:
    compile(text, "a code block", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def _shell(text: str) -> None:
    checked = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, timeout=30, check=False)
    if checked.returncode:
        raise ValueError(checked.stderr.strip())


def _sql(text: str) -> None:
    import sqlglot

    dialect = _DIALECT.match(text)
    if not dialect:
        raise ValueError("the first line should name the engine: -- DuckDB, -- Snowflake, -- BigQuery or -- Spark")
    sqlglot.parse(text, dialect=dialect[1].lower(), error_level=sqlglot.ErrorLevel.RAISE)


def _anything(_: str) -> None:
    """Accept what has no grammar of its own: pictures, and ES|QL, for which no parser in Python is kept."""


GRAMMARS: dict[str, Callable[[str], object]] = {
    "": _shell,
    "sh": _shell,
    "python": _python,
    "json": json.loads,
    "yaml": yaml.safe_load,
    "toml": tomllib.loads,
    "sql": _sql,
    "ini": _anything,
    "esql": _anything,
    "mermaid": _anything,
    "text": _anything,
}
