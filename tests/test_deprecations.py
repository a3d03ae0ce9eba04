"""Code of this provider that uses something deprecated fails the tests; what others do among themselves is theirs to mend."""

from __future__ import annotations

import warnings

import pytest


def warn_from(module: str) -> None:
    warnings.warn_explicit("it goes away", DeprecationWarning, "a_file.py", 1, module=module)


@pytest.mark.parametrize(
    "module", ["airflow_provider_veza", "airflow_provider_veza.hooks.veza", "veza_emulator.emulator"]
)
def test_a_deprecation_in_our_code_is_an_error(module: str) -> None:
    with pytest.raises(DeprecationWarning):
        warn_from(module)


@pytest.mark.filterwarnings("default")
def test_a_deprecation_in_the_code_of_others_is_none() -> None:
    with pytest.warns(DeprecationWarning, match="goes away"):
        warn_from("somebody_else")
