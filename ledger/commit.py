"""The write door: one sequencer an ecosystem, the only way into the ledger.

The one rule: whatever queued while the last commit ran goes into one transaction under the head's
row lock; index from `head.size`, never from a sequence; nothing is acknowledged before the commit
is durable. What is true if we crash here: before COMMIT nothing happened; after it everything
did, and a caller who was not told finds it again by its idempotency key.

Sources: `design.md` decisions 4 and 6, `postgres.md` durability 1 to 4.
"""

import asyncio
import logging
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ledger.actor import NotFound
from ledger.batch import Pending, Receipt, Request, references_of
from ledger.book import Book, evolve
from ledger.commands import Decision, LogIdentity, authorise
from ledger.decision import decide
from ledger.ecosystem import FoundEcosystem
from ledger.errors import Fault, Refusal, Trouble
from ledger.fact import Placed
from ledger.history import open_entry, open_envelope
from ledger.ids import SEED_SIZE, EcosystemId, Seed
from ledger.store import entries, observations
from ledger.store.pool import Connection, Database
from ledger.tree import leaf_hash

log = logging.getLogger("jpi.commit")

MAX_BATCH = 500
"""Commands in one transaction: bounds how long the head lock is held."""
MAX_ATTEMPTS = 4
"""Tries of a batch when the world fails; between them the key lookup tells what happened."""
FIRST_PAUSE_SECONDS = 0.05
MAX_CLOCK_DRIFT = timedelta(seconds=5)
CATCH_UP_PAGE = 2000
MAX_KEY = 200
MAX_BOOKS = 256
"""Folded ecosystems kept in memory; the least recently used leave first."""


class KeyMalformed(Refusal):
    """An idempotency key has 1 to 200 characters. -> Use a UUID made once a request."""


class QueueFull(Trouble):
    """Too many writes wait for this ecosystem."""


class ShuttingDown(Trouble):
    """The service is stopping and takes no new writes."""


class ClockDrifts(Trouble):
    """The service's clock and the database's are too far apart to enter anything."""


class WritesStopped(Trouble):
    """Writes to this ecosystem stopped after a fault; see the alarm in the log."""


Outcome = Receipt | Refusal | Fault
Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The instant now, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 -- the one place that reads the clock


@dataclass(slots=True)
class _Waiting:
    request: Request
    answer: asyncio.Future[Receipt]


