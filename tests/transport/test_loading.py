"""A client's library is loaded by a thread, while other threads of a triggerer load the same one, or one that needs it.

Where two threads would wait for each other for ever, Python lets one go on with a module that is half loaded.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
TRANSPORT = TESTS.parent / "airflow_provider_veza" / "transport"
LOADED_BY_THREADS = ("aiohttp", "elastic_transport", "elasticsearch", "requests")


@pytest.mark.parametrize(
    ("library", "stopped", "going"),
    [
        ("aiohttp", "others", "veza"),
        ("requests", "others", "veza"),
        ("requests", "esql", "veza"),
    ],
)
def test_a_client_is_made_wherever_another_thread_is_in_its_load(library: str, stopped: str, going: str) -> None:
    command = [sys.executable, "-m", "transport.two_loads", library, stopped, going]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=False)
    places, *failures = done.stdout.splitlines() or [done.stderr]
    assert failures == [], done.stdout
    assert int(places) > 10


def imports(path: Path) -> Iterator[tuple[int, str, bool]]:
    """Yield the line, the module and whether it is a whole package, of all imports that are carried out."""
    tree = ast.parse(path.read_text("utf-8"))
    never = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and node not in never:
            yield from ((node.lineno, alias.name, "." not in alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node not in never:
            yield node.lineno, node.module or "", "." not in (node.module or "")


@pytest.mark.parametrize("path", sorted(TRANSPORT.glob("*.py")), ids=lambda path: path.name)
def test_a_library_is_loaded_before_a_module_inside_it(path: Path) -> None:
    found = list(imports(path))
    whole = {name: line for line, name, is_whole in sorted(found, reverse=True) if is_whole}
    inside = [(line, name) for line, name, _ in found if "." in name and name.partition(".")[0] in LOADED_BY_THREADS]
    assert [name for line, name in inside if whole.get(name.partition(".")[0], line) >= line] == []
