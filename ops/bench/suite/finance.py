"""Finance: journals as streams, and a bank statement against what is due."""

import asyncio
import resource
import tracemalloc
from collections.abc import AsyncIterator, Callable
from time import perf_counter

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from ledger.actor import Actor
from ledger.bankstatement import BankStatement, ImportStatements
from ledger.batch import Request
from ledger.camt import NAMESPACE, pieces, read_camt
from ledger.read import Narrowed
from ledger.reference import creditor_reference
from ledger.store.queries import load
from ops.bench.figure import at_least, at_most
from ops.bench.frame import Run, bench
from ops.bench.workload import BUYER, PARTNERS, Payable, found_payable
from service.app import open_doors
from service.plaintext import Header, Pages, journal_beancount, journal_csv, journal_hledger

SQL = load(__file__)
FIRST = 1_000_000
"""Where the made entries begin: behind those of the founded chain."""
KIB = 1024


async def _filled(owner_url: str, payable: Payable, rows: int) -> None:
    """So many postings in the buyer's books."""
    url = make_url(owner_url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url)
    buyer, partner = payable.parties[BUYER], payable.parties[PARTNERS[0]]
    try:
        async with engine.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            await raw.execute(SQL["make_entries"], payable.ecosystem_id, buyer, FIRST, rows // 2)
            await raw.execute(
                SQL["make_postings"], payable.ecosystem_id, buyer, FIRST, rows // 2, partner
            )
            await raw.execute("ANALYZE posting")
            await raw.execute("ANALYZE entry")
    finally:
        await engine.dispose()


def _peak() -> int:
    """The most memory that this process ever held, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _held(make: Callable[[], object]) -> int:
    """Bytes that what is made holds, once it is made: a pool of free pages hides nothing of it."""
    tracemalloc.start()
    made = make()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del made
    return size


async def _longest_stop() -> float:
    """The longest that nobody else was served, in seconds; cancelled, it tells."""
    longest, last = 0.0, perf_counter()
    try:
        while True:
            await asyncio.sleep(0.005)
            now = perf_counter()
            longest, last = max(longest, now - last), now
    except asyncio.CancelledError:
        return max(longest, perf_counter() - last)


async def _drained(parts: AsyncIterator[bytes]) -> int:
    return sum([len(part) async for part in parts])


@bench("journal", size=1_000_000, smoke_size=2_000)
async def journal(run: Run) -> None:
    """A journal streamed as CSV, hledger and beancount, beside reading its rows alone.

    The peak of memory is compared with what the process held before the first stream.
    """
    settings = run.settings()
    async with open_doors(settings) as doors:
        payable = await found_payable(doors)
        assert settings.owner_url is not None
        await _filled(settings.owner_url, payable, run.size)
        actor = payable.actor(BUYER)
        size = FIRST + run.size
        names = {key: name for name, key in payable.parties.items()}
        header = Header(actor.party_id, "Bench", payable.ecosystem_id, size, names)

        def pages() -> Pages:
            return doors.bookkeeping.journal(actor, actor.party_id, size)

        started = perf_counter()
        rows = sum([len(page) async for page in pages()])
        alone = rows / (perf_counter() - started)
        run.figure("rows read alone", alone, "rows/s")
        before = _peak()
        kinds: tuple[tuple[str, Callable[[Header, Pages], AsyncIterator[bytes]]], ...] = (
            ("CSV", journal_csv),
            ("hledger", journal_hledger),
            ("beancount", journal_beancount),
        )
        for name, render in kinds:
            run.say(name)
            started = perf_counter()
            length = await _drained(render(header, pages()))
            seconds = perf_counter() - started
            rate = rows / seconds
            run.figure(f"{name} streamed", rate, "rows/s", beside=alone, than="rows read alone")
            run.figure(f"{name} of {rows:,} rows", length / KIB / KIB, "MiB")
        peak = _peak() / KIB
        what = "peak of memory, three streams"
        run.figure(what, peak, "MiB", beside=before / KIB, than="before", aim=at_most(1.3))


def statement_of(payable: Payable, party: str, count: int, sign: str) -> bytes:
    """A camt.053 file of so many transfers of one penny on the dues of all partners, or of one."""
    payees = PARTNERS if party == BUYER else (party,)
    references = [creditor_reference(payable.settlement_id, payable.parties[p]) for p in payees]
    side = "DBIT" if sign == "-" else "CRDT"
    entries = "".join(
        f'<Ntry><Amt Ccy="GBP">0.01</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>2024-07-01</Dt></BookgDt><AcctSvcrRef>{party}{number}</AcctSvcrRef><NtryDtls>"
        f"<TxDtls><RltdPties><Cdtr><Pty><Nm>Partner {number}</Nm></Pty></Cdtr></RltdPties><RmtInf>"
        f"<Strd><CdtrRefInf><Ref>{references[number % len(references)]}</Ref></CdtrRefInf></Strd>"
        f"</RmtInf></TxDtls></NtryDtls></Ntry>\n"
        for number in range(count)
    )
    return (
        f'<Document xmlns="{NAMESPACE}08"><BkToCstmrStmt><Stmt><Id>{party}</Id><Acct><Id><Othr>'
        f"<Id>{party}</Id></Othr></Id><Ccy>GBP</Ccy></Acct>\n{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


@bench("statement", size=50_000, smoke_size=200)
async def statement(run: Run) -> None:
    """A bank statement of so many transfers: read, matched, entered; then the payee's, which joins.

    Every line carries a due's reference, which is the most that a line can cost.
    """
    settings = run.settings()
    async with open_doors(settings) as doors:
        payable = await found_payable(doors)

        async def entered(statements: tuple[BankStatement, ...], actor: Actor) -> float:
            key = statements[0].statement_id
            request = Request(ImportStatements(statements), actor, key, key.encode())
            started = perf_counter()
            await doors.ledger.submit(request)
            return perf_counter() - started

        data = statement_of(payable, BUYER, run.size, "-")
        started = perf_counter()
        read = read_camt(pieces(data))
        seconds = perf_counter() - started
        held = _held(lambda: read_camt(pieces(data))) / run.size
        run.figure("memory held a line, once it is read", held, "bytes", aim=at_most(4096))
        run.figure(
            f"camt.053 of {len(data) / KIB / KIB:.0f} MiB read", run.size / seconds, "lines/s"
        )
        run.say("entering the payer's")
        longest = asyncio.create_task(_longest_stop())
        seconds = await entered(read, payable.actor(BUYER))
        longest.cancel()
        stop = await longest
        what = "longest stop of the loop meanwhile"
        run.figure(what, stop, "s", beside=seconds, than="the whole import")
        run.figure("payer's lines entered", run.size / seconds, "lines/s")
        run.figure("payer's statement entered", seconds, "s", aim=at_most(60))
        quarter = run.size // len(PARTNERS)
        theirs = statement_of(payable, PARTNERS[0], quarter, "+")
        run.say("entering a payee's")
        seconds = await entered(read_camt(pieces(theirs)), payable.actor(PARTNERS[0]))
        run.figure("payee's lines joined", quarter / seconds, "lines/s", aim=at_least(200))
        actor = payable.actor(BUYER)
        started = perf_counter()
        found = [due async for page in doors.bookkeeping.dues(actor, Narrowed()) for due in page]
        run.figure("reconciliation report read", perf_counter() - started, "s")
        cleared = sum(due.cleared_minor for due in found)
        assert cleared == quarter, f"{cleared} of {quarter} payments cleared"
