"""The sequencer: the one batcher of an ecosystem in this process.

The one rule: whatever queued while the last commit ran goes into one transaction under the head's
row lock; index from `head.size`, never from a sequence; nothing is acknowledged before the commit
is durable. What is true if we crash here: before COMMIT nothing happened; after it everything
did, and a caller who was not told finds it again by its idempotency key.

Sources: `design.md` decisions 4 to 6, `postgres.md` durability 1 to 4.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter_ns

from ledger.actor import NotFound
from ledger.bankstatement import ImportStatements
from ledger.batch import Pending, Receipt, Request, numbers_of, references_of, served
from ledger.commands import LogIdentity, authorise
from ledger.decision import decide
from ledger.ecosystem import FoundEcosystem
from ledger.errors import Fault, Refusal, Trouble
from ledger.fold import Folded, catch_up, cold_start
from ledger.ids import SEED_SIZE, EcosystemId, Seed
from ledger.keeping import Keeper
from ledger.memory import HeadMemory
from ledger.rollback import check_head
from ledger.settlement import ProposeSettlement
from ledger.store import entries, observations
from ledger.store.pool import Connection, Database
from ledger.tree import Frontier
from ledger.watch import Watch

log = logging.getLogger("jpi.commit")
MAX_BATCH = 500
"""Commands, or lapses, in one transaction: bounds how long the head lock is held."""
LONG = (ImportStatements, ProposeSettlement)
"""Commands whose decision may take seconds: a month of a bank, a period of a thousand partners."""
MAX_ATTEMPTS = 4
"""Tries of a batch when the world fails; between them the key lookup tells what happened."""
FIRST_PAUSE_SECONDS = 0.05
MAX_CLOCK_DRIFT = timedelta(seconds=5)


class QueueFull(Trouble):
    """Too many writes wait for this ecosystem."""


class ClockDrifts(Trouble):
    """The service's clock and the database's are too far apart to enter anything."""


class WritesStopped(Trouble):
    """Writes to this ecosystem stopped after a fault; its text says which."""


Outcome = Receipt | Refusal | Fault
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a sequencer works with. `committed` and `stopped` are told what happened.

    `max_drift`: how far `clock` and the database's may be apart before nothing is written.
    """

    database: Database
    log_identity: LogIdentity
    clock: Clock
    memory: HeadMemory
    queue_limit: int
    snapshot_every: int
    committed: Callable[[EcosystemId], None]
    stopped: Callable[[EcosystemId, Fault], None]
    watch: Watch
    max_drift: timedelta = MAX_CLOCK_DRIFT


@dataclass(slots=True)
class _Waiting:
    request: Request
    answer: asyncio.Future[Receipt]
    since_ns: int


