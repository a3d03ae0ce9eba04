"""The examples in the docstrings of the emulator are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import veza_emulator

MODULES = [
    module.name
    for module in pkgutil.walk_packages(veza_emulator.__path__, f"{veza_emulator.__name__}.")
    if not module.name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_a_modules_docstrings_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
