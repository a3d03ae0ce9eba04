"""What happens to every request around its endpoint: journal, faults, switches, credentials, errors; no endpoint by name."""

from __future__ import annotations
