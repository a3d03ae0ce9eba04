"""Forwards the command `python -m airflow_provider_veza.emulator`."""

from __future__ import annotations

from veza_emulator.__main__ import main as main

if __name__ == "__main__":
    main()
