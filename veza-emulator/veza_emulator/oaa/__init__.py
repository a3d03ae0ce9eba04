"""Veza's Open Authorization API: custom providers, and what is pushed to them as nodes of the tenant; no query enters."""

from __future__ import annotations
