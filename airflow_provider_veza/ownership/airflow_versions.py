"""What differs between Airflow versions where a query's owner is concerned, and every call that is not public there.

Nothing else may ask for the version.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import conf
from packaging.version import Version

from airflow import __version__ as airflow_version

_RELEASE = Version(Version(airflow_version).base_version)

HAS_TASK_SDK = Version("3.0.0") <= _RELEASE
"""Whether tasks and triggers talk to the Execution API; before, they read the database."""

CALLS_TRIGGER_ON_KILL = Version("3.3.0") <= _RELEASE
"""Whether the triggerer calls ``on_kill``; before, a kill is only a ``CancelledError``, as a restart is."""

HAS_TASK_STATE_STORE = Version("3.3.0") <= _RELEASE
"""Whether Airflow remembers a task's state over its attempts."""

UNUSED_KEY = "veza_unused"
_DEFAULT_HEARTBEAT_TIMEOUT = 300.0


def channel_is_held() -> bool:
    """Whether a call to the supervisor is under way in this process: a further one would wait for it.

    ``CommsDecoder._thread_lock`` is not public; seen in 3.2.2 and 3.3.2. Where it is missing, nobody can tell: held.
    """
    if not HAS_TASK_SDK:
        return False
    from airflow.sdk.execution_time import task_runner

    comms = getattr(task_runner, "SUPERVISOR_COMMS", None)
    lock = getattr(comms, "_thread_lock", None)
    return comms is not None and (lock is None or bool(lock.locked()))


def require_own_id(ti: Any, state_store: Any) -> None:
    """Return if this attempt's own id still lives in Airflow 3; raise what the SDK raises where it does not.

    On 3.3 a removal of a key that nobody uses is refused with 404 for an id that is no more. Before, the check of inlets and
    outlets is: ``ValidateInletsAndOutlets`` is not public; seen in 3.2.2.
    """
    if state_store is not None:
        state_store.delete(UNUSED_KEY)
        return
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import ValidateInletsAndOutlets

    task_runner.SUPERVISOR_COMMS.send(ValidateInletsAndOutlets(ti_id=ti.id))


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status that the Execution API answered with, from what the SDK raised (``AirflowRuntimeError``)."""
    detail = getattr(getattr(error, "error", None), "detail", None)
    status = detail.get("status_code") if isinstance(detail, dict) else None
    return status if isinstance(status, int) else None


def heartbeat_timeout() -> float:
    """Return after how many seconds without a heartbeat Airflow gives up a running task."""
    for option in ("task_instance_heartbeat_timeout", "scheduler_zombie_task_threshold"):
        value = conf.get("scheduler", option, fallback="")
        if value:
            return float(value)
    return _DEFAULT_HEARTBEAT_TIMEOUT


def executor_is_local() -> bool:
    """Whether all tasks of this Airflow run on one host; where the executor cannot be told, they may."""
    try:
        from airflow.executors.executor_loader import ExecutorLoader

        executor, _ = ExecutorLoader.import_default_executor_cls()
    except Exception:
        return True
    return bool(getattr(executor, "is_local", False))