class _NothingFounded(Exception):  # noqa: N818 -- no error: it only leaves the transaction
    """Every founding of the batch was refused: its head row is rolled back."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        super().__init__()
        self.outcomes = outcomes


class _Sequencer:
    """The one batcher of an ecosystem in this process."""

    def __init__(self, ecosystem_id: EcosystemId, ledger: "Ledger") -> None:
        self.ecosystem_id = ecosystem_id
        self.book = Book(ecosystem_id)
        self.queue: deque[_Waiting] = deque()
        self.running: asyncio.Task[None] | None = None
        self.fault: Fault | None = None
        self._ledger = ledger

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing runs."""
        return self.running is None and not self.queue

    def enqueue(self, request: Request) -> asyncio.Future[Receipt]:
        """Put a request in line. Raises QueueFull, WritesStopped."""
        if self.fault is not None:
            raise WritesStopped(str(self.fault))
        if len(self.queue) >= self._ledger.queue_limit:
            raise QueueFull(f"{len(self.queue)} writes wait")
        waiting = _Waiting(request, asyncio.get_running_loop().create_future())
        self.queue.append(waiting)
        if self.running is None:
            self.running = asyncio.create_task(self._run())
        return waiting.answer

    async def _run(self) -> None:
        """Take whatever queued while the last commit ran, until nothing waits."""
        try:
            while self.queue:
                count = min(len(self.queue), MAX_BATCH)
                await self._serve([self.queue.popleft() for _ in range(count)])
        finally:
            self.running = None

    async def _serve(self, batch: list[_Waiting]) -> None:
        """Commit a batch and answer everybody; a batch that one request poisons is halved."""
        try:
            outcomes = await self._persist([waiting.request for waiting in batch])
        except Trouble as trouble:
            _answer_all(batch, trouble)
        except Fault as fault:
            if self.fault is None and len(batch) > 1:
                middle = len(batch) // 2
                await self._serve(batch[:middle])
                await self._serve(batch[middle:])
                return
            log.exception("fault in %s", self.ecosystem_id)
            _answer_all(batch, fault)
        else:
            for waiting, outcome in zip(batch, outcomes, strict=True):
                _answer(waiting, outcome)
            if any(isinstance(each, Receipt) and not each.is_repeat for each in outcomes):
                self._ledger.committed(self.ecosystem_id)
        finally:
            # whatever else went wrong, nobody is left waiting
            _answer_all(batch, Fault("the sequencer stopped unexpectedly"))

    async def _persist(self, requests: list[Request]) -> list[Outcome]:
        """Try until the outcome is known; each try looks the keys up under the head lock."""
        pause = FIRST_PAUSE_SECONDS
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return await self._attempt(requests)
            except (ClockDrifts, WritesStopped):
                raise
            except Trouble as trouble:
                if attempt == MAX_ATTEMPTS:
                    raise
                log.warning("try %d in %s: %s", attempt, self.ecosystem_id, trouble)
                await asyncio.sleep(pause)
                pause *= 2
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(self, requests: list[Request]) -> list[Outcome]:
        try:
            return await self._transact(requests)
        except _NothingFounded as nothing:
            return nothing.outcomes

    async def _transact(self, requests: list[Request]) -> list[Outcome]:
        async with self._ledger.database.writing(self.ecosystem_id) as connection:
            if any(isinstance(request.command, FoundEcosystem) for request in requests):
                await entries.create_head(connection, self.ecosystem_id)
            head = await entries.lock_head(connection, self.ecosystem_id)
            if head is None:
                missing = NotFound("ecosystem", what="ecosystem", id=self.ecosystem_id)
                return [missing for _ in requests]
            batch = await self._begin(connection, head, requests)
            outcomes = [self._step(batch, request) for request in requests]
            if batch.book.size == 0:
                raise _NothingFounded(outcomes)
            await batch.write(connection)
        # only a durable batch changes what this process believes
        self.book = batch.book
        return outcomes

    async def _begin(
        self, connection: Connection, head: entries.Head, requests: list[Request]
    ) -> Pending:
        now = self._ledger.clock()
        if abs(now - head.database_at) > MAX_CLOCK_DRIFT:
            raise ClockDrifts(f"service {now.isoformat()}, database {head.database_at.isoformat()}")
        if head.last_at is not None:
            now = max(now, head.last_at)  # a clock that steps back never makes an entry older
        try:
            self.book = await catch_up(connection, self.book, head.frontier.size)
        except Fault as fault:
            self.fault = fault
            raise
        asked = [(request.key_owner, request.key) for request in requests]
        return Pending(
            ecosystem_id=self.ecosystem_id,
            now=now,
            book=self.book,
            frontier=head.frontier.copy(),
            log=self._ledger.log_identity,
            known=await entries.keys_used(connection, self.ecosystem_id, asked),
            entries=[],
            nodes=[],
            changes=[],
            postings=[],
            rows=[],
            keys=[],
            references=await observations.taken_references(
                connection, self.ecosystem_id, references_of(requests)
            ),
        )

    def _step(self, batch: Pending, request: Request) -> Outcome:
        """One request of the batch: its receipt, or the refusal that changes nothing."""
        try:
            authorise(request.command, request.actor)
            repeated = batch.repeated(request)
            if repeated is not None:
                return repeated
            seed = Seed(secrets.token_bytes(SEED_SIZE))
            decision = decide(
                batch.book, request.command, request.actor, batch.now, seed, batch.log
            )
            if decision.batch is not None:
                batch.claim(decision.party, decision.batch)
            return batch.add(request, decision, seed)
        except Refusal as refusal:
            return refusal


