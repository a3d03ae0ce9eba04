"""A real Airflow of the interpreter's own version: its processes, its database, its REST API.

Nothing of the provider is imported here.
"""
