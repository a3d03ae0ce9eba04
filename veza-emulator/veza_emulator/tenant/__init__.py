"""The state of one tenant over time: its runs, saved queries, custom providers, faults and switches; no HTTP framework enters."""

from __future__ import annotations
