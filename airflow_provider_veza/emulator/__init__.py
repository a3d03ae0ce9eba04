"""A Veza tenant on loopback; stands apart: nothing of the provider may enter but its version."""

from __future__ import annotations
