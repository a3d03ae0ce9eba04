"""Which answers are read anew, and which are known already."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from airflow_provider_veza.async_query.message import Call, Request, Response
from airflow_provider_veza.async_query.vocabulary import Phase, Snapshot
from airflow_provider_veza.transport.driving import Readings


@dataclass
class Reads:
    """Counts how often something was read."""

    result: object = field(default_factory=lambda: Snapshot(Phase.RUNNING, "IN_PROGRESS"))
    count: int = 0

    def __call__(self, _response: Response) -> object:
        self.count += 1
        return self.result


SAME = (200, b"{}")
TABLE = {
    "the same answer is read once": ([SAME, SAME, SAME], 1),
    "another body is read": ([SAME, (200, b"{ }"), SAME], 3),
    "another status is read, whatever its body": ([SAME, (202, b"{}"), (503, b"{}")], 3),
    "no error is taken for a known answer": ([(503, b"{}"), (503, b"{}")], 2),
    "a long answer is not kept": ([(200, b" " * 3_000)] * 2, 2),
}


@pytest.mark.parametrize(("answers", "read"), TABLE.values(), ids=TABLE)
def test_an_answer_is_read_anew_unless_it_is_the_last_one_again(answers: list[tuple[int, bytes]], read: int) -> None:
    readings, reads = Readings(), Reads()
    call = Call(Request("POST", "/look"), reads)

    assert [readings.of(call, Response(status, {}, body)) for status, body in answers] == [reads.result] * len(answers)
    assert reads.count == read


def test_what_another_call_was_answered_is_nothing_to_this_one() -> None:
    readings, ran, ended = Readings(), Reads(), Reads(Snapshot(Phase.SUCCEEDED, "DONE"))
    for reads in (ran, ended):
        assert readings.of(Call(Request("POST", "/look"), reads), Response(200, {}, b"{}")) is reads.result


@pytest.mark.parametrize("result", [[], Snapshot(Phase.SUCCEEDED, "DONE")], ids=["a page", "an end"])
def test_only_what_runs_on_is_kept(result: object) -> None:
    readings, reads = Readings(), Reads(result)
    call = Call(Request("POST", "/page"), reads)
    for _ in range(2):
        readings.of(call, Response(200, {}, b"{}"))

    assert reads.count == 2
