"""Sensors wait for queries of others and own none."""

from __future__ import annotations
