"""What endpoints answer about queries, as JSON: states, tickets and pages as the switches want them; no HTTP framework enters."""

from __future__ import annotations
