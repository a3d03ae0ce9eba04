"""Decorators turn a function of a DAG file into a task; no lifecycle and no wire knowledge may enter."""
