#!/usr/bin/env bash
# Apache Airflow 3.3.2: a triggerer can stand still for good. Its supervisor answers the runner with a blocking `sendall`
# (sdk/execution_time/supervisor.py, send_msg) and reads no log lines meanwhile; the runner's event loop writes each log line with a
# blocking write to another socket pair (_configure_logs_over_json_channel, buffering=0). An answer that hands out new triggers is
# larger than a socket's buffer (208 KiB here) from some 100 triggers on. If the lines' buffer is full at that moment, the supervisor
# waits for the runner to read, the runner's loop waits for the supervisor to read, and nothing ever wakes either: no heartbeat,
# until another triggerer takes over. A few hundred lines, written while the supervisor is busy with its database, are enough.
# For users: triggers that all write at once, while many triggers are being claimed, can stop their triggerer.
# The provider writes next to nothing while many waits begin, and few lines a second in all (docs/monitoring.md).
# Seen: supervisor: send_msg < _handle_request < handle_requests; runner: structlog's _output.py msg < ... < writers.py run
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check apache-airflow==3.3.2
export AIRFLOW_HOME=$tmp/home AIRFLOW__CORE__LOAD_EXAMPLES=False PYTHONPATH=$tmp TMP_OF_FINDING=$tmp
mkdir -p "$AIRFLOW_HOME"
cat > "$tmp/writers.py" <<'PY'
import asyncio
import faulthandler
import os
import signal
from pathlib import Path

from airflow.triggers.base import BaseTrigger

FOLDER = Path(os.environ["TMP_OF_FINDING"])
faulthandler.register(signal.SIGUSR1, file=open(FOLDER / "runner.txt", "w"))


class Writer(BaseTrigger):
    """Writes two lines once it is told to."""

    def __init__(self, query, padding=""):
        super().__init__()
        self.query, self.padding = query, padding

    def serialize(self):
        return "writers.Writer", {"query": self.query, "padding": self.padding}

    async def run(self):
        while not (FOLDER / "go").exists():
            await asyncio.sleep(0.1)
        await asyncio.sleep(2)  # Until the runner has asked for news, which it does once a second.
        for _ in range(2):
            self.log.info("Query %s still runs, as it did a while ago; the next look comes in some seconds.", self.query)
        await asyncio.sleep(3600)
        yield
PY
cat > "$tmp/finding.py" <<'PY'
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

from airflow.executors import workloads
from airflow.jobs.triggerer_job_runner import TriggerRunnerSupervisor
from airflow.models.trigger import Trigger

FOLDER = Path(os.environ["TMP_OF_FINDING"])
RUNNER = FOLDER / "runner.txt"
BUSY_SECONDS = 6  # Of the supervisor, as with its database.


def triggers(first, count):
    for number in range(first, first + count):
        kwargs = Trigger.encrypt_kwargs({"query": f"q{number}", "padding": "x" * 1500})
        yield workloads.RunTrigger(id=number, classpath="writers.Writer", encrypted_kwargs=kwargs, ti=None)


class Supervisor(TriggerRunnerSupervisor):
    """Airflow's own, with what it would read from its database given here."""

    turn = 0

    def load_triggers(self):
        Supervisor.turn += 1
        if self.turn == 1:
            self.creating_triggers.extend(triggers(1, 600))
        if time.monotonic() - began > 20 and not (FOLDER / "go").exists():
            self.creating_triggers.extend(triggers(1000, 300))
            (FOLDER / "go").touch()
            time.sleep(BUSY_SECONDS)

    def clean_unused(self):
        pass

    heartbeat = emit_metrics = clean_unused


def watch(main):
    """Say where both stand once the supervisor has not come round for 20 s, or that it still does after a minute and a half."""
    last, since = -1, time.monotonic()
    while time.monotonic() - since < 20 + BUSY_SECONDS and time.monotonic() - began < 90:
        time.sleep(0.5)
        if Supervisor.turn != last:
            last, since = Supervisor.turn, time.monotonic()
    stack = [frame.name for frame in traceback.extract_stack(sys._current_frames()[main])]
    os.kill(process.pid, signal.SIGUSR1)
    time.sleep(1)
    loop = RUNNER.read_text().partition("Current thread")[2].splitlines()
    runner = [line.split(", ")[0].split("/")[-1] + line[line.rfind(" in ") :] for line in loop]
    shown = f"supervisor: {' < '.join(stack[:-4:-1])}\nrunner: {' < '.join(runner[1:5])}"
    print(shown, file=sys.stderr)
    (FOLDER / "seen.txt").write_text(shown + "\n")
    os.kill(process.pid, 9)
    os._exit(0 if stack[-1] == "send_msg" and "output.py" in "".join(runner) else 1)


began = time.monotonic()
process = Supervisor.start(job=None, capacity=2000)
threading.Thread(target=watch, args=(threading.get_ident(),), daemon=True).start()
while True:
    process.run_once()
PY
"$tmp/venv/bin/python" "$tmp/finding.py" > "$tmp/log" 2>&1 || { tail -n 5 "$tmp/log"; echo 'changed: it goes on'; exit 1; }
cat "$tmp/seen.txt"
