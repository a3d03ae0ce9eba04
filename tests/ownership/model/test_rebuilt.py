"""Each double of a module knows whatever the code that it is put under takes from that module, on seldom paths too."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from ownership.model.rebuilt import rebuild
from ownership.model.world import Rules, World


class _Recorder(pytest.MonkeyPatch):
    """Keeps which modules were replaced, and where."""

    def __init__(self) -> None:
        super().__init__()
        self.doubles: list[tuple[ModuleType, str, Any]] = []

    def setattr(self, target: Any, name: Any, value: Any = ..., raising: bool = True) -> None:
        if isinstance(getattr(target, name), ModuleType):
            self.doubles.append((target, name, value))
        super().setattr(target, name, value, raising)


@pytest.fixture
def recorder() -> Iterator[_Recorder]:
    recorder = _Recorder()
    yield recorder
    recorder.undo()


def taken_from(name: str, module: ModuleType) -> set[str]:
    """Return the attributes of that name which the source of a module speaks of."""
    tree = ast.parse(inspect.getsource(module))
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name))
    return {node.attr for node in found if node.value.id == name}  # type: ignore[attr-defined]


@pytest.mark.parametrize("rules", Rules)
def test_a_double_has_all_that_is_taken_from_its_module(recorder: _Recorder, rules: Rules) -> None:
    rebuild(recorder, World(rules))
    assert len(recorder.doubles) > 5
    lacking = {
        (module.__name__, f"{name}.{attribute}")
        for module, name, double in recorder.doubles
        for attribute in taken_from(name, module)
        if not hasattr(double, attribute)
    }
    assert not lacking
