"""What can go wrong with a real Airflow. Every message carries its evidence: the end of the logs that say why."""

from __future__ import annotations


class RealAirflowError(Exception):
    """Something around the real Airflow did not go as it must."""


class BootError(RealAirflowError):
    """Airflow did not come up, or cannot read its DAG files."""


class PostgresUnavailableError(RealAirflowError):
    """No PostgreSQL could be started; the message has the reason of each that was tried."""


class RedisUnavailableError(RealAirflowError):
    """No Redis could be started; the message has the reason of each that was tried."""


class ProcessEndedError(RealAirflowError):
    """A process that should be running has ended by itself."""


class WaitTimeoutError(RealAirflowError):
    """What was waited for did not happen in time."""


class UnexpectedEndError(RealAirflowError):
    """A DAG run or task ended in another state than the one waited for."""


class RestApiError(RealAirflowError):
    """Airflow's REST API refused a call."""
