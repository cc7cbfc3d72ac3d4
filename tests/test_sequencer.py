"""The sequencer: one batch, one transaction, whatever comes at it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
import pytest_asyncio

from graph.ecosystems import founded_id
from graph.receipts import fingerprint
from ledger.actor import Actor, Role
from ledger.batch import IdempotencyConflict, Receipt, Request
from ledger.commands import Command, LogIdentity
from ledger.commit import Ledger, ShuttingDown, system_clock
from ledger.ecosystem import FoundEcosystem, NewParty, PartyRole
from ledger.errors import Refusal
from ledger.history import open_envelope
from ledger.ids import EcosystemId, PartyId
from ledger.observation import Observation, RecordObservations
from ledger.sequencer import ClockDrifts, QueueFull
from ledger.store import entries
from ledger.store.pool import Database, open_database
from service.app import open_doors
from service.settings import Settings
from tests.auditor import audit

FOUNDER = Actor(EcosystemId(""), PartyId(""), "f", frozenset({Role.FOUNDER}))


class Clock:
    """A clock that a test may push about."""

    def __init__(self) -> None:
        self.off = timedelta(0)

    def __call__(self) -> datetime:
        return system_clock() + self.off


class Desk:
    """One process's ledger, and a party that records observations through it."""

    def __init__(self, database: Database, clock: Clock, queue_limit: int = 2000) -> None:
        identity = LogIdentity("localhost/jpi", "key")
        self.database = database
        self.ledger = Ledger(database, identity, clock=clock, queue_limit=queue_limit)
        self.actor = FOUNDER

    async def found(self, settings: Settings) -> None:
        """Found an ecosystem; from then on act as its outsourcer."""
        ecosystem_id = founded_id(FOUNDER, "k")
        parties = (NewParty("A", PartyRole.OUTSOURCER), NewParty("B", PartyRole.PARTNER))
        command = FoundEcosystem(ecosystem_id, "E", parties)
        await self.ledger.submit(self.request(command, "k"))
        async with open_doors(settings) as doors:
            founder = Actor(ecosystem_id, PartyId(""), "f", FOUNDER.roles)
            found = await doors.reader.ecosystem(founder)
        party = PartyId(found.value.outsourcer.party_id)
        self.actor = Actor(ecosystem_id, party, "s", frozenset({Role.REPORTER}))

    def request(self, command: Command, key: str) -> Request:
        """A request under a key."""
        return Request(command, self.actor, key, fingerprint("m", command))

    def record(self, reference: str, key: str = "") -> "asyncio.Future[Receipt]":
        """One observation under its reference as key; queued at once."""
        row = Observation(reference, 1, "2024-04", None, "", Fraction(1))
        command = RecordObservations("s", (row,))
        return asyncio.ensure_future(self.ledger.submit(self.request(command, key or reference)))


@pytest.fixture
def clock() -> Clock:
    """On time until a test says otherwise."""
    return Clock()


@pytest_asyncio.fixture
async def desk(settings: Settings, clock: Clock) -> AsyncIterator[Desk]:
    """A founded ecosystem, audited after every test."""
    database = await open_database(settings.database_url or "", 4)
    made = Desk(database, clock)
    await made.found(settings)
    yield made
    await made.ledger.close()
    await database.close()
    await audit(settings, made.actor.ecosystem_id)


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


async def test_a_clock_that_steps_back_never_makes_an_entry_older(desk: Desk, clock: Clock) -> None:
    """Within what is tolerated; beyond it nothing is written."""
    clock.off = timedelta(seconds=4)
    await desk.record("a")
    clock.off = timedelta(seconds=-4)
    await desk.record("b")
    async with desk.database.reading(desk.actor.ecosystem_id) as connection:
        stored = await entries.entries_from(connection, desk.actor.ecosystem_id, 0, 10)
    times = [open_envelope(each.envelope).at for each in stored]
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
