"""A desk: one process's ledger without its web, and what a test does to the world around it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from fractions import Fraction

import asyncpg

from graph.ecosystems import founded_id
from graph.receipts import fingerprint
from ledger.actor import Actor, Role
from ledger.batch import Receipt, Request
from ledger.commands import Command, LogIdentity
from ledger.commit import Ledger, system_clock
from ledger.ecosystem import EcosystemFounded, FoundEcosystem, NewParty
from ledger.fold import placed_of
from ledger.history import open_envelope
from ledger.ids import EcosystemId, PartyId
from ledger.observation import Observation, RecordObservations
from ledger.party import PartyRole
from ledger.store import entries
from ledger.store.pool import Database
from service.app import open_doors
from service.embedded import Embedded
from service.settings import Settings

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
        self.noticed: list[EcosystemId] = []
        self.ledger = Ledger(
            database,
            identity,
            clock=clock,
            queue_limit=queue_limit,
            committed=self.noticed.append,
        )
        self.actor = FOUNDER

    def adopt(self, ecosystem_id: str, party_id: str) -> None:
        """Act in an ecosystem that stands already."""
        roles = frozenset({Role.REPORTER})
        self.actor = Actor(EcosystemId(ecosystem_id), PartyId(party_id), "s", roles)

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

    async def outsourcer_of(self, ecosystem_id: EcosystemId) -> PartyId:
        """The outsourcer of an ecosystem, from its founding."""
        async with self.database.reading(ecosystem_id) as connection:
            stored = await entries.entries_from(connection, ecosystem_id, 0, 1)
        founded = placed_of(stored[0]).event
        assert isinstance(founded, EcosystemFounded)
        return next(
            PartyId(each.party_id) for each in founded.parties if each.role is PartyRole.OUTSOURCER
        )

    def record(self, reference: str, key: str = "") -> "asyncio.Future[Receipt]":
        """One observation under its reference as key; queued at once."""
        row = Observation(reference, 1, "2024-04", None, "", Fraction(1))
        command = RecordObservations("s", (row,))
        return asyncio.ensure_future(self.ledger.submit(self.request(command, key or reference)))

    async def size(self) -> int:
        """How many entries are durable."""
        async with self.database.reading(self.actor.ecosystem_id) as connection:
            head = await entries.read_head(connection, self.actor.ecosystem_id)
        return head.size if head else 0

    async def instants(self) -> list[datetime]:
        """When each entry says that it was made, in order."""
        async with self.database.reading(self.actor.ecosystem_id) as connection:
            stored = await entries.entries_from(connection, self.actor.ecosystem_id, 0, 10**6)
        return [open_envelope(each.envelope).at for each in stored]


async def until(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait until a condition holds; fail after a generous while."""
    for _ in range(1000):
        if await holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"waited in vain until {what}")


class Hold:
    """The head's lock in a stranger's hand: every writer of the ecosystem waits for it."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def is_waited_for(self) -> bool:
        """Whether a writer stands in line."""
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return bool(await self._connection.fetchval(waiting))

    async def let_go(self) -> None:
        """Let the writers go on."""
        await self._connection.execute("ROLLBACK")


@asynccontextmanager
async def holding(database: Embedded, ecosystem_id: str) -> AsyncIterator[Hold]:
    """Hold the head's lock until `let_go`, or the end of the block."""
    key = ecosystem_id.rpartition(":")[2]
    connection = await asyncpg.connect(database.url("postgres"))
    try:
        await connection.execute("BEGIN")
        lock = "SELECT FROM ledger_head WHERE ecosystem_id = $1 FOR UPDATE"
        await connection.fetch(lock, key)
        yield Hold(connection)
    finally:
        await connection.close()
