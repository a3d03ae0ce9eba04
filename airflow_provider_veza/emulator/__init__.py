"""Forwards to the distribution `veza-emulator` (package `veza_emulator`); no code of the emulated tenant may enter."""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("veza_emulator") is None:
    how = "pip install 'airflow-provider-veza[emulator]' (the extra `emulator`)"
    raise ModuleNotFoundError(f"the emulated tenant is not installed: {how}", name=__name__)
