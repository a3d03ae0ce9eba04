"""The lifecycle of an asynchronous query as pure decisions: no HTTP library, no Airflow, no clock, no randomness."""

from __future__ import annotations
