"""`jpi rebuild`: whatever does not follow from the entries is named; derived tables are mended."""

import asyncio
import json
from pathlib import Path

import asyncpg
import pytest

from ledger.commit import Ledger
from ledger.ids import EcosystemId
from ledger.rebuild import PAGE
from ledger.store.pool import open_database
from ledger.store.rebuilding import BESIDE, COMPARED, DERIVED, MAX_SHOWN, ReplacedKept
from ops.migrate import SCHEMA_FILE, dump_schema
from ops.rebuild import NothingSwapped, swap_all
from service.embedded import Embedded
from service.memory import FileMemory
from service.settings import Settings
from tests.auditor import audit, owner_url, rebuild_check
from tests.desk import Desk
from tests.rebuild.steps import full_ledger, going_round
from tests.test_story import BUYER, TRACK
from tests.trust.steps import record
from tests.trust.test_proofs_and_keys import jpi
from tests.world import World, bare

LIES = {
    "a balance": (
        """UPDATE projection SET state = jsonb_set(state, '{state,balance_minor}', '1')
        WHERE concept = 'account'""",
        "projection concept=account",
    ),
    "a state that was never": (
        """INSERT INTO projection SELECT ecosystem_id, concept, 'x', from_index, until_index,
        first_index, parent_id, period, status, audience, state FROM projection LIMIT 1""",
        "object_id=x",
    ),
    "a state that is gone": (
        "DELETE FROM projection WHERE concept = 'settlement'",
        "projection concept=settlement",
    ),
    "an audience": ("UPDATE projection SET audience = '{x}'", "audience: found ['x']"),
    "an amount": ("UPDATE posting SET amount_minor = amount_minor * 2", "amount_minor: found"),
    "a posting that is gone": ("DELETE FROM posting WHERE line = 1", "found no row"),
    "a node": (r"UPDATE node SET hash = decode(repeat('00', 32), 'hex')", "node level=1, index=0"),
    "the head's tree": (
        r"UPDATE ledger_head SET frontier = decode(repeat('00', 32), 'hex')",
        "ledger_head frontier",
    ),
    "the head's size": ("UPDATE ledger_head SET size = size + 1", "ledger_head size"),
    "the newest entry": (
        """DELETE FROM entry WHERE index = (SELECT max(index) FROM entry);
        DELETE FROM opening WHERE index > (SELECT max(index) FROM entry)""",
        "ledger_head size",
    ),
    "an entry in the middle": ("DELETE FROM entry WHERE index = 4", "entry index=4: found none"),
    "who wrote it": ("UPDATE entry SET party = 'x' WHERE index = 2", "index=2, party: found x"),
    "an envelope": (
        r"UPDATE entry SET envelope = envelope || ' '::bytea WHERE index = 3",
        "entry index=3, leaf_hash",
    ),
    "a leaf": (
        r"UPDATE entry SET leaf_hash = decode(repeat('00', 32), 'hex') WHERE index = 3",
        "entry index=3, leaf_hash",
    ),
    "a body": (
        r"UPDATE opening SET body = body || ' '::bytea WHERE index = 3",
        "the body is not the one committed to",
    ),
    "an opening that is gone": ("DELETE FROM opening WHERE index = 3", "it has no opening"),
    "a text": (r"UPDATE annex SET data = '{}'::bytea", "annex index="),
    "a text that is gone": ("DELETE FROM annex", "no entry erased it"),
    "an observed value": (
        "UPDATE observation_row SET value = value + 1",
        "observation batch_index=",
    ),
    "an observation that is gone": ("DELETE FROM observation_row", "found 0 rows"),
    "a row that nobody's entry dropped": (
        """WITH gone AS (DELETE FROM observation_row RETURNING ecosystem_id, batch_number, number,
        leaf_hash) INSERT INTO observation_dropped SELECT * FROM gone""",
        "found its hash, expected the row: no entry dropped it",
    ),
    "a row that an entry dropped, back again": (
        r"""WITH back AS (DELETE FROM observation_dropped RETURNING batch_number, number)
        INSERT INTO observation_row SELECT (jsonb_populate_record(NULL::observation_row,
        to_jsonb(r) || to_jsonb(back) || '{"reference": "back"}')).*
        FROM back, LATERAL (SELECT * FROM observation_row LIMIT 1) AS r""",
        "found the row, expected its hash alone: an entry dropped it",
    ),
    "a dropped row's hash": (
        r"UPDATE observation_dropped SET leaf_hash = decode(repeat('00', 32), 'hex')",
        "observation batch_index=",
    ),
    "a dropped row without a trace": ("DELETE FROM observation_dropped", "found 0 rows"),
    "a count": ("UPDATE observation_batch SET row_count = 7", "observation_batch index="),
    "a batch that is gone": ("DELETE FROM observation_batch", "a batch"),
    "a checkpoint": (
        "UPDATE checkpoint SET note = replace(note, E'\\n\\n', E'\\n\\n\\n')",
        "checkpoint size=",
    ),
    "a cosignature": (
        "UPDATE cosignature SET line = overlay(line PLACING 'AAAA' FROM length(line) - 8 FOR 4)",
        "cosignature size=",
    ),
    "a stranger's cosignature": ("UPDATE cosignature SET verifier_key = 'x'", "registered witness"),
    "a key": ("UPDATE idempotency_key SET first_index = 10000", "idempotency_key"),
}


