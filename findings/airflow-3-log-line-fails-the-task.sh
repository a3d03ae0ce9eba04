#!/usr/bin/env bash
# apache-airflow-task-sdk 1.3.2 (Airflow 3.3.2): a mistake in a log line of self.log ends the task, where logging.getLogger and
# Airflow 2 print a note and go on. self.log of operators and hooks is structlog there, which formats the line before any
# handler, so that %d with a text, or one argument too few, raises TypeError out of self.log.info(). Python's logging
# catches what goes wrong in a handler (logging.raiseExceptions), and hooks of Airflow 2 were written for that.
# For users: a log line that only an error path reaches, such as "%d rows" of a count that came as text, hides the error
# that it was to report, and fails a task that had succeeded. A "100% done" with an argument does so too.
# The provider gives its log lines as many arguments as they name, and %d only for numbers that it has counted or checked.
# Seen: self.log TypeError, TypeError; logging went on, went on
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check apache-airflow-task-sdk==1.3.2 apache-airflow-core==3.3.2
cd "$tmp"
venv/bin/python - 2> errors.txt <<'PY'
import logging
import tempfile

import airflow.sdk
from airflow.sdk import BaseHook
from airflow.sdk.log import configure_logging

LINES = [("got %d rows", "12"), ("100% done of %s", "access")]


def outcome(log, line):
    try:
        log.info(*line)
    except Exception as error:
        return type(error).__name__
    return "went on"


with tempfile.TemporaryFile("wb", buffering=0) as file:
    configure_logging(json_output=True, output=file)
    own = [outcome(BaseHook().log, line) for line in LINES]
    plain = [outcome(logging.getLogger("plain"), line) for line in LINES]
print("task-sdk", airflow.sdk.__version__, "self.log", *own, "logging", *plain)
assert own == ["TypeError", "TypeError"], "changed: a log line ends no task"
assert plain == ["went on", "went on"], "changed: plain logging raises too"
PY
