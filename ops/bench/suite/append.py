"""Sealed appends: the sequencer beside a transaction a request, and beside a bare insert."""

from dataclasses import dataclass
from itertools import islice
from time import perf_counter

from ledger.batch import Receipt, Request
from ledger.commands import LogIdentity
from ledger.fold import Folded, catch_up
from ledger.ids import EcosystemId
from ledger.store import entries
from ledger.store.pool import Database, open_database
from ops.bench.bare import Recorder, bare_tables
from ops.bench.figure import at_least, at_most
from ops.bench.frame import Run, bench
from ops.bench.growth import Growing, fold, pending_at, step
from ops.bench.load import CLIENTS, Load
from service.app import database_url, open_doors
from service.settings import Settings

ROUNDS = 4
POOL = 10
TWIN = EcosystemId("00000000-0000-8000-8000-000000000064")
"""Where the bare inserts go: an ecosystem that nobody reads."""


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


@bench("append", size=20_000, smoke_size=64)
async def append(run: Run) -> None:
    """Payments through commit.submit, by 64 clients and by one, beside a transaction a request.

    Each is a key, an entry, two postings, balances and states; both sides use the same SQL. The
    ceiling is a bare multi-row insert of the same bytes, as many entries a commit as clients.
    """
    settings = run.settings()
    many, many_each, one, one_each = Load(), Load(), Load(), Load()
    batched = max(run.size // ROUNDS, CLIENTS)
    single = max(batched // 16, 8)
    async with open_doors(settings) as doors:
        pool = await open_database(database_url(settings), POOL)
        growing = await Growing.begun(doors)
        run.say("settling the periods that are paid")
        owed = iter(await growing.owe(pool, (ROUNDS + 1) * (batched + 3 * single + 1) + batched))
        log = doors.ledger.log_identity
        each = PerRequest(pool, log, growing.folded)
        for lap in range(ROUNDS + 1):
            run.say(f"round {lap} of {ROUNDS}")
            # the first round warms up
            loads = (many, many_each, one, one_each) if lap else [Load() for _ in range(4)]
            await doors.ledger.submit(next(owed))  # catches up with what the other side entered
            await loads[0].drive(doors.ledger.submit, list(islice(owed, batched)), CLIENTS)
            await loads[1].drive(each.submit, list(islice(owed, single)), CLIENTS)
            await loads[2].drive(doors.ledger.submit, list(islice(owed, single)), 1)
            await loads[3].drive(each.submit, list(islice(owed, single)), 1)
        folded = await fold(pool, growing.payable.ecosystem_id)
        kept, keyless = await _ceilings(settings, pool, folded, log, list(owed))
        await pool.close()
    _tell(run, (many, many_each), (one, one_each), kept, keyless)


def _tell(
    run: Run, many: tuple[Load, Load], one: tuple[Load, Load], kept: float, keyless: float
) -> None:
    """The figures: many clients and one, each as (ours, beside); ceilings in entries a second."""
    than = "a transaction a request"
    run.figure(
        f"entries/s, {CLIENTS} clients",
        many[0].rate,
        "/s",
        beside=many[1].rate,
        than=than,
        aim=at_least(10),
    )
    run.figure(
        f"p99 of a request, {CLIENTS} clients",
        many[0].waited.percentile(0.99) * 1000,
        "ms",
        aim=at_most(50),
    )
    run.figure(
        "median of a request, one client",
        one[0].waited.median * 1000,
        "ms",
        beside=one[1].waited.median * 1000,
        than=than,
        aim=at_most(1.1),
    )
    run.figure(
        "entries/s beside the tables' ceiling",
        many[0].rate,
        "/s",
        beside=kept,
        than="a bare insert of the same bytes",
        aim=at_least(0.5),
    )
    run.figure(
        "entries/s beside the disk's ceiling",
        many[0].rate,
        "/s",
        beside=keyless,
        than="the same into tables without keys",
    )


async def _ceilings(
    settings: Settings, database: Database, folded: Folded, log: LogIdentity, made: list[Request]
) -> tuple[float, float]:
    """Entries a second that bare multi-row inserts of the same bytes reach, as many a commit.

    First into the ledger's own tables with their keys, triggers and policies, under another
    ecosystem; then into tables of the same columns without any.
    """
    pending = pending_at(folded, log)
    made = made[: len(made) // CLIENTS * CLIENTS]
    for request in made:
        step(pending, request)
    recorder = Recorder()
    await pending.write(recorder.connection)
    commits = recorder.in_parts(len(made) // CLIENTS, TWIN)
    async with database.writing(TWIN) as connection:
        await entries.create_head(connection, TWIN)
    kept = perf_counter()
    for inserts in commits:
        async with database.writing(TWIN) as connection:
            for query, given in inserts:
                await connection.execute(query, *given)
    kept = perf_counter() - kept
    assert settings.owner_url is not None
    async with bare_tables(settings.owner_url) as bare:
        keyless = perf_counter()
        for inserts in commits:
            await bare.insert(inserts)
        keyless = perf_counter() - keyless
    return len(made) / kept, len(made) / keyless