async def test_each_lie_is_named_by_its_table_and_place(
    world: World, database: Embedded, tmp_path: Path
) -> None:
    """One after the other, each put right again: nothing else is blamed in between."""
    await full_ledger(world, tmp_path)
    await audit(world.settings, world.ecosystem_id)
    silent = []
    for name, (statement, expected) in LIES.items():
        async with going_round(database) as owner, owner.transaction() as _:
            await kept_aside(owner)
        async with going_round(database) as owner:
            await owner.execute(statement)
        found = await rebuild_check(world.settings, world.ecosystem_id)
        if found.is_good or not any(
            expected in each.sentence for each in found.reports[0].differences
        ):
            silent.append((name, found.as_text()))
        async with going_round(database) as owner, owner.transaction() as _:
            await put_right(owner)
    assert silent == []
    await audit(world.settings, world.ecosystem_id)


TABLES = (
    "entry",
    "opening",
    "annex",
    "node",
    "ledger_head",
    "projection",
    "posting",
    "checkpoint",
    "cosignature",
    "observation_row",
    "observation_batch",
    "observation_dropped",
    "idempotency_key",
)


async def kept_aside(owner: asyncpg.Connection) -> None:
    """What the tables hold, to be put back."""
    await owner.execute("CREATE SCHEMA aside")
    for table in TABLES:
        await owner.execute(f"CREATE TABLE aside.{table} AS TABLE public.{table}")


async def put_right(owner: asyncpg.Connection) -> None:
    """The tables as they were."""
    for table in TABLES:
        await owner.execute(f"DELETE FROM public.{table}")
        await owner.execute(f"INSERT INTO public.{table} TABLE aside.{table}")
    await owner.execute("DROP SCHEMA aside CASCADE")


async def test_a_check_is_told_to_persons_and_machines_and_leaves_nothing_behind(
    world: World, database: Embedded, tmp_path: Path
) -> None:
    """Exit 0 when all is well, 1 when not; the database is as it was."""
    await full_ledger(world, tmp_path)
    owner = {"JPI_OWNER_DATABASE_URL": owner_url(world.settings)}
    before = dump_schema(database)

    good = await asyncio.to_thread(jpi, world.settings, "rebuild", **owner)
    assert (good.returncode, good.stdout.count("VERDICT: GOOD")) == (0, 1), good.stderr
    async with going_round(database) as forger:
        await forger.execute("UPDATE posting SET amount_minor = amount_minor * 2")
    told = await asyncio.to_thread(jpi, world.settings, "rebuild", "--check", **owner)
    assert told.returncode == 1
    assert "posting entry_index=" in told.stdout
    assert "`jpi rebuild --swap` writes them anew" in told.stdout
    chosen = ("rebuild", "--ecosystem", world.ecosystem_id, "--json")
    made = await asyncio.to_thread(jpi, world.settings, *chosen, **owner)

    assert made.returncode == 1
    [report] = json.loads(made.stdout)["ecosystems"]
    assert {each["table"] for each in report["differences"]} == {"posting"}
    assert report["entries"] == await world.size()
    assert dump_schema(database) == before


async def test_a_role_that_does_not_own_the_schema_is_told_so(world: World, tmp_path: Path) -> None:
    """It sees no ledger, and says so: nothing is found good, or backed up, unseen."""
    await world.found(BUYER, TRACK)
    service = {"JPI_OWNER_DATABASE_URL": world.settings.database_url or ""}

    backup = ("backup", str(tmp_path / "backup"))
    for words in (("rebuild", "--check"), ("rebuild", "--swap"), backup, ("rotate-log-key",)):
        told = await asyncio.to_thread(jpi, world.settings, *words, **service)
        assert told.returncode == 1
        assert "must name the role that owns the schema" in told.stderr, words