class _NothingFounded(Exception):  # noqa: N818 -- no error: it only leaves the transaction
    """Every founding of the batch was refused: its head row is rolled back."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        super().__init__()
        self.outcomes = outcomes


class Sequencer:
    """The one batcher of an ecosystem in this process."""

    def __init__(self, ecosystem_id: EcosystemId, around: Surroundings) -> None:
        self.ecosystem_id = ecosystem_id
        self.folded: Folded | None = None
        self.queue: deque[_Waiting] = deque()
        self.running: asyncio.Task[None] | None = None
        reason = around.memory.alarm(ecosystem_id)
        # an alarm outlives the process: whoever mends the ledger takes the alarm away, nobody else
        self.fault: Fault | None = Fault(reason) if reason else None
        self._around = around
        self._verified: bytes = b""
        self._keeper = Keeper(around.database, around.snapshot_every)
        self._is_woken = False
        self._has_entered = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing runs."""
        return self.running is None and not self.queue and self._keeper.is_idle

    def enqueue(self, request: Request) -> asyncio.Future[Receipt]:
        """Put a request in line. Raises QueueFull, WritesStopped."""
        if self.fault is not None:
            raise WritesStopped(str(self.fault))
        if len(self.queue) >= self._around.queue_limit:
            raise QueueFull(f"{len(self.queue)} writes wait")
        waiting = _Waiting(request, asyncio.get_running_loop().create_future(), perf_counter_ns())
        # what a client that went away would have been told is no error that nobody noticed
        waiting.answer.add_done_callback(lambda told: told.cancelled() or told.exception())
        self.queue.append(waiting)
        if self.running is None:
            self.running = asyncio.create_task(self._run())
        return waiting.answer

    async def wake(self) -> None:
        """Enter what is due, when nobody writes; returns once it is entered, or has failed."""
        if self.fault is not None:
            return
        self._is_woken = True
        if self.running is None:
            self.running = asyncio.create_task(self._run())
        await asyncio.shield(self.running)

    async def _run(self) -> None:
        """Take whatever queued while the last commit ran, until nothing waits."""
        try:
            while self.queue or self._is_woken:
                self._is_woken = False
                count = min(len(self.queue), MAX_BATCH)
                await self._serve([self.queue.popleft() for _ in range(count)])
        finally:
            self.running = None

    async def _serve(self, batch: list[_Waiting]) -> None:
        """Commit a batch and answer everybody; a batch that one request poisons is halved."""
        started_ns, self._has_entered = perf_counter_ns(), False
        try:
            outcomes = await self._persist([waiting.request for waiting in batch])
        except Trouble as trouble:
            self._around.watch.failed(len(batch), is_fault=False)
            if not batch:
                log.warning("what is due in %s waits: %s", self.ecosystem_id, trouble)
            _answer_all(batch, trouble)
        except Exception as error:  # what nobody expected is isolated too
            if self.fault is None and len(batch) > 1:
                middle = len(batch) // 2
                await self._serve(batch[:middle])
                await self._serve(batch[middle:])
                return
            log.exception("fault in %s", self.ecosystem_id)
            self._around.watch.failed(len(batch), is_fault=True)
            if self.fault is not None:
                self._around.stopped(self.ecosystem_id, self.fault)
            _answer_all(batch, error if isinstance(error, Fault) else Fault(repr(error)))
        else:
            for waiting, outcome in zip(batch, outcomes, strict=True):
                _answer(waiting, outcome)
            since_ns = batch[0].since_ns if batch else started_ns
            self._around.watch.served(served(outcomes, started_ns, since_ns))
            # what was due is entered though all was refused; a repeat may lack a checkpoint too
            if self._has_entered or any(isinstance(each, Receipt) for each in outcomes):
                self._around.committed(self.ecosystem_id)
                if self.folded is not None:
                    self._keeper.look(self.folded)
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
                self._around.watch.retried()
                await asyncio.sleep(pause)
                pause *= 2
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(self, requests: list[Request]) -> list[Outcome]:
        try:
            return await self._transact(requests)
        except _NothingFounded as nothing:
            return nothing.outcomes

    async def _transact(self, requests: list[Request]) -> list[Outcome]:
        """What is due first, a bounded part of it a transaction; the last one decides."""
        while True:
            outcomes = await self._one_transaction(requests)
            if outcomes is not None:
                return outcomes

    async def _one_transaction(self, requests: list[Request]) -> list[Outcome] | None:
        """The outcomes; None when more was due than one transaction enters."""
        async with self._around.database.writing(self.ecosystem_id) as connection:
            if any(isinstance(request.command, FoundEcosystem) for request in requests):
                await entries.create_head(connection, self.ecosystem_id)
            try:
                head = await entries.lock_head(connection, self.ecosystem_id)
            except Fault as fault:  # it is no tree's head: as bad as a wrong one
                self.fault = fault
                raise
            if head is None:
                missing = NotFound("ecosystem", what="ecosystem", id=self.ecosystem_id)
                return [missing for _ in requests]
            batch = await self._begin(connection, head, requests)
            outcomes = None
            if batch.lapse(_draw, MAX_BATCH):
                outcomes = [await self._stepped(batch, request) for request in requests]
            if outcomes is not None and batch.book.size == 0:
                raise _NothingFounded(outcomes)
            await batch.write(connection)
        # only a durable batch changes what this process believes
        self.folded = Folded(batch.book, batch.frontier)
        self._has_entered |= bool(batch.entries)
        return outcomes

    async def _begin(
        self, connection: Connection, head: entries.Head, requests: list[Request]
    ) -> Pending:
        now = self._around.clock()
        if abs(now - head.database_at) > self._around.max_drift:
            raise ClockDrifts(f"service {now.isoformat()}, database {head.database_at.isoformat()}")
        if head.last_at is not None:
            now = max(now, head.last_at)  # a clock that steps back never makes an entry older
        try:
            self.folded = await self._catch_up(connection, head.frontier)
        except Fault as fault:
            self.fault = fault
            raise
        asked = [(request.key_owner, request.key) for request in requests]
        numbers = numbers_of(requests)
        taken = await observations.taken_references(
            connection, self.ecosystem_id, references_of(requests), numbers
        )
        return Pending(
            ecosystem_id=self.ecosystem_id,
            now=now,
            book=self.folded.book,
            frontier=head.frontier.copy(),
            log=self._around.log_identity,
            known=await entries.keys_used(connection, self.ecosystem_id, asked),
            entries=[],
            nodes=[],
            changes=[],
            postings=[],
            rows=[],
            keys=[],
            erased=[],
            schedule=self.folded.book.agreements.schedule,
            references=taken.pop(observations.STANDING, set()),
            arriving=taken,
            loading=await observations.lock_loading(connection, self.ecosystem_id, numbers),
        )

    async def _catch_up(self, connection: Connection, head: Frontier) -> Folded:
        """The Book at the locked head, which continues what was published. Raises Fault."""
        memory = self._around.memory
        reason = memory.alarm(self.ecosystem_id)  # raised by another process, or by a check
        if reason:
            raise Fault(reason)
        remembered = memory.recall(self.ecosystem_id)
        if remembered is not None and (
            head.size < remembered.size or remembered.root != self._verified
        ):
            await check_head(connection, self.ecosystem_id, head, remembered)
            self._verified = remembered.root
        if self.folded is None:
            self.folded = await cold_start(connection, self.ecosystem_id, head.size)
            self._keeper.started_from(self.folded.book.size)
        return await catch_up(connection, self.folded, head)

    async def close(self) -> None:
        """Finish what waits, and the snapshot that is being kept."""
        if self.running is not None:
            await asyncio.gather(self.running, return_exceptions=True)
        await self._keeper.close()

    async def _stepped(self, batch: Pending, request: Request) -> Outcome:
        """As `_step`; what may take seconds runs beside the loop, which serves others meanwhile."""
        if isinstance(request.command, LONG):
            return await asyncio.to_thread(self._step, batch, request)
        return self._step(batch, request)

    def _step(self, batch: Pending, request: Request) -> Outcome:
        """One request of the batch: its receipt, or the refusal that changes nothing."""
        try:
            authorise(request.command, request.actor)
            repeated = batch.repeated(request)
            if repeated is not None:
                return repeated
            seed = _draw()
            decision = decide(
                batch.book, request.command, request.actor, batch.now, seed, batch.log
            )
            if decision.batch is not None:
                batch.claim(decision.party, decision.batch)
        except Refusal as refusal:
            return refusal
        try:
            return batch.add(request, decision, seed)
        except Refusal as refusal:  # decided is decided: half of it is never written
            raise Fault(f"a decision was refused as it was entered: {refusal}") from refusal


def _draw() -> Seed:
    """A fresh seed: the one place besides a preview where randomness enters."""
    return Seed(secrets.token_bytes(SEED_SIZE))


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
