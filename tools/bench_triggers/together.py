"""Measures what it saves to send looks together that are due at about the same moment: in turns with sending each at its own.

Once answers come all after 100 ms, and so together as well, once after times of their own. Trust the ratios of one run.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import time
from statistics import median
from unittest import mock

from tools.bench_triggers.__main__ import machine, running_server
from tools.bench_triggers.server import ANSWER_AFTER
from tools.bench_triggers.waiting import Looks, ours

APART = (0.05, 0.35)
ANSWERS = {f"after {ANSWER_AFTER * 1e3:.0f} ms": (ANSWER_AFTER, ANSWER_AFTER), "after 50 to 350 ms": APART}


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--triggers", type=int, default=500, help="(default: %(default)s)")
    parser.add_argument("--interval", type=float, default=5.0, help="seconds from look to look (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=10.0, help="measured in each turn (default: %(default)s)")
    parser.add_argument("--turns", type=int, default=3, help="(default: %(default)s)")
    options = parser.parse_args()
    compared = f"{options.triggers} queries, a look each {options.interval:g} s; answers"
    print(f"{machine()}\n\n| {compared} | one by one | together | ratio |")
    print("| --- | --- | --- | --- |")
    for answers, (soonest, latest) in ANSWERS.items():
        with running_server(soonest, latest) as (url, authority):
            alone, together = asyncio.run(_in_turns(options, url, authority))
        mock.patch.stopall()
        print(f"| {answers} | {alone:.2f} ms | {together:.2f} ms | {together / alone:.2f} |", flush=True)
    return 0


async def _in_turns(options: argparse.Namespace, url: str, authority: str) -> tuple[float, float]:
    """Return the milliseconds of the processor a look, both ways; the medians of all turns."""
    from airflow_provider_veza.async_query.polling import on_tick
    from airflow_provider_veza.hooks import waiting

    looks = Looks()
    settings = argparse.Namespace(url=url, authority=authority, interval=options.interval)
    one = await ours(settings, looks)
    waits = [asyncio.ensure_future(one(number)) for number in range(options.triggers)]
    await looks.come(2 * options.triggers)
    gc.collect()
    found: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(options.turns):
        for is_together, costs in found.items():
            with mock.patch.object(waiting, "on_tick", on_tick if is_together else _at_its_own_moment):
                await asyncio.sleep(options.interval * 1.2)
                costs.append(await _cost(looks, options.seconds))
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
    return median(found[False]), median(found[True])


def _at_its_own_moment(seconds: float, now: float, waiting: int) -> float:
    del waiting
    return now + seconds


async def _cost(looks: Looks, seconds: float) -> float:
    looks.late.clear()
    looks.is_on, spent = True, time.process_time()
    await asyncio.sleep(seconds)
    looks.is_on, spent = False, time.process_time() - spent
    return spent / max(len(looks.late), 1) * 1e3


if __name__ == "__main__":
    sys.exit(main())
