"""History in depth: refused to the service and the owner; who goes round the guards is found."""

import asyncio
import shutil
from pathlib import Path

import asyncpg
import pytest

from ops.verify import verify
from ops.witness import Alarm
from service.embedded import Embedded
from service.settings import Settings
from tests.auditor import audit, rebuild_check
from tests.rebuild.steps import full_ledger
from tests.test_story import BUYER, PARTNERS, TRACK, TRAIN
from tests.trust.steps import carry, exported, follower, record, rewritten
from tests.world import World, serving

APPEND_ONLY = {
    "entry",
    "opening",
    "node",
    "checkpoint",
    "cosignature",
    "idempotency_key",
    "posting",
    "observation_batch",
}
UNUSED = {"bank_line", "bank_statement", "observation_dropped"}
"""Guarded tables that this story does not fill: without a row only TRUNCATE can be tried."""
GUARDED = """SELECT DISTINCT relname FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE p.proname = 'refuse_change' ORDER BY relname"""
CHANGES = (
    "UPDATE {} SET ecosystem_id = ecosystem_id",
    "DELETE FROM {}",
    "TRUNCATE {} CASCADE",
)
OFF_LIMITS = (
    "UPDATE projection SET state = '{}'",
    "DELETE FROM projection",
    "TRUNCATE projection",
    "DELETE FROM ledger_head",
    "UPDATE ledger_head SET ecosystem_id = ecosystem_id",
    "UPDATE annex SET data = ''",
    "UPDATE observation_row SET value = 0",
    "ALTER TABLE entry DISABLE TRIGGER USER",
    "DROP TRIGGER entry_is_append_only ON entry",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE sql AS ''",
    "ALTER TABLE entry DISABLE ROW LEVEL SECURITY",
    "SET session_replication_role = replica",
    "SET ROLE jpi_owner",
    "CREATE TABLE own (n int)",
)


async def guarded(connection: asyncpg.Connection) -> list[str]:
    """Tables whose rows are never changed, by the catalogue."""
    found = [row["relname"] for row in await connection.fetch(GUARDED)]
    assert set(found) >= APPEND_ONLY
    return found


async def test_the_services_role_changes_nothing_that_is_history(
    world: World, database: Embedded, tmp_path: Path
) -> None:
    """It may not, not even one row of its own ecosystem, nor take the guards away."""
    await full_ledger(world, tmp_path)
    service = await asyncpg.connect(database.service_url)
    try:
        tables = await guarded(service)
        tried = [change.format(table) for table in tables for change in CHANGES]
        for statement in (*tried, *OFF_LIMITS):
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.PostgresError)) as no:
                await service.execute(statement)
            assert isinstance(no.value, asyncpg.InsufficientPrivilegeError), statement
    finally:
        await service.close()
    await audit(world.settings, world.ecosystem_id)


@pytest.mark.parametrize("role", ["jpi_owner", "postgres"])
async def test_owner_and_superuser_change_nothing_by_accident(
    world: World, database: Embedded, tmp_path: Path, role: str
) -> None:
    """With triggers enabled every change is refused, whoever asks, in every table."""
    await full_ledger(world, tmp_path)
    owner = await asyncpg.connect(database.url(role))
    try:
        for table in await guarded(owner):
            has_rows = await owner.fetchval(f"SELECT count(*) FROM {table}") > 0
            assert has_rows or table in UNUSED
            for change in CHANGES if has_rows else CHANGES[-1:]:
                with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
                    await owner.execute(change.format(table))
    finally:
        await owner.close()
    await audit(world.settings, world.ecosystem_id)


async def test_an_owner_who_disables_the_triggers_is_found(
    world: World, database: Embedded, tmp_path: Path
) -> None:
    """By the export's verification and by the rebuild check, each naming the entry."""
    await full_ledger(world, tmp_path)
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute("ALTER TABLE opening DISABLE TRIGGER USER")
    await owner.execute(
        """UPDATE opening SET body = convert_to(
            replace(convert_from(body, 'UTF8'), '37245.6', '17245.6'), 'UTF8')
        WHERE convert_from(body, 'UTF8') LIKE '%37245.6%'"""
    )
    await owner.execute("ALTER TABLE opening ENABLE TRIGGER USER")
    await owner.close()

    path = tmp_path / "altered.ndjson"
    findings = verify(path, await exported(world, BUYER, path)).findings
    assert any("the body is not the one committed to" in each for each in findings)
    told = (await rebuild_check(world.settings, world.ecosystem_id)).as_text()
    assert "the body is not the one committed to" in told
    assert "no rebuild can mend it" in told


async def test_an_owner_who_also_repairs_leaves_nodes_and_head_is_found(
    settings: Settings, database: Embedded, tmp_path: Path
) -> None:
    """The tree agrees with itself, not with what was signed: three ways to know."""
    async with serving(settings) as world:
        await world.found(BUYER, *PARTNERS)
        await record(world, TRACK, 6)
        one = follower(world, TRAIN, tmp_path)
        await asyncio.to_thread(one.register, "w")
        await asyncio.to_thread(one.step)
    before = (await rebuild_check(settings, world.ecosystem_id)).reports[0].entries

    await rewritten(settings, database, world.ecosystem_id, 3, resigns=False, role="jpi_owner")

    told = (await rebuild_check(settings, world.ecosystem_id)).as_text()
    assert "the entries were altered" in told
    assert "no rebuild can mend it" in told
    async with serving(settings) as host:  # the host remembers: nothing is written or signed
        carry(world, host)
        data = await host.read(TRACK, "{ ecosystem { writesStoppedBecause } }")
        assert "BESIDE" in data["ecosystem"]["writesStoppedBecause"]
    shutil.rmtree(settings.heads_folder)
    async with serving(settings) as host:  # a host that forgets goes on, and the witness finds it
        carry(world, host)
        await record(host, TRACK, 2, "forged")
        assert await host.size() == before + 2
        with pytest.raises(Alarm, match="FORK"):
            await asyncio.to_thread(one.step)
        path = tmp_path / "altered.ndjson"
        findings = verify(path, await exported(host, BUYER, path)).findings
        assert any("altered between entries" in each for each in findings)


async def test_a_superuser_with_the_stolen_log_key_is_found(
    world: World, database: Embedded, tmp_path: Path
) -> None:
    """Even the checkpoints agree: what others remember does not, inside this host and outside."""
    await world.found(BUYER, *PARTNERS)
    await record(world, TRACK, 6)
    one = follower(world, TRAIN, tmp_path)
    await asyncio.to_thread(one.register, "w")
    held = await asyncio.to_thread(one.step)

    await rewritten(world.settings, database, world.ecosystem_id, 3)

    told = (await rebuild_check(world.settings, world.ecosystem_id)).as_text()
    assert "it is BESIDE, a fork" in told  # the memory beside the log's key
    with pytest.raises(Alarm, match="FORK"):
        await asyncio.to_thread(one.step)
    shutil.rmtree(world.settings.heads_folder)
    assert (await rebuild_check(world.settings, world.ecosystem_id)).is_good
    path = tmp_path / "forged.ndjson"
    pinned = await exported(world, BUYER, path)
    assert verify(path, pinned).is_good
    findings = verify(path, pinned, held.note).findings
    assert any("FORK" in each for each in findings)
