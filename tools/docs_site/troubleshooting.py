"""The page of all errors, from exceptions.py and from every place in the code that makes one."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from inspect import getdoc, isclass
from pathlib import Path

from airflow_provider_veza import exceptions
from airflow_provider_veza.exceptions import AsyncQueryError
from tools.docs_site.markdown import from_docstring

INTRODUCTION = """\
# Errors, and what each asks of you

Every error of this provider, as the task log names it, with the messages that the code has for it; `…` stands for what
differs from time to time. A message says the cause first, then the query's state and what the next retry does; ids and
places come last, in brackets.

**Retry** says whether the same attempt, made later, may succeed. Where it says no, the task fails without Airflow's retries,
since only an edit, a right or a person helps.
"""
_LONGEST = 300
_FEWEST_LETTERS = 15
"""Less is no message but a part of one."""


def troubleshooting_page(package: Path) -> str:
    """Return the page in Markdown."""
    said = messages(package)
    return "\n".join([INTRODUCTION, *(line for error, depth in tree() for line in _entry(error, depth, said))])


def tree(root: type[AsyncQueryError] = AsyncQueryError, depth: int = 0) -> Iterator[tuple[type[AsyncQueryError], int]]:
    """Yield each error below the root in the order of exceptions.py, with how deep it stands."""
    for cls in vars(exceptions).values():
        if isclass(cls) and issubclass(cls, AsyncQueryError) and root in cls.__bases__:
            yield cls, depth
            yield from tree(cls, depth + 1)


def messages(package: Path) -> Mapping[str, list[str]]:
    """Return the texts that the code gives each error, as far as they stand where it is made."""
    said: dict[str, list[str]] = defaultdict(list)
    for path in sorted(package.rglob("*.py")):
        module = ast.parse(path.read_text("utf-8"))
        for maker, call in _makers(module):
            if call.args and (text := _text(call.args[0])) and text not in said[maker]:
                said[maker].append(text)
    return said


def _makers(module: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Yield each call that makes an error; in exceptions.py, the one by which a class makes its own message."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and _is_error(node.func.id):
            yield node.func.id, node
        if isinstance(node, ast.ClassDef) and _is_error(node.name):
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "__init__":
                    yield node.name, call


def _is_error(name: str) -> bool:
    cls = getattr(exceptions, name, None)
    return isclass(cls) and issubclass(cls, AsyncQueryError)


def _text(node: ast.expr) -> str:
    """Return a literal text, with `…` for each placeholder; empty where too little of it stands there."""
    match node:
        case ast.Constant(value=str(text)):
            shown = text
        case ast.JoinedStr(values=parts):
            shown = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
        case _:
            return ""
    return shown if sum(letter.isalpha() for letter in shown) > _FEWEST_LETTERS else ""


def _entry(error: type[AsyncQueryError], depth: int, said: Mapping[str, list[str]]) -> Iterator[str]:
    yield f"{'#' * (depth + 2)} {error.__name__}\n"
    yield from_docstring((getdoc(error) or "").partition("\n\n:param")[0]) + "\n"
    yield f"**Retry**: {'may succeed' if error.heals else 'no'}\n"
    for text in said.get(error.__name__, ()):
        yield f"- {_quoted(text)}"
    yield ""


def _quoted(text: str) -> str:
    """Return a message as one line of code in Markdown."""
    line = " ".join(text.split())
    short = line if len(line) <= _LONGEST else line[:_LONGEST].rpartition(" ")[0] + " …"
    return f"`` {short} ``"
