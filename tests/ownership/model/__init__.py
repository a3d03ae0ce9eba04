"""A model check of who answers for a query: the provider's own code, in a world where every step waits for its turn."""

from __future__ import annotations
