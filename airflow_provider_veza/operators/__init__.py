"""Operators a DAG author touches; they map arguments to the lifecycle and hold no wire knowledge."""

from __future__ import annotations
