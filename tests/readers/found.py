"""Which functions of the provider read what others wrote, found in its source.

A reader takes a ``Response`` or an Airflow connection, is called ``from_json``, or stands in a module that decodes text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import airflow_provider_veza

PACKAGE = Path(airflow_provider_veza.__file__).parent
ROOMS = ("async_query", "services", "transport", "hooks", "triggers", "operators", "pages", "doctor")
FOREIGN = ("Response", "AirflowConnection")
DECODERS = (
    "loads",
    "Decoder",
    "safe_load",
    "literal_eval",
    "value_of",
    "value_in",
    "parsedate_to_datetime",
    "fromisoformat",
)


def readers_in_the_code(*, everything: bool = False) -> set[str]:
    """Return the readers' names.

    :param everything: return all functions instead, to see which are gone.
    """
    return {name for path in _modules() for name in _in_module(path, everything=everything)}


def _modules() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((PACKAGE / room).rglob("*.py"))
    # Below it are formats and drift, which read parts only by way of results/reading.py.
    yield from sorted((PACKAGE / "results").glob("*.py"))


def _in_module(path: Path, *, everything: bool) -> Iterator[str]:
    module, tree = ".".join(path.relative_to(PACKAGE).with_suffix("").parts), ast.parse(path.read_text())
    functions = list(_functions(tree, module))
    yield from (name for name, function in functions if everything or _reads(function))
    if not any(_reads(function) for _, function in functions) and any(map(_decodes, ast.walk(tree))):
        yield module


def _functions(node: ast.AST, above: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{above}.{child.name}")
        elif isinstance(child, ast.FunctionDef):
            yield f"{above}.{child.name}", child


def _reads(function: ast.FunctionDef) -> bool:
    annotations = {ast.unparse(a.annotation) for a in function.args.args if a.annotation is not None}
    if function.name == "__init__":
        return False
    return function.name == "from_json" or not annotations.isdisjoint(FOREIGN)


def _decodes(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in DECODERS
