"""Waiting and resuming with real Airflow processes, whose rows of deferred tasks the rig writes itself; nothing is patched."""
