"""The settings of the clusters of this folder: short times, where a drill waits for them, long enough for a loaded machine."""

from __future__ import annotations

from pathlib import Path

from object_storage import ObjectStorage

from tools.real_airflow.release import installed_release

HEARTBEAT_TIMEOUT_SECONDS = 15
TOKEN_LIFE_SECONDS = 40

SHORT_TIMES = {
    "AIRFLOW__CORE__PARALLELISM": "32",
    "AIRFLOW__CORE__TASK_SUCCESS_OVERTIME": "5",
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__LOCAL_TASK_JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
    "AIRFLOW__SCHEDULER__SCHEDULER_ZOMBIE_TASK_THRESHOLD": str(HEARTBEAT_TIMEOUT_SECONDS),
    # Two schedulers of Airflow 2.11 that find one lost task before its callback has run fail the retry as well.
    "AIRFLOW__SCHEDULER__ZOMBIE_DETECTION_INTERVAL": "12",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": str(HEARTBEAT_TIMEOUT_SECONDS),
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "3",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "12",
}
SHORT_TOKENS = {
    "AIRFLOW__EXECUTION_API__JWT_EXPIRATION_TIME": str(TOKEN_LIFE_SECONDS),
    # One clock for all: a token is refused as soon as its life is over.
    "AIRFLOW__API_AUTH__JWT_LEEWAY": "0",
}
# What a killed worker had reserved and not begun, Celery gives to nobody else for a day: Airflow has to queue it again.
REQUEUED = {
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "40",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": "100",
}
CELERY_ALONE = {"AIRFLOW__CORE__EXECUTOR": "CeleryExecutor"}
LISTENING = {"AIRFLOW__VEZA__CANCEL_ON_MARKED": "True"}
NOT_LISTENING = {"AIRFLOW__VEZA__CANCEL_ON_MARKED": "False"}


def for_drills(folder: Path, lanes: list[str], storage: ObjectStorage) -> dict[str, str]:
    """Return what the drills' tasks need to know, and where landed rows go."""
    return {
        **SHORT_TIMES,
        **storage.environment(),
        "DRILL_FOLDER": str(folder),
        "DRILL_LANES": " ".join(lanes),
        "DRILL_LANDED": f"{storage.root}/landed",
    }


def recording(storage: ObjectStorage) -> dict[str, str]:
    """Return the setting by which records of live queries lie in the object storage."""
    return {"AIRFLOW__VEZA__RECORD_PATH": f"{storage.root}/records"}


def recording_where_airflow_does_not(storage: ObjectStorage) -> dict[str, str]:
    """Return the same where Airflow has no state store of its own."""
    return {} if installed_release().keeps_task_state else recording(storage)
