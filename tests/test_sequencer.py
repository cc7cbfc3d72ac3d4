"""The sequencer: one batch, one transaction, whatever comes at it."""

import asyncio
import gc
from datetime import timedelta
from typing import Any

import pytest

from ledger.batch import IdempotencyConflict, Receipt
from ledger.commit import ShuttingDown
from ledger.errors import Refusal
from ledger.sequencer import ClockDrifts, QueueFull
from service.settings import Settings
from tests.desk import Clock, Desk


async def test_one_key_twice_in_a_batch_is_one_entry(desk: Desk) -> None:
    """The first wins, the second gets the same answer; with another input it is refused."""
    first, second, other = desk.record("a", "k1"), desk.record("a", "k1"), desk.record("b", "k1")

    one, two = await first, await second
    assert (one.index, one.is_repeat) == (1, False)
    assert (two.index, two.is_repeat) == (1, True)
    with pytest.raises(IdempotencyConflict):
        await other


async def test_a_refused_command_leaves_the_others_of_its_batch_alone(desk: Desk) -> None:
    """Nor does it take an index."""
    asked = [desk.record("a"), desk.record("a", "again"), desk.record(""), desk.record("b")]

    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert [type(each) is Receipt for each in answers] == [True, False, False, True]
    assert all(isinstance(each, Refusal) for each in answers[1:3])
    assert [each.index for each in answers if isinstance(each, Receipt)] == [1, 2]


async def test_a_client_that_goes_away_does_not_cancel_what_it_began(desk: Desk) -> None:
    """Its key leads to the entry."""
    asked = desk.record("a")
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked

    again = await desk.record("a")

    assert (again.index, again.is_repeat) == (1, True)


async def test_a_refusal_of_a_client_that_went_away_is_no_error_of_the_service(desk: Desk) -> None:
    """The loop has nothing to complain of."""
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, complaint: complaints.append(complaint))
    await desk.record("a")
    asked = desk.record("a", key="another")  # the reference stands: refused
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    del asked
    await desk.record("b")  # comes after it
    gc.collect()
    await asyncio.sleep(0)

    assert complaints == []


async def test_a_clock_that_steps_back_never_makes_an_entry_older(desk: Desk, clock: Clock) -> None:
    """Within what is tolerated; beyond it nothing is written."""
    clock.off = timedelta(seconds=4)
    await desk.record("a")
    clock.off = timedelta(seconds=-4)
    await desk.record("b")
    times = await desk.instants()
    assert times == sorted(times)
    clock.off = timedelta(seconds=6)
    with pytest.raises(ClockDrifts):
        await desk.record("c")


async def test_a_full_queue_says_try_again(settings: Settings, desk: Desk, clock: Clock) -> None:
    """And takes what it has room for."""
    small = Desk(desk.database, clock, queue_limit=3)
    small.actor = desk.actor

    answers = await asyncio.gather(
        *(small.record(f"r{number}") for number in range(5)), return_exceptions=True
    )

    assert [type(each) for each in answers] == [Receipt] * 3 + [QueueFull] * 2
    await small.ledger.close()
    with pytest.raises(ShuttingDown):
        await small.record("late")
    assert settings.queue_limit == 2000


async def test_two_processes_on_one_database_leave_no_gap(desk: Desk, clock: Clock) -> None:
    """Each folds what the other entered before it decides."""
    other = Desk(desk.database, clock)
    other.actor = desk.actor

    receipts = await asyncio.gather(
        *(each.record(f"r{n}") for n in range(40) for each in (desk, other))
    )

    assert sorted({each.index for each in receipts}) == list(range(1, 41))
    assert sum(each.is_repeat for each in receipts) == 40
    await other.ledger.close()
