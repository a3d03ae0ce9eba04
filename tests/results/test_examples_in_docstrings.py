"""The examples in the docstrings of landed results are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

from airflow_provider_veza import results

MODULES = [module.name for module in pkgutil.walk_packages(results.__path__, f"{results.__name__}.")]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_a_modules_docstrings_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
