"""One meaning for each word: what a module is called, and what its first sentence says."""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import airflow_provider_veza
import veza_emulator


def modules_of(package: Path) -> dict[str, Path]:
    """Return where each module of a package is."""
    return {
        ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(package.rglob("*.py"))
    }


PACKAGE = Path(airflow_provider_veza.__file__).parent
PROVIDERS = modules_of(PACKAGE)
MODULES = PROVIDERS | modules_of(Path(veza_emulator.__file__).parent)
PARALLEL_ROOMS = {
    "base.py": {"hooks", "sensors"},
    "esql.py": {"hooks", "operators", "sensors", "services"},
    "handle.py": {"async_query", "operators"},
    "query.py": {"links", "operators", "sensors"},
}
"""Names that stand in several rooms by design: the same job for each of the two services, or for each kind of client."""


OF_EVERYBODY_WHO_IS_ASKED = {"Answer"}
"""What came back: of Airflow, a service, a server or a storage; each has a form of its own."""
ROOM_OF_ITS_OWN_WORDS = "doctor"
"""Nothing else imports it."""


NOT_PURE = {
    "asyncio",
    "os",
    "random",
    "requests",
    "secrets",
    "shutil",
    "socket",
    "tempfile",
    "threading",
    "time",
    "uuid",
}


def document(path: Path) -> str:
    """Return a module's own documentation."""
    return ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""


def head(path: Path) -> str:
    """Return how a module's documentation opens, on one line."""
    return " ".join(document(path).split("\n\n", 1)[0].split())


def links(path: Path) -> Iterator[str]:
    """Yield the names of the modules that a module's documentation leads to."""
    yield from re.findall(r":mod:`~?([^`]+)`", document(path))


def names(path: Path) -> Iterator[str]:
    """Yield every name that a module's code gives or uses."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        for field in ("id", "name", "arg", "attr"):
            if isinstance(name := getattr(node, field, None), str):
                yield name


def types_in(path: Path) -> Iterator[str]:
    """Yield the names of the classes and of the types that a module gives to others."""
    for node in ast.parse(path.read_text("utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
        for name in (getattr(one, "name", getattr(one, "id", "")) for one in targets):
            if re.match("[A-Z][a-z]", name):
                yield name


def asks_of_the_machine(path: Path) -> Iterator[str]:
    """Yield by what a module learns what none of its arguments says: the time, chance, files, other processes."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Import(names):
                yield from (one.name for one in names if one.name.partition(".")[0] in NOT_PURE)
            case ast.ImportFrom(str(module)) if module.partition(".")[0] in NOT_PURE:
                yield module
            case ast.Attribute(ast.Name("datetime" | "date"), "now" | "today" | "utcnow"):
                yield ast.unparse(node)


def leads_somewhere(link: str, module: str) -> bool:
    """Whether a link is the name of a neighbour, the end of one module's name, or a module of the standard library."""
    name = link.removeprefix(".")
    room = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    ends = [known for known in MODULES if f".{known}".endswith(f".{name}")]
    return f"{room}.{name}" in MODULES or len(ends) == 1 or name in sys.stdlib_module_names


def test_no_two_modules_have_one_name_but_in_parallel_rooms() -> None:
    rooms = defaultdict(set)
    for path in PROVIDERS.values():
        if not path.name.startswith("__"):
            rooms[path.name].add(path.parent.relative_to(PACKAGE).as_posix())

    by_chance = {
        name: found for name, found in rooms.items() if len(found) > 1 and not found <= PARALLEL_ROOMS.get(name, set())
    }

    assert by_chance == {}


def test_no_two_types_have_one_name() -> None:
    modules = defaultdict(list)
    for module, path in PROVIDERS.items():
        if path.parent.name != ROOM_OF_ITS_OWN_WORDS:
            for name in types_in(path):
                modules[name].append(module)

    assert {name for name, found in modules.items() if len(found) > 1} == OF_EVERYBODY_WHO_IS_ASKED


@pytest.mark.parametrize("module", MODULES)
def test_a_module_opens_with_what_belongs_in_it_and_names_its_neighbours(module: str) -> None:
    path = MODULES[module]

    assert head(path).endswith((".", ".)")), "a sentence"
    assert not re.search(r"\b(elsewhere|not (told |decided |kept )?here)\W*$", head(path)), "say where, by a link"
    assert [link for link in links(path) if not leads_somewhere(link, module)] == []


@pytest.mark.parametrize("module", [module for module, path in MODULES.items() if re.search(r"\bpure\b", head(path))])
def test_what_calls_itself_pure_learns_nothing_but_from_its_arguments(module: str) -> None:
    assert list(asks_of_the_machine(MODULES[module])) == []


@pytest.mark.parametrize("module", MODULES)
def test_a_query_is_called_a_query(module: str) -> None:
    assert [name for name in (module, *names(MODULES[module])) if "question" in name.lower()] == []
