"""What happens to processes from outside, and how a story is brought to its end without further faults."""

from __future__ import annotations

from airflow_provider_veza.async_query.vocabulary import Phase
from ownership.model.actors import Triggerer, begin_attempt, begin_listener, begin_sweep, begin_trigger
from ownership.model.airflow_row import Attempt
from ownership.model.promises import waiter_for
from ownership.model.turnstile import Process, Turn
from ownership.model.world import World

LONG_SLEEP = 1_000.0
MOST_ROUNDS = 400


def is_acting(process: Process) -> bool:
    """Whether a process has something left to do."""
    return process.is_alive and not all(strand.is_finished for strand in process.strands)


def hears_signals(process: Process) -> bool:
    """Whether the thread to which signals come still runs; helper threads may outlive it."""
    return process.is_alive and not process.is_frozen and not process.strands[0].is_finished


def signal(world: World, process: Process, *, is_inside: bool) -> None:
    """Tell a process to end."""
    process.signals += 1
    if isinstance(process, Attempt) and process.signals == 1:
        process.signalled_at = world.turn
    world.resume(process.strands[0], Turn.SIGNAL_INSIDE if is_inside else Turn.SIGNAL)


def to_be_ended(world: World) -> list[Process]:
    """Return the processes that Airflow ends at its next heartbeat."""
    return [process for process in world.processes if hears_signals(process) and _is_told_to_end(world, process)]


def _is_told_to_end(world: World, process: Process) -> bool:
    if isinstance(process, Attempt):
        return world.row.is_told_to_end(process)
    return isinstance(process, Triggerer) and world.row.trigger is not process.row


def kill(process: Process) -> None:
    """Let a process die between two of its operations."""
    process.is_alive = False
    bury(process)


def bury(process: Process) -> None:
    """Let the threads of a dead process end; nothing they do is seen."""
    process.is_alive = False
    for strand in process.strands:
        while not strand.is_finished:
            strand.resume(Turn.GO)


def freeze_or_wake(world: World, process: Process, *, is_denied: bool) -> None:
    """Stop a process for longer than Airflow waits for a heartbeat, or let it go on.

    :param is_denied: whether it has slept longer than its token is good for.
    """
    process.is_frozen = not process.is_frozen
    world.needs_sweep = True
    world.tell(f"{process} {'freezes' if process.is_frozen else 'wakes'}")
    if isinstance(process, Attempt):
        process.has_slept = True
    if not process.is_frozen:
        process.skew += LONG_SLEEP
        if isinstance(process, Attempt) and world.rules.is_airflow_3:
            process.is_denied = is_denied


def is_lost(world: World) -> bool:
    """Whether Airflow will find the process of its row gone."""
    row = world.row
    process = row.process
    if process is None or not row.exists or row.state not in ("running", "restarting"):
        return False
    return process.is_over or not process.is_alive or process.is_frozen or process.is_alone


def lose(world: World, *, in_good_order: bool) -> None:
    """Let Airflow find it, from the supervisor or from the missing heartbeat."""
    process = world.row.process
    assert process is not None
    in_good_order = in_good_order and not process.is_frozen and not process.is_alone
    before = world.row.state
    world.row.lose(in_good_order=in_good_order)
    world.tell(f"Airflow misses {process}: {before} -> {world.row.state}")
    is_verdict = world.row.state == "failed" and not in_good_order
    if is_verdict and world.wishes.listens and world.rules.has_file:
        begin_listener(world, is_over=not world.rules.is_airflow_3)


def bring_to_end(world: World) -> None:
    """Let everybody finish, Airflow run what it still has to run, and sweep once."""
    world.tell("-- no more faults --")
    for process in world.processes:
        if is_acting(process) and process.is_frozen:
            freeze_or_wake(world, process, is_denied=False)
    rounds = 0
    while _one_round(world):
        rounds += 1
        if rounds > MOST_ROUNDS:
            world.break_promise("6: somebody never ends")
            world.require_kept()
    if world.rules.has_file:
        world.tell("-- all is over; one sweep --")
        begin_sweep(world, ahead=1_000_000.0)
        while world.ready():
            world.resume(world.ready()[0])


def _one_round(world: World) -> bool:
    """Return whether anything happened."""
    before = len(world.story)
    for process in to_be_ended(world):
        if process.signals < 3:
            signal(world, process, is_inside=False)
    for strand in world.ready():
        if strand.can_go():
            world.resume(strand)
    _airflow_goes_on(world)
    _queries_end(world)
    return len(world.story) > before


def _airflow_goes_on(world: World) -> None:
    row = world.row
    if is_lost(world) and not _stays_restarting(world):
        lose(world, in_good_order=True)
    elif row.can_start():
        world.tell("Airflow starts an attempt")
        begin_attempt(world)
    elif row.state == "deferred" and row.trigger is not None and not _is_watched(world):
        begin_trigger(world, row.trigger)


def _stays_restarting(world: World) -> bool:
    """Whether Airflow 2.11 never learns that the process of a cleared task has ended."""
    process = world.row.process
    is_told = process is not None and process.is_over and not process.is_alone
    return world.row.state == "restarting" and not world.rules.is_airflow_3 and not is_told


def _is_watched(world: World) -> bool:
    triggers = [process for process in world.processes if isinstance(process, Triggerer)]
    return any(is_acting(process) and process.row is world.row.trigger for process in triggers)


def _queries_end(world: World) -> None:
    """Let a query end that somebody waits for; one that nobody waits for runs on for ever."""
    process = world.row.process
    for query in world.tenant.running():
        is_held = process is not None and process.handle is not None and process.handle.id == query.id
        is_deferred = world.row.trigger is not None and world.row.trigger.handle.id == query.id
        if (is_held or is_deferred) and waiter_for(world, query):
            world.tell(f"{query.id} ends: SUCCEEDED")
            query.phase = Phase.SUCCEEDED
