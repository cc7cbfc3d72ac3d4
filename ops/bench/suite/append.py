"""Sealed appends: the sequencer beside a transaction a request, and beside a bare insert."""

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from ledger.batch import Pending, Receipt, Request
from ledger.commands import LogIdentity
from ledger.commit import system_clock
from ledger.decision import decide
from ledger.fold import Folded, catch_up, cold_start
from ledger.ids import SEED_SIZE, EcosystemId, Seed
from ledger.store import entries
from ledger.store.pool import Database, open_database
from ledger.tree import Frontier
from ops.bench.bare import Recorder, bare_tables
from ops.bench.figure import Laps, at_least, at_most
from ops.bench.frame import Run, bench
from ops.bench.workload import found_payable
from service.app import database_url, open_doors

CLIENTS = 64
ROUNDS = 4
POOL = 10
Submit = Callable[[Request], Awaitable[object]]


@dataclass(slots=True)
class PerRequest:
    """What the sequencer is compared with: a transaction a request, each under the head's lock.

    It does the same work with the same prepared SQL over a pool of the service's default size, and
    is spared what can be: it never reads back what this process wrote itself.
    """

    database: Database
    log: LogIdentity
    folded: Folded

    async def submit(self, request: Request) -> Receipt:
        """Lock, look the key up, decide, write, commit."""
        key = request.actor.ecosystem_id
        async with self.database.writing(key) as connection:
            head = await entries.lock_head(connection, key)
            assert head is not None
            if self.folded.book.size != head.frontier.size:
                self.folded = await catch_up(connection, self.folded, head.frontier)
            asked = [(request.key_owner, request.key)]
            pending = pending_at(self.folded, self.log)
            pending.known = await entries.keys_used(connection, key, asked)
            receipt = pending.repeated(request) or step(pending, request)
            await pending.write(connection)
            self.folded = Folded(pending.book, pending.frontier)
        return receipt


def pending_at(folded: Folded, log: LogIdentity) -> Pending:
    """An empty batch on what is folded."""
    return Pending(
        ecosystem_id=folded.book.ecosystem_id,
        now=max(system_clock(), folded.book.last_at),
        book=folded.book,
        frontier=folded.frontier.copy(),
        log=log,
        known={},
        entries=[],
        nodes=[],
        changes=[],
        postings=[],
        rows=[],
        keys=[],
        erased=[],
        references=set(),
    )


def step(pending: Pending, request: Request) -> Receipt:
    """Enter one request into a batch."""
    seed = Seed(secrets.token_bytes(SEED_SIZE))
    decision = decide(pending.book, request.command, request.actor, pending.now, seed, pending.log)
    if decision.batch is not None:
        pending.claim(decision.party, decision.batch)
    return pending.add(request, decision, seed)


@dataclass(slots=True)
class Load:
    """What clients did together: seconds in all, and of each request."""

    seconds: float = 0.0
    count: int = 0
    waited: Laps = field(default_factory=Laps)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.count / self.seconds

    async def drive(self, submit: Submit, requests: Sequence[Request], clients: int) -> None:
        """Clients that each send the next request as soon as their last is answered."""
        waiting = deque(requests)

        async def client() -> None:
            while waiting:
                request = waiting.popleft()
                started = perf_counter()
                await submit(request)
                self.waited.seconds.append(perf_counter() - started)

        started = perf_counter()
        await asyncio.gather(*(client() for _ in range(clients)))
        self.seconds += perf_counter() - started
        self.count += len(requests)


@bench("append", size=20_000, smoke_size=64)
async def append(run: Run) -> None:
    """Payments through commit.submit, by 64 clients and by one, beside a transaction a request.

    Each is a key, an entry, two postings, balances and states; both sides use the same SQL. The
    ceiling is a bare insert of the same bytes into tables without keys.
    """
    settings = run.settings()
    many, many_each, one, one_each = Load(), Load(), Load(), Load()
    async with open_doors(settings) as doors:
        payable = await found_payable(doors)
        pool = await open_database(database_url(settings), POOL)
        numbers = iter(range(10**9))
        batched = max(run.size // ROUNDS, CLIENTS)
        single = max(batched // 16, 8)

        def payments(count: int) -> list[Request]:
            return [payable.payment(next(numbers)) for _ in range(count)]

        folded = await _fold(pool, payable.ecosystem_id)
        each = PerRequest(pool, doors.ledger.log_identity, folded)
        for lap in range(ROUNDS + 1):
            run.say(f"round {lap} of {ROUNDS}")
            loads = (many, many_each, one, one_each) if lap else [Load() for _ in range(4)]
            await loads[0].drive(doors.ledger.submit, payments(batched), CLIENTS)
            await loads[1].drive(each.submit, payments(single), CLIENTS)
            await loads[2].drive(doors.ledger.submit, payments(single), 1)
            await loads[3].drive(each.submit, payments(single), 1)
        folded = await _fold(pool, payable.ecosystem_id)
        assert settings.owner_url is not None
        ceiling = await _ceiling(
            settings.owner_url, folded, doors.ledger.log_identity, payments(batched)
        )
        await pool.close()
    than = "a transaction a request"
    run.figure(
        f"entries/s, {CLIENTS} clients",
        many.rate,
        "/s",
        beside=many_each.rate,
        than=than,
        aim=at_least(10),
    )
    run.figure(
        f"p99 of a request, {CLIENTS} clients",
        many.waited.percentile(0.99) * 1000,
        "ms",
        aim=at_most(50),
    )
    run.figure(
        "median of a request, one client",
        one.waited.median * 1000,
        "ms",
        beside=one_each.waited.median * 1000,
        than=than,
        aim=at_most(1.1),
    )
    run.figure(
        "entries/s as a share of the ceiling",
        many.rate,
        "/s",
        beside=ceiling,
        than="a bare insert of the same bytes",
        aim=at_least(0.5),
    )


async def _fold(database: Database, ecosystem_id: EcosystemId) -> Folded:
    async with database.reading(ecosystem_id) as connection:
        head = await entries.read_head(connection, ecosystem_id) or Frontier()
        folded = await cold_start(connection, ecosystem_id, head.size)
        return await catch_up(connection, folded, head)


async def _ceiling(
    owner_url: str, folded: Folded, log: LogIdentity, requests: Sequence[Request]
) -> float:
    """Entries a second when the rows of the same work go into bare tables, as many a commit."""
    transactions = []
    for start in range(0, len(requests), CLIENTS):
        pending = pending_at(folded, log)
        for request in requests[start : start + CLIENTS]:
            step(pending, request)
        recorder = Recorder()
        await pending.write(recorder.connection)
        transactions.append(recorder.inserts)
        folded = Folded(pending.book, pending.frontier)
    async with bare_tables(owner_url) as bare:
        started = perf_counter()
        for inserts in transactions:
            await bare.insert(inserts)
        return len(requests) / (perf_counter() - started)
