"""The contributors' page shows the house as it is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "airflow_provider_veza"
PAGE = (ROOT / "docs" / "contributing.md").read_text("utf-8")
FOLDERS = (f"{PACKAGE}/", ".github/", "CHANGELOG.md", "docs/", "tests/", "tools/", "veza-emulator/", "pyproject.toml")


def layers() -> list[list[str]]:
    """Return the rooms that import-linter knows, from the highest down; those of one layer do not know each other."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    ours = next(one for one in contracts if one["type"] == "layers" and one["layers"][0].startswith(PACKAGE))
    return [[room.strip().removeprefix(f"{PACKAGE}.") for room in layer.split("|")] for layer in ours["layers"]]


def picture() -> str:
    """Return the rooms in Mermaid's words: a box for each layer, and what it may import below it."""
    boxes = [f'    layer{n}["{" | ".join(rooms)}"]' for n, rooms in enumerate(layers(), 1)]
    arrows = " --> ".join(f"layer{n}" for n in range(1, len(boxes) + 1))
    return "\n".join(["```mermaid", "flowchart TD", *boxes, f"    {arrows}", "```"])


def table() -> str:
    """Return each room with its own first sentence."""
    return "\n".join(f"| `{room}` | {first_sentence(room)} |" for rooms in layers() for room in rooms)


def first_sentence(room: str) -> str:
    package = ROOT / PACKAGE / room
    module = package / "__init__.py" if package.is_dir() else package.with_suffix(".py")
    return module.read_text("utf-8").split('"""')[1].strip().partition("\n")[0]


def paths() -> list[str]:
    return sorted(set(re.findall(r"`([\w/.-]+(?:/|\.(?:py|md|toml|yml)))`", PAGE)))


@pytest.mark.parametrize("shown", [picture, table])
def test_the_rooms_are_those_of_the_contract_from_above_to_below(shown: Callable[[], str]) -> None:
    assert shown() in PAGE, f"docs/contributing.md should hold:\n{shown()}"


def test_the_readme_names_the_rooms_in_the_same_order() -> None:
    assert " -> ".join(", ".join(rooms) for rooms in layers()) in (ROOT / "README.md").read_text("utf-8")


def test_every_room_is_in_the_contract() -> None:
    rooms = {init.parent.name for init in (ROOT / PACKAGE).glob("*/__init__.py")}
    assert rooms - {"emulator"} <= {room for layer in layers() for room in layer}


@pytest.mark.parametrize("path", paths())
def test_each_file_that_the_page_names_is_there(path: str) -> None:
    base = ROOT if path.startswith(FOLDERS) else ROOT / PACKAGE
    assert (base / path).exists()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("services/veza_cache.py", "CACHE_MODES"),
        ("services/veza_errors.py", "absence"),
        ("services/esql_errors.py", "meaning_of"),
        ("operators/arguments.py", "CacheModeName"),
        ("operators/arguments.py", "OutputFormat"),
        ("operators/arguments.py", "RULES"),
        ("results/formats/known_formats.py", "FORMATS"),
        ("async_query/service.py", "QueryService"),
    ],
)
def test_each_name_that_the_page_gives_is_defined_where_it_says(path: str, name: str) -> None:
    assert f"`{name}`" in PAGE
    assert re.search(rf"^(?:def |class )?{name}\b", (ROOT / PACKAGE / path).read_text("utf-8"), re.MULTILINE)


def words() -> list[tuple[str, str]]:
    """Return, of each word that the page explains, the name and the module that it stands in."""
    return re.findall(r"\| `(\w+)` in `([\w/]+\.py)` \|$", PAGE, re.MULTILINE)


def test_each_word_is_explained_once_and_says_where_it_stands() -> None:
    rows = re.findall(r"^\| ([a-z]+) \| .+ \|$", PAGE, re.MULTILINE)
    explained = [word for word in rows if word != "word"]

    assert len(explained) == len(set(explained)) == len(words()) > 0


@pytest.mark.parametrize(("name", "path"), words())
def test_each_word_stands_where_the_page_says(name: str, path: str) -> None:
    code = (ROOT / PACKAGE / path).read_text("utf-8")
    assert re.search(rf"^ *(?:(?:async )?def |class )?{name}\b", code, re.MULTILINE)
