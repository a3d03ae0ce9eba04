from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from tools.real_airflow.errors import ProcessEndedError, WaitTimeoutError
from tools.real_airflow.processes import ManagedProcess, Processes, ProcessSpec
from tools.real_airflow.run_folder import claimed_run_folder
from tools.real_airflow.waiting import wait_until

LIMIT = 10.0


@pytest.fixture
def shell(children: Processes, tmp_path: Path):
    def start(script: str) -> ManagedProcess:
        spec = ProcessSpec("shell", ("sh", "-c", script), {"PATH": os.environ["PATH"]}, tmp_path, tmp_path / "log")
        return children.start(spec)

    return start


def members_become(process: ManagedProcess, count: int) -> bool:
    return wait_until(lambda: len(process.members()) == count, f"{count} processes in the session", LIMIT)


def test_what_a_process_forked_ends_with_it(children, shell) -> None:
    process = shell("sleep 60 & sleep 60 & wait")
    members_become(process, 3)

    children.stop_all()

    assert process.members() == []


def test_an_orphan_is_still_a_member_after_its_parent_died(shell) -> None:
    process = shell("sleep 60 & exec true")

    [orphan] = wait_until(lambda: _only(process, "sleep"), "the orphan", LIMIT)
    process.kill()

    assert not psutil.pid_exists(orphan.pid) or orphan.status() == psutil.STATUS_ZOMBIE


def test_a_process_that_ignores_sigterm_is_killed(children, shell) -> None:
    process = shell("trap '' TERM; echo ready; while true; do sleep 1; done")
    wait_until(lambda: "ready" in process.spec.log.read_text(), "the trap to be set", LIMIT)

    children.stop_all()

    assert process.members() == []


def test_a_process_that_ended_by_itself_is_reported_with_its_log(shell) -> None:
    process = shell("echo out of paper; exit 3")

    with pytest.raises(ProcessEndedError, match=r"status 3(.|\n)*out of paper"):
        wait_until(process.check_running, "the report", LIMIT)


def test_a_process_that_was_killed_on_purpose_is_not_reported(shell) -> None:
    process = shell("sleep 60")

    process.kill()

    process.check_running()


def test_a_frozen_process_stands_still_until_it_is_thawed(shell) -> None:
    process = shell("exec sleep 60")
    [sleeper] = wait_until(lambda: _only(process, "sleep"), "the process", LIMIT)

    process.freeze()
    wait_until(lambda: sleeper.status() == psutil.STATUS_STOPPED, "the process to stand still", LIMIT)
    process.thaw()

    wait_until(lambda: sleeper.status() == psutil.STATUS_SLEEPING, "the process to go on", LIMIT)


def test_a_folder_in_use_is_not_given_to_a_second_run() -> None:
    with claimed_run_folder("claim") as first, claimed_run_folder("claim") as second:
        assert first != second


def test_a_run_folder_starts_empty() -> None:
    with claimed_run_folder("claim") as folder:
        (folder / "left").touch()

    with claimed_run_folder("claim") as folder:
        assert list(folder.iterdir()) == []


def test_a_wait_in_vain_shows_its_evidence() -> None:
    with pytest.raises(WaitTimeoutError, match=r"the moon(.|\n)*no moon tonight"):
        wait_until(lambda: False, "the moon", 0, lambda: "no moon tonight")


def _only(process: ManagedProcess, name: str) -> list[psutil.Process] | None:
    members = process.members()
    return members if [member.name() for member in members] == [name] else None
