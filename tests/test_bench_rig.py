"""The parts of the rig: each kind of trigger really asks the double, late looks are counted, the tables say what was measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tools.bench_rig.kinds import CONN_ID, EMPTY, KINDS
from tools.bench_rig.report import shown
from tools.bench_rig.rig import PEERS, Double
from tools.bench_rig.server import APIS, CLEAR, FORGET, SEEN, Seen
from tools.bench_rig.waiting import Minute, Plan, Round
from tools.real_airflow.processes import processes
from tools.real_airflow.waiting import wait_until

INTERVAL = 1.0
NUMBER = 7
ASKING = [name for name, kind in KINDS.items() if kind.connection]
MANY_SECONDS = 120.0
"""More than a look takes on any machine."""
WAIT = """
import asyncio, os, sys
from tools.bench_rig.kinds import KINDS, Tenant

async def waits():
    trigger = KINDS[sys.argv[1]].trigger(int(sys.argv[2]), float(sys.argv[3]), Tenant(*sys.argv[4:]))
    trigger = type(trigger)(**trigger.serialize()[1])
    asking = asyncio.ensure_future(anext(trigger.run()))
    told_to_end = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.wait([asking, told_to_end], return_when=asyncio.FIRST_COMPLETED)
    print(repr(asking) if asking.done() else "waits", flush=True)
    os._exit(0)

asyncio.run(waits())
"""


@pytest.fixture
def double(tmp_path: Path) -> Iterator[Double]:
    with processes() as started:
        yield Double(started, tmp_path, INTERVAL)


@pytest.mark.parametrize("kind", ASKING)
def test_each_kind_asks_the_double_by_its_number_again_and_again_and_waits_on(kind: str, double: Double) -> None:
    make = KINDS[kind].connection
    assert make is not None
    connection = json.dumps(make(double.tenant))
    env = {
        **os.environ,
        f"AIRFLOW_CONN_{CONN_ID.upper()}": connection,
        "SSL_CERT_FILE": double.tenant.authority,
        "PYTHONPATH": f"{Path.cwd()}:{PEERS}",
    }
    arguments = [kind, str(NUMBER), str(INTERVAL), double.tenant.url, double.tenant.authority]
    waiting = subprocess.Popen(
        [sys.executable, "-c", WAIT, *arguments],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: double.peek()["requests"] >= 2 or waiting.poll() is not None, "two requests", MANY_SECONDS)
    out, err = waiting.communicate(timeout=MANY_SECONDS)
    if "No module named 'airflow.providers" in err:
        pytest.skip(f"the provider of {kind} is not installed; make bench-rig brings it")

    assert out.splitlines()[-1:] == ["waits"], out + err
    seen = double.peek()
    assert (seen["asked_for"], seen["unknown"]) == (1, 0)
    assert seen["requests"] >= 2


def asked(seen: Seen, number: int, *moments: float) -> None:
    for moment in moments:
        seen.note(b"GET /number/%d HTTP/1.1\r\n\r\n" % number, moment)


@pytest.mark.parametrize(
    ("moments", "late"),
    [((0, 5, 10), 0), ((0, 9.9), 0), ((0, 10.1), 1), ((0, 60, 65, 80), 2), ((7,), 0)],
    ids=["in time", "late by less than an interval", "late by more", "twice", "the first look"],
)
def test_a_look_is_late_that_comes_more_than_an_interval_after_its_time(moments: tuple[float, ...], late: int) -> None:
    seen = Seen(interval=5.0)
    asked(seen, NUMBER, *moments)

    assert seen.late == late


def test_who_falls_silent_is_told_as_such_and_forgotten_only_when_that_is_said() -> None:
    seen = Seen(interval=5.0)
    asked(seen, 1, 0.0, 5.0)
    asked(seen, 2, 0.0, 5.0, 10.0)

    told = [json.loads(seen.told(path, 16.0)) for path in (SEEN, CLEAR, FORGET, SEEN)]
    assert [(one["requests"], one["silent"], one["asked_for"]) for one in told] == [
        (5, 1, 2),
        (5, 1, 2),
        (0, 1, 2),
        (0, 0, 0),
    ]


def test_no_path_of_one_api_is_taken_for_another() -> None:
    paths = [api.path for api in APIS]

    assert [other for path in paths for other in paths if path != other and other.startswith(path)] == []


def test_the_tables_hold_costs_a_look_and_memory_above_an_empty_trigger() -> None:
    def round_of(kind: str, looks: int, cpu: float, kib: float) -> Round:
        minute = Minute(looks, 1, 2, 3, runner_cpu=cpu, supervisor_cpu=cpu / 2, seconds=60.0)
        first = replace(minute, looks=1, connections=1)
        return Round(kind, first, (minute,), 16.0, 1, runner_kib=kib, supervisor_kib=kib / 2, at_once=9)

    lines = shown(
        [round_of(EMPTY, 0, 1.0, 1_000.0), round_of("veza", 12_000, 6.0, 5_000.0)], Plan(100, 5.0, 1)
    ).splitlines()

    assert "| veza | first trigger |  |  | (9.0 s) | (6.0 s) | (3.0 s) | 1 |" in lines
    assert "| empty | 1 | 0 | 3 | (1.5 s) | (1.0 s) | (0.5 s) | 3 |" in lines
    assert "| veza | 1 | 200 | 3 | 0.75 | 0.50 | 0.25 | 3 |" in lines
    assert "| veza | 16 s | 1 | 40 | 20 | 9 |" in lines
