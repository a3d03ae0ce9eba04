"""What must hold at every write, cancel and submit, and when all is over; the world's true state decides, no record alone."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import AirflowException, TaskDeferred

from airflow_provider_veza.async_query.record import OnPreviousQuery, QueryRecord, RecordState
from airflow_provider_veza.async_query.record_states import Adopt, next_step
from airflow_provider_veza.async_query.vocabulary import Phase
from airflow_provider_veza.exceptions import AsyncQueryError
from ownership.model.airflow_row import OVER, Attempt
from ownership.model.tenant import URL, Query
from ownership.model.turnstile import Process, current
from ownership.model.world import CUT_OFF, AnswerError, World

RECORD_FILE = "file"
RELEASES = "releases the result of"
_WILL_ADOPT = "the next attempt will adopt"


def after_write(world: World, place: str, record: QueryRecord | None) -> None:
    """A record names only queries of its own life, and a superseded attempt writes nothing after its successor."""
    writer = current().process
    latest = world.latest_writer.get(place, 0)
    if isinstance(writer, Attempt):
        is_over = world.row.state in OVER  # Then attempts may note the same: nobody waits.
        if writer.try_number < latest and not is_over:
            world.break_promise(f"4: {writer} wrote to the {place} after attempt {latest} had")
        latest = writer.try_number
    if record is None and not isinstance(writer, Attempt):
        _give_up_what_reads_as_cleared(world)
    # Whoever removes a record leaves the place to whoever still has something to say.
    world.latest_writer[place] = latest if record is not None else 0
    if record is None or record.handle is None:
        return
    query = world.tenant.named(record.handle.id)
    query.recorded_in.add(place)
    if query.recorded_at is None:
        query.recorded_at = world.turn
    if differences := record.life.differences(query.submitter.run_life):
        world.break_promise(f"4: the record of {query.id} is of another life: {differences}")


def _give_up_what_reads_as_cleared(world: World) -> None:
    for query in world.tenant.queries:
        query.is_given_up |= query.reads_as_cleared


def before_submit(world: World, attempt: Attempt) -> None:
    """One life of the task asks once, but for what could not be known, and for a task that was deleted or cleared under it.

    An attempt of 2.11 that is cleared while it begins has not heard of it yet; it is ended at its next heartbeat, with its query.
    """
    if not world.row.exists or world.row.state == "restarting":
        return
    for query in world.tenant.queries:
        if query.life == attempt.life and not _may_be_asked_again(query, attempt):
            world.break_promise(f"2: {attempt} submits, although {query.id} is {query.phase} and of the same life")


def _may_be_asked_again(query: Query, attempt: Attempt) -> bool:
    was_nameless = query.recorded_at is None or query.recorded_at > attempt.began_at
    if query.phase is Phase.SUCCEEDED and query.is_released:
        return not query.is_landed
    return was_nameless or query.is_given_up or query.phase is Phase.FAILED


def before_end(world: World, query: Query, what: str) -> None:
    """Nobody cancels, or forgets, what somebody waits for."""
    actor = current().process
    if query.reads_as_cleared and not isinstance(actor, Attempt):
        query.is_given_up = True
        return
    waiter = waiter_for(world, query)
    if what == RELEASES and (query.is_landed or (waiter == _WILL_ADOPT and _was_delivered(world, query))):
        return  # The rows are in the folder, or the second named exception: a report that Airflow did not accept.
    if waiter and not _may_end_its_own(world, actor, query):
        world.break_promise(f"1: {actor} {what} {query.id}, which {waiter}")


def _may_end_its_own(world: World, actor: Process, query: Query) -> bool:
    """An attempt that counts may end its query where no retry follows, or none would find it, and that of another life.

    One that is ended in its last try, has not slept and gets no answer may too: no later attempt is in sight. If Airflow then
    begins one all the same, it asks again.
    """
    if not isinstance(actor, Attempt):
        return False
    may = _is_ended_unanswered(actor) or (_counts(world, actor) and _is_its_own(actor, query))
    query.is_given_up |= may and actor.signals > 0
    return may


def _is_ended_unanswered(actor: Attempt) -> bool:
    return actor.is_last and actor.is_unanswered and not actor.has_slept


def _is_its_own(actor: Attempt, query: Query) -> bool:
    is_left_to_nobody = actor.is_last and actor.signals > 0
    is_of_another_life = query.life != actor.life
    return is_of_another_life or is_left_to_nobody or query.recorded_at is None or query.phase is Phase.SUCCEEDED


def _counts(world: World, actor: Attempt) -> bool:
    """Whether it counts, or was told so after it was told to end, and Airflow has changed its mind since."""
    was_told = actor.signalled_at < actor.asked_at <= world.row.superseded_at.get(actor, -1)
    return world.row.counts(actor) or was_told


def waiter_for(world: World, query: Query) -> str:
    """Return who waits for a query, in words; empty where nobody does, or will."""
    row = world.row
    if not row.exists or row.state in OVER or row.state == "restarting":
        return ""
    if row.state == "deferred" and row.trigger is not None:
        return "the deferred task waits for" if row.trigger.handle.id == query.id else ""
    if row.state == "scheduled":
        return "the task will go on with" if row.event["handle"]["id"] == query.id else ""
    holder = row.process if row.state == "running" and row.process is not None else None
    if holder is not None and holder.handle is not None and (holder.is_alive and not holder.is_over):
        if query.life != holder.life and not _has_adopted(world, holder, query):
            return ""  # It holds a query of before, which it is about to replace.
        return f"{holder} waits for" if holder.handle.id == query.id else ""
    is_wanted = query.life == row.life and _would_adopt(world, query)
    return _WILL_ADOPT if is_wanted else ""


def _has_adopted(world: World, holder: Attempt, query: Query) -> bool:
    record = _record_of(world, query)
    return record is not None and record.try_number == holder.try_number


def _was_delivered(world: World, query: Query) -> bool:
    record = _record_of(world, query)
    return record is not None and record.state is RecordState.DELIVERED


def when_ended(world: World, attempt: Attempt, error: BaseException | None) -> None:
    """An attempt ends by an error of the provider, or of Airflow; any other is a fault, and would hide all that follows."""
    known = (AsyncQueryError, AirflowException, TaskDeferred, EOFError)  # The last one: a supervisor that is gone.
    if isinstance(error, Exception) and not isinstance(error, known) and not _says_cut_off(error):
        world.break_promise(f"5: {attempt} ends by {type(error).__name__}: {error}")


def _says_cut_off(error: Exception) -> bool:
    """Whether Airflow's SDK says that this attempt's token is no longer taken, for XComs too."""
    return isinstance(error, AnswerError) and error.status == CUT_OFF


def when_told_no_state(world: World) -> None:
    """Airflow 3 tells a task nothing by which a reset before the deferral differs from a clear after it."""
    for query in world.tenant.queries:
        record = _record_of(world, query)
        query.reads_as_cleared |= record is not None and record.deferred


def _record_of(world: World, query: Query) -> QueryRecord | None:
    from ownership.model.stores import recorded

    record = recorded(world)
    return record if record is not None and record.is_of(query.id) else None


def _would_adopt(world: World, query: Query) -> bool:
    record = _record_of(world, query)
    if record is None:
        return False
    step = next_step(
        record,
        life=world.row.run_life,
        fingerprint=record.fingerprint,
        tenant=URL,
        policy=OnPreviousQuery.REATTACH,
    )
    return isinstance(step, Adopt)


def when_over(world: World) -> None:
    """No query runs that nobody waits for, and a task that succeeded has its rows."""
    for query in world.tenant.running():
        if not _is_excused(world, query):
            world.break_promise(f"3: {query.id} of {query.submitter} runs on when all is over")


def _is_excused(world: World, query: Query) -> bool:
    submitter = query.submitter
    if query.recorded_at is None and (not submitter.is_alive or submitter.has_slept or query.is_lost):
        return True
    if world.rules.has_file and RECORD_FILE not in query.recorded_in and not submitter.is_alive:
        return True  # Its process died before the sweep could be told of it, and no retry reads the state store.
    return not world.rules.has_file and world.needs_sweep