class Ledger:
    """All ecosystems' sequencers in this process."""

    def __init__(
        self,
        database: Database,
        log_identity: LogIdentity,
        *,
        clock: Clock = system_clock,
        queue_limit: int = 2000,
        committed: Callable[[EcosystemId], None] = lambda _: None,
    ) -> None:
        """Writes go to `database`; `committed` is called after each durable batch."""
        self.database = database
        self.log_identity = log_identity
        self.clock = clock
        self.queue_limit = queue_limit
        self.committed = committed
        self._sequencers: OrderedDict[EcosystemId, _Sequencer] = OrderedDict()
        self._is_closing = False

    async def submit(self, request: Request) -> Receipt:
        """Enter a command; returns once it is durable.

        Raises a Refusal (nothing changed), a Trouble (retry with the same key) or a Fault.
        A caller that goes away does not cancel what it began.
        """
        if not 1 <= len(request.key) <= MAX_KEY:
            raise KeyMalformed("idempotencyKey")
        if self._is_closing:
            raise ShuttingDown("stopping")
        sequencer = self._sequencer(_ecosystem_of(request))
        return await asyncio.shield(sequencer.enqueue(request))

    async def preview(self, request: Request) -> Decision:
        """What a command would do now: decided, nothing written, no key consumed."""
        ecosystem_id = _ecosystem_of(request)
        known = self._sequencers.get(ecosystem_id)
        book = known.book if known is not None else Book(ecosystem_id)
        async with self.database.reading(ecosystem_id) as connection:
            head = await entries.read_head(connection, ecosystem_id)
            if head is not None and head.size > book.size:
                book = await catch_up(connection, book, head.size)
        seed = Seed(secrets.token_bytes(SEED_SIZE))
        now = max(self.clock(), book.last_at)
        return decide(book, request.command, request.actor, now, seed, self.log_identity)

    def _sequencer(self, ecosystem_id: EcosystemId) -> _Sequencer:
        sequencer = self._sequencers.get(ecosystem_id)
        if sequencer is None:
            sequencer = self._sequencers[ecosystem_id] = _Sequencer(ecosystem_id, self)
        self._sequencers.move_to_end(ecosystem_id)
        while len(self._sequencers) > MAX_BOOKS:
            oldest = next((key for key, s in self._sequencers.items() if s.is_idle), None)
            if oldest is None or oldest == ecosystem_id:
                break
            del self._sequencers[oldest]
        return sequencer

    async def close(self) -> None:
        """Take nothing new, and finish what waits."""
        self._is_closing = True
        running = [s.running for s in self._sequencers.values() if s.running is not None]
        await asyncio.gather(*running, return_exceptions=True)


async def catch_up(connection: Connection, book: Book, size: int) -> Book:
    """The Book folded on to `size` entries. Raises Fault when the stored entries do not follow."""
    if book.size > size:
        raise Fault(f"the ledger has {size} entries, fewer than the {book.size} folded already")
    while book.size < size:
        page = await entries.entries_from(
            connection, book.ecosystem_id, book.size, min(CATCH_UP_PAGE, size - book.size)
        )
        if not page:
            raise Fault(f"entry {book.size} is missing")
        for stored in page:
            book = evolve(book, placed_of(stored))
    return book


def placed_of(stored: entries.StoredEntry) -> Placed:
    """The fact of a stored entry, checked against its envelope and leaf hash."""
    if leaf_hash(stored.envelope) != stored.leaf_hash:
        raise Fault(f"entry {stored.index}: the envelope is not the one that was hashed")
    if stored.salt is None or stored.body is None:
        raise Fault(f"entry {stored.index} has no opening")
    return open_entry(open_envelope(stored.envelope), stored.salt, stored.body)


def _ecosystem_of(request: Request) -> EcosystemId:
    if isinstance(request.command, FoundEcosystem):
        return request.command.ecosystem_id
    return request.actor.ecosystem_id


def _answer(waiting: _Waiting, outcome: Outcome) -> None:
    if waiting.answer.done():
        return
    if isinstance(outcome, Receipt):
        waiting.answer.set_result(outcome)
    else:
        waiting.answer.set_exception(outcome)


def _answer_all(batch: list[_Waiting], error: Trouble | Fault) -> None:
    for waiting in batch:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
