"""Triggers wait in the triggerer: no row passes through them, and nothing in them blocks the event loop."""

from __future__ import annotations
