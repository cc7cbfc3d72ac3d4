"""The write door: the only way into the ledger, through one sequencer an ecosystem.

The one rule: what was acknowledged is durable, and what was refused changed nothing.
Source: `design.md` decisions 4 to 6.
"""

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ledger.batch import Receipt, Request
from ledger.book import Book
from ledger.commands import Decision, LogIdentity
from ledger.decision import decide
from ledger.ecosystem import FoundEcosystem
from ledger.errors import Fault, Refusal, Trouble
from ledger.fold import catch_up, cold_start
from ledger.ids import SEED_SIZE, EcosystemId, Seed
from ledger.lapse import lapsed_by
from ledger.memory import HeadMemory, NoMemory
from ledger.rollback import check_head
from ledger.sequencer import LONG, MAX_CLOCK_DRIFT, Clock, Sequencer, Surroundings
from ledger.store import entries
from ledger.store.pool import Database
from ledger.tree import Frontier
from ledger.watch import NoWatch, Watch

log = logging.getLogger("jpi.commit")

MAX_KEY = 200
MAX_BOOKS = 256
"""Folded ecosystems kept in memory; the least recently used leave first."""
SNAPSHOT_EVERY = 5000
"""Entries between snapshots of a Book: what a cold start folds at most, nearly."""


MAX_WOKEN = 1000
"""Ecosystems that are looked at in one round of the clock."""


class KeyMalformed(Refusal):
    """An idempotency key has 1 to 200 characters, none NUL. -> Use a UUID made once a request."""


class ShuttingDown(Trouble):
    """The service is stopping and takes no new writes."""


