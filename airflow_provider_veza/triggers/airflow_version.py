"""What of the trigger contract differs between Airflow versions; nothing else may ask for the version."""

from __future__ import annotations

from packaging.version import Version

from airflow import __version__ as airflow_version

_RELEASE = Version(Version(airflow_version).base_version)

HAS_TASK_SDK = Version("3.0.0") <= _RELEASE
"""Whether tasks and triggers talk to the Execution API; before, they read the database."""

CALLS_TRIGGER_ON_KILL = Version("3.3.0") <= _RELEASE
"""Whether the triggerer calls ``on_kill``; before, a kill is only a ``CancelledError``, as a restart is."""

HAS_TASK_STATE_STORE = Version("3.3.0") <= _RELEASE
"""Whether Airflow remembers a task's state over its attempts."""
