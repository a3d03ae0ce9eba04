"""Who answers for a query: attempts, submission, kills, cancels, records; no service's words, no rows."""

from __future__ import annotations