def system_clock() -> datetime:
    """The instant now, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 -- the one place that reads the clock


class Ledger:
    """All ecosystems' sequencers in this process."""

    def __init__(
        self,
        database: Database,
        log_identity: LogIdentity,
        *,
        clock: Clock = system_clock,
        memory: HeadMemory | None = None,
        queue_limit: int = 2000,
        max_books: int = MAX_BOOKS,
        snapshot_every: int = SNAPSHOT_EVERY,
        committed: Callable[[EcosystemId], None] = lambda _: None,
        watch: Watch | None = None,
        max_drift: timedelta = MAX_CLOCK_DRIFT,
    ) -> None:
        """Writes go to `database`; `committed` is called after each durable batch.

        `memory` is what the head is compared with before anything is written; `watch` looks on.
        `max_drift` is how far the clock and the database's may be apart: far for a staged one.
        """
        self.database = database
        self.log_identity = log_identity
        self.clock = clock
        self.memory: HeadMemory = memory or NoMemory()
        self.max_books = max_books
        self._around = Surroundings(
            database,
            log_identity,
            clock,
            self.memory,
            queue_limit,
            snapshot_every,
            committed,
            self.stopped,
            watch or NoWatch(),
            max_drift,
        )
        self._sequencers: OrderedDict[EcosystemId, Sequencer] = OrderedDict()
        self._is_closing = False

    async def submit(self, request: Request) -> Receipt:
        """Enter a command; returns once it is durable.

        Raises a Refusal (nothing changed), a Trouble (retry with the same key) or a Fault.
        A caller that goes away does not cancel what it began.
        """
        require_key(request.key)
        if self._is_closing:
            raise ShuttingDown("stopping")
        sequencer = self._sequencer(_ecosystem_of(request))
        return await asyncio.shield(sequencer.enqueue(request))

    async def book(self, ecosystem_id: EcosystemId) -> Book:
        """The Book as of the head now, for what is computed and not entered. Raises Fault."""
        known = self._sequencers.get(ecosystem_id)
        folded = None if known is None else known.folded
        async with self.database.reading(ecosystem_id) as connection:
            head = await entries.read_head(connection, ecosystem_id) or Frontier()
            if folded is None or folded.book.size > head.size:
                folded = await cold_start(connection, ecosystem_id, head.size)
            return (await catch_up(connection, folded, head)).book

    async def preview(self, request: Request) -> Decision:
        """What a command would do now: decided, nothing written, no key consumed."""
        book = await self.book(_ecosystem_of(request))
        seed = Seed(secrets.token_bytes(SEED_SIZE))
        now = max(self.clock(), book.last_at)
        book = lapsed_by(book, now)
        args = (book, request.command, request.actor, now, seed, self.log_identity)
        if isinstance(request.command, LONG):
            return await asyncio.to_thread(decide, *args)
        return decide(*args)

    async def enter_what_is_due(self) -> int:
        """Enter what is due in every ecosystem, also where nobody writes. Returns in how many.

        What fails is tried again the next time. Raises Trouble when the database cannot be asked.
        """
        due = await self.database.ecosystems_due(self.clock(), MAX_WOKEN)
        for ecosystem_id in due:
            await self._sequencer(ecosystem_id).wake()
        return len(due)

    def _sequencer(self, ecosystem_id: EcosystemId) -> Sequencer:
        sequencer = self._sequencers.get(ecosystem_id)
        if sequencer is None:
            sequencer = self._sequencers[ecosystem_id] = Sequencer(ecosystem_id, self._around)
        self._sequencers.move_to_end(ecosystem_id)
        while len(self._sequencers) > self.max_books:
            oldest = next((key for key, s in self._sequencers.items() if s.is_idle), None)
            if oldest is None or oldest == ecosystem_id:
                break
            del self._sequencers[oldest]
        return sequencer

    def books_held(self) -> int:
        """How many ecosystems are folded in this process's memory now."""
        return len(self._sequencers)

    def queue_depth(self) -> int:
        """How many requests wait in this process."""
        return sum(len(each.queue) for each in list(self._sequencers.values()))

    def alarms(self) -> dict[EcosystemId, str]:
        """Ecosystems whose writes are stopped, and why."""
        found = {EcosystemId(key): self.memory.alarm(key) for key in self.memory.alarmed()}
        for key, sequencer in list(self._sequencers.items()):
            if sequencer.fault is not None:
                found[key] = str(sequencer.fault)
        return found

    async def close(self) -> None:
        """Take nothing new, and finish what waits."""
        self._is_closing = True
        await asyncio.gather(*(each.close() for each in self._sequencers.values()))

    def stopped(self, ecosystem_id: EcosystemId, fault: Fault) -> None:
        """Raise the alarm: writes to this ecosystem stop; reads go on, the others are untouched."""
        log.critical("ALARM: writes to %s stopped: %s", ecosystem_id, fault)
        known = self._sequencers.get(ecosystem_id)
        if known is not None and known.fault is None:
            known.fault = fault
        self.memory.raise_alarm(ecosystem_id, str(fault), None)

    def stopped_because(self, ecosystem_id: EcosystemId) -> str:
        """Why nothing can be written to an ecosystem; empty when something can."""
        sequencer = self._sequencers.get(ecosystem_id)
        if sequencer is not None and sequencer.fault is not None:
            return str(sequencer.fault)
        return self.memory.alarm(ecosystem_id)

    async def check_memory(self) -> None:
        """Compare every remembered head with the database's, as at a start: alarms, no error."""
        for known in self.memory.known():
            ecosystem_id = EcosystemId(known)
            async with self.database.reading(ecosystem_id) as connection:
                head = await entries.read_head(connection, ecosystem_id) or Frontier()
                try:
                    remembered = self.memory.recall(ecosystem_id)
                    await check_head(connection, ecosystem_id, head, remembered)
                    if remembered is not None and head.size > remembered.size:
                        # a crash came between their commit and their checkpoint
                        self._around.committed(ecosystem_id)
                except Fault as fault:
                    self._sequencer(ecosystem_id).fault = fault
                    self.stopped(ecosystem_id, fault)


def require_key(key: str) -> None:
    """Return if this can be an idempotency key. Raises KeyMalformed."""
    if not 1 <= len(key) <= MAX_KEY or "\0" in key:
        raise KeyMalformed("idempotencyKey")


def _ecosystem_of(request: Request) -> EcosystemId:
    if isinstance(request.command, FoundEcosystem):
        return request.command.ecosystem_id
    return request.actor.ecosystem_id
