"""Builds the documentation site from docs/, README.md, example_dags/ and the code's own docstrings; it changes none of them."""

from __future__ import annotations