async def test_derived_tables_are_swapped_under_a_running_service(
    world: World, database: Embedded, tmp_path: Path
) -> None:
    """Mended in one transaction, dressed as the migrations dress them; writers only wait."""
    await full_ledger(world, tmp_path)
    url, memory = owner_url(world.settings), FileMemory(world.settings.heads_folder)
    async with going_round(database) as forger:
        await forger.execute("UPDATE posting SET amount_minor = amount_minor * 2")
        await forger.execute("DELETE FROM projection WHERE concept = 'payment'")
        await forger.execute("DELETE FROM node WHERE level = 1")
        key = bare(world.ecosystem_id)
        await forger.execute("INSERT INTO wake VALUES ($1, now() + interval '1 year')", key)
    assert not (await rebuild_check(world.settings, world.ecosystem_id)).is_good

    swapping = asyncio.create_task(swap_all(url, memory))
    await asyncio.gather(
        *(record(world, TRACK, 3, f"meanwhile-{n}-") for n in range(4)),
    )

    swapped = await swapping
    assert swapped.is_swapped
    assert swapped.is_good
    mended = {each.table for each in swapped.reports[0].differences}
    assert mended == set(DERIVED)
    await audit(world.settings, world.ecosystem_id)
    await record(world, TRACK, 2, "afterwards")
    payments = await world.read(BUYER, "{ payments { nodes { id } } }")
    assert payments["payments"]["nodes"]
    await audit(world.settings, world.ecosystem_id)
    service = await asyncpg.connect(database.service_url)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service.execute("SELECT FROM replaced.posting")
    await service.close()
    with pytest.raises(ReplacedKept, match="DROP SCHEMA replaced"):
        await swap_all(url, memory)
    async with going_round(database) as owner:
        await owner.execute("DROP SCHEMA replaced CASCADE")
    assert dump_schema(database) == SCHEMA_FILE.read_text()


async def test_a_ledger_at_fault_is_never_swapped(
    world: World, database: Embedded, tmp_path: Path
) -> None:
    """Its entries are what a rebuild believes: nothing is changed, the operator is told why."""
    await full_ledger(world, tmp_path)
    async with going_round(database) as forger:
        await forger.execute("UPDATE entry SET envelope = envelope || ' ' WHERE index = 3")

    memory = FileMemory(world.settings.heads_folder)
    with pytest.raises(NothingSwapped, match="restore a backup"):
        await swap_all(owner_url(world.settings), memory)

    async with going_round(database) as forger:
        assert await forger.fetchval("SELECT to_regnamespace('replaced')") is None
        assert await forger.fetchval("SELECT to_regnamespace('rebuilt')") is None


async def test_a_ledger_of_many_pages_is_refolded_with_its_snapshots(
    desk: Desk, settings: Settings, database: Embedded
) -> None:
    """Page after page; a forged snapshot is found by replay; many differences are counted."""
    identity = desk.ledger.log_identity
    await desk.ledger.close()
    desk.ledger = Ledger(desk.database, identity, snapshot_every=200)
    await asyncio.gather(*(desk.record(f"r{number}") for number in range(PAGE * 2 + 100)))
    await desk.ledger.close()
    key = EcosystemId(desk.actor.ecosystem_id)
    opened = await open_database(settings.database_url or "", 1)
    async with opened.reading(key) as connection:
        kept = await connection.fetchval("SELECT count(*) FROM book_snapshot")
    await opened.close()
    found = await rebuild_check(settings, key)
    assert found.is_good, found.as_text()
    assert found.reports[0].entries == PAGE * 2 + 101
    assert kept > 0

    async with going_round(database) as forger:
        await forger.execute("UPDATE book_snapshot SET state = 'x'")
        forged = await rebuild_check(settings, key)
        assert "book_snapshot size=" in forged.as_text()
        await forger.execute("DELETE FROM book_snapshot")
        await forger.execute("UPDATE node SET hash = decode(repeat('00', 32), 'hex')")
        forged = await rebuild_check(settings, key)
        assert len(forged.reports[0].differences) == MAX_SHOWN
        nodes = await forger.fetchval("SELECT count(*) FROM node")
        assert forged.reports[0].more == nodes - MAX_SHOWN
    await swap_all(owner_url(settings), FileMemory(settings.heads_folder))


async def test_every_table_has_its_place_in_the_rebuild(database: Embedded) -> None:
    """Derived and swapped, compared, or beside the ledger with a reason; a new one, too."""
    tables = "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'"
    async with going_round(database) as owner:
        rows = await owner.fetch(tables)

    assert {row["relname"] for row in rows} == {*DERIVED, *COMPARED, *BESIDE}
