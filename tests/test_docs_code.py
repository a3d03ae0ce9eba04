"""What README and docs show of this provider is so: names can be imported, arguments exist, and statements run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_provider_veza.operators.airflow_arguments import SensorArguments
from airflow_provider_veza.operators.checked import spelled_out
from airflow_provider_veza.operators.query import VezaQueryOperator
from tools.docs_site.code_blocks import Block, blocks

ROOT = Path(__file__).parents[1]
PAGES = {
    path.name: list(blocks(path.read_text("utf-8")))
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
PYTHON = {
    f"{name}:{block.line}": block for name, found in PAGES.items() for block in found if block.language == "python"
}
PACKAGES = ("airflow_provider_veza", "veza_emulator")
EVERYBODY = {"VezaQueryOperator": VezaQueryOperator}
"""A block may go on where the one before it has imported."""


def imports(block: Block) -> Iterator[tuple[str, str]]:
    """Yield the module and the name of each import of ours."""
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGES):
            yield from ((str(node.module), alias.name) for alias in node.names)


def operators_in(block: Block) -> Iterator[tuple[type, set[str]]]:
    """Yield each of our operators that a block makes, with the arguments it gives."""
    known: dict[str, Any] = EVERYBODY | {name: getattr(import_module(module), name) for module, name in imports(block)}
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.Call):
            maker = (
                node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr == "partial" else node.func
            )
            cls = known.get(getattr(maker, "id", ""))
            if isinstance(cls, type) and hasattr(cls, "template_fields"):
                yield cls, {keyword.arg for keyword in node.keywords if keyword.arg}


@pytest.mark.parametrize("place", PYTHON)
def test_what_a_block_imports_of_ours_is_there(place: str) -> None:
    assert [
        f"{module}.{name}" for module, name in imports(PYTHON[place]) if not hasattr(import_module(module), name)
    ] == []


@pytest.mark.parametrize("place", PYTHON)
def test_the_arguments_that_a_block_gives_exist(place: str) -> None:
    for cls, given in operators_in(PYTHON[place]):
        assert given - set(spelled_out(cls)) - SensorArguments.__annotations__.keys() == set(), cls.__name__


OF_A_LOGICAL_DATE = re.compile(
    r"\{\{[^}]*\b(ds|ds_nodash|ts|ts_nodash|ts_nodash_with_tz|logical_date|execution_date|data_interval_\w+|(prev|next|yesterday|"
    r"tomorrow)_\w+)\b"
)
SHOWN = [
    ROOT / "README.md",
    ROOT / "veza-emulator" / "README.md",
    *(ROOT / "docs").rglob("*.md"),
    *(path for path in (ROOT / "example_dags").rglob("*") if path.is_file() and path.suffix != ".pyc"),
    *(ROOT / "airflow_provider_veza").rglob("*.py"),
]


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_shown_runs_in_a_run_without_a_logical_date(path: Path) -> None:
    said = [line for line in path.read_text("utf-8").splitlines() if OF_A_LOGICAL_DATE.search(line)]
    assert [line for line in said if "has no logical date" not in line] == []


def test_blocks_are_looked_at() -> None:
    assert sum(1 for block in PYTHON.values() for _ in operators_in(block)) > 5


def test_the_statement_for_duckdb_joins_what_was_landed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (statement,) = (b.text for b in PAGES["recipe_join_in_engines.md"] if b.text.startswith("-- DuckDB"))
    (glob,) = re.findall(r"read_parquet\('(.+)'\)", statement)
    part = tmp_path / glob.replace("*", "00000-1f0c9a3e")
    part.parent.mkdir(parents=True)
    pairs = {"source_properties.login": ["ada", "bob"], "destination_properties.name": ["payroll", "payroll"]}
    pq.write_table(pa.table(pairs), part)
    (part.parent / "_manifest.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as engine:
        engine.execute(
            "CREATE TABLE employees AS SELECT * FROM (VALUES ('ada', 'sales'), ('bob', 'sales')) AS e(login, department)"
        )
        assert engine.execute(statement).fetchall() == [("sales", "payroll", 2)]
