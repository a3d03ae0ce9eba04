"""Who answers for a query between the attempts of a task, and where that is remembered; no service's words, no rows."""

from __future__ import annotations
