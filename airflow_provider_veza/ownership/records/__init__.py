"""Where a live query is remembered between attempts: files, Airflow's store, the registry of all; no meaning of a record.

That is decided in :mod:`airflow_provider_veza.async_query.record_states`.
"""

from __future__ import annotations
