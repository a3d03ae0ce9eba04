#!/usr/bin/env bash
# asgiref 3.13.0 and Apache Airflow 3.3.2: a task that is cancelled while it awaits sync_to_async ends with a CancelledError
# without the message that it was cancelled with; with asyncio.to_thread, or any other await of asyncio, the message is there.
# Airflow 3.3 tells the kill of a deferred task from the end of its triggerer by that message, and calls on_kill of the trigger
# only then. Its own look-up of a connection awaits sync_to_async for each secrets backend that is not asynchronous, so a task
# that is marked failed while its trigger looks up a connection has no on_kill, and what it started elsewhere runs on.
# Expected: on_kill is called wherever the kill finds the trigger
# Seen: to_thread ('why',), sync_to_async (); a trigger that sleeps: on_kill called; one that looks up a connection: not called
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --disable-pip-version-check asgiref==3.13.0 apache-airflow==3.3.2
export AIRFLOW_HOME=$tmp/home AIRFLOW__CORE__LOAD_EXAMPLES=False PYTHONPATH=$tmp
export AIRFLOW__SECRETS__BACKEND=slow_vault.SlowVault
cat > "$tmp/slow_vault.py" <<'PY'
import threading

from airflow.secrets import BaseSecretsBackend

asked, may_answer = threading.Event(), threading.Event()


class SlowVault(BaseSecretsBackend):
    def get_connection(self, conn_id):
        asked.set()
        may_answer.wait(30)
        return None
PY
cat > "$tmp/kill.py" <<'PY'
import asyncio
import time

from asgiref.sync import sync_to_async


async def word_of(work):
    task = asyncio.ensure_future(work)
    await asyncio.sleep(0.2)
    task.cancel("why")
    try:
        await task
    except asyncio.CancelledError as e:
        return e.args


async def words():
    return await word_of(asyncio.to_thread(time.sleep, 1)), await word_of(sync_to_async(time.sleep, thread_sensitive=False)(1))


from airflow.jobs import triggerer_job_runner
from airflow.sdk import BaseHook
from airflow.triggers.base import BaseTrigger, TriggerEvent

import slow_vault


class Waits(BaseTrigger):
    def __init__(self, looks_up):
        super().__init__()
        self.looks_up, self.was_killed, self.waits = looks_up, False, asyncio.Event()

    def serialize(self):
        return "kill.Waits", {"looks_up": self.looks_up}

    async def run(self):
        self.waits.set()
        if self.looks_up:
            await BaseHook.aget_connection("warehouse")
        await asyncio.sleep(60)
        yield TriggerEvent("done")

    async def on_kill(self):
        self.was_killed = True


async def killed(looks_up):
    runner, trigger = triggerer_job_runner.TriggerRunner(), Waits(looks_up)
    trigger.task_instance = None
    task = asyncio.ensure_future(runner.run_trigger(1, trigger))
    runner.triggers[1] = {"task": task, "name": "waits", "events": 0, "is_watcher": False}
    await trigger.waits.wait()
    if looks_up:
        await asyncio.to_thread(slow_vault.asked.wait, 30)
    task.cancel(triggerer_job_runner._USER_ACTION_CANCEL_MSG)
    asyncio.get_running_loop().call_later(1, slow_vault.may_answer.set)
    await asyncio.gather(task, return_exceptions=True)
    return trigger.was_killed


of_thread, of_asgiref = asyncio.run(words())
while_it_sleeps, while_it_looks_up = asyncio.run(killed(False)), asyncio.run(killed(True))
print(f"word: to_thread {of_thread}, sync_to_async {of_asgiref}")
print(f"on_kill: of one that sleeps {while_it_sleeps}, of one that looks up a connection {while_it_looks_up}")
assert (of_thread, of_asgiref) == (("why",), ())
assert (while_it_sleeps, while_it_looks_up) == (True, False)
PY
"$tmp/venv/bin/python" "$tmp/kill.py" 2>/dev/null | grep -E '^(word|on_kill)' > "$tmp/seen" || { "$tmp/venv/bin/python" "$tmp/kill.py"; exit 1; }
cat "$tmp/seen"
test "$(cat "$tmp/seen")" = "word: to_thread ('why',), sync_to_async ()
on_kill: of one that sleeps True, of one that looks up a connection False"
