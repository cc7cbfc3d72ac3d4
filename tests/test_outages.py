"""The database in hard times: disk full, read-only, out of connections; clear answers, no harm.

Each write answers "try later", reads go on where they can, nothing changes, and when the condition
ends writes go on by themselves.
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from ledger.canonical import TextMalformed
from ledger.errors import Fault, Trouble
from ledger.store.pool import (
    Contended,
    DatabaseExhausted,
    DatabaseReadOnly,
    DatabaseUnreachable,
    DoubleRow,
)
from service.embedded import Embedded
from service.system_user import server_account
from tests.auditor import audit
from tests.desk import Desk, until
from tests.test_crash import RECORD
from tests.world import World

ROWS = 400
"""Enough to need new pages."""
FULL = """
CREATE SEQUENCE tries;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
  IF nextval('tries') <= {times} THEN RAISE 'refused' USING ERRCODE = '{state}'; END IF;
  RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON entry {when}
  FOR EACH ROW EXECUTE FUNCTION refuse()"""
READ_ONLY = "default_transaction_read_only"
AT_INSERT, AT_COMMIT = "", "DEFERRABLE INITIALLY DEFERRED"


@pytest_asyncio.fixture
async def told(world: World) -> AsyncIterator[World]:
    """A founded ecosystem with some observations, audited after the test."""
    await world.found("Buyer", "Partner")
    assert (await record(world, "before"))["receipt"]["index"] == 1
    yield world
    await audit(world.settings, world.ecosystem_id)


@pytest_asyncio.fixture
async def superuser(database: Embedded) -> AsyncIterator[asyncpg.Connection]:
    """A connection that may do everything, also when others may not write."""
    settings = {"default_transaction_read_only": "off"}
    connection = await asyncpg.connect(database.url("postgres"), server_settings=settings)
    yield connection
    await connection.close()


async def answer(world: World, key: str) -> dict[str, Any]:
    """The whole answer to a batch of observations under a key."""
    rows = [{"reference": f"{key}-{n}", "period": "2024-04", "value": str(n)} for n in range(ROWS)]
    given = {"idempotencyKey": key, "series": "s", "rows": rows}
    return await world.ask(RECORD, {"g": given}, world.token("Buyer"))


async def record(world: World, key: str) -> dict[str, Any]:
    """The payload of a batch that got through."""
    told = await answer(world, key)
    assert "errors" not in told, told
    payload: dict[str, Any] = told["data"]["recordObservations"]
    return payload


async def hears_try_later(world: World) -> None:
    """A write is put off and changes nothing; reads go on."""
    seen = await looks(world)
    told = await answer(world, "meanwhile")
    assert [each["extensions"]["code"] for each in told["errors"]] == ["TRY_LATER"]
    assert await looks(world) == seen


async def looks(world: World) -> dict[str, Any]:
    """What a reader sees, checkpoint apart: that is signed a moment after a write."""
    asked = """{ ecosystem { size } entries(first: 100) { nodes { index leafHash } }
      observationTotals(series: "s") { value rowCount } }"""
    return await world.read("Partner", asked)


async def goes_on(world: World) -> None:
    """The same service takes writes again, the one that was put off too, once."""
    size = await world.size()
    landed = await record(world, "meanwhile")
    again = await record(world, "meanwhile")
    assert (landed["receipt"]["index"], landed["receipt"]["isRepeat"]) == (size, False)
    assert again["receipt"] == {**landed["receipt"], "isRepeat": True}


async def disconnect(superuser: asyncpg.Connection) -> None:
    """End every other connection to this database: whoever comes back comes anew."""
    await superuser.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 4 MB that the server may use; needs root."""
    account = server_account()
    if account is None:
        pytest.skip("only root may mount a small disk")
    disk = Path(f"/tmp/jpi-small-{os.getpid()}")
    disk.mkdir()
    options = f"size=4m,uid={account.pw_uid},gid={account.pw_gid},mode=0700"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", disk], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        disk.rmdir()
        pytest.skip("no disk may be mounted here")
    yield disk
    # lazily: a backend may still hold a file that is gone
    subprocess.run(["umount", "--lazy", disk], check=True)
    disk.rmdir()


async def test_a_full_disk_is_told_and_outlived(
    told: World, superuser: asyncpg.Connection, small_disk: Path
) -> None:
    """A real one: a tablespace on a small disk that somebody else fills."""
    await superuser.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
    try:
        await superuser.execute("ALTER TABLE observation_row SET TABLESPACE small")
        filler = small_disk / "filler"
        fill(filler)
        await hears_try_later(told)
        await hears_try_later(told)
        filler.unlink()
        await goes_on(told)
    finally:
        await superuser.execute("ALTER TABLE observation_row SET TABLESPACE pg_default")
        await superuser.execute("CHECKPOINT")
        await superuser.execute("DROP TABLESPACE small")


def fill(path: Path) -> None:
    """Use up what is left of a disk."""
    with path.open("wb") as file:
        file.write(bytes(shutil.disk_usage(path.parent).free))


@pytest.mark.parametrize("when", [AT_INSERT, AT_COMMIT], ids=["at INSERT", "at COMMIT"])
async def test_a_full_disk_is_outlived_wherever_it_is_noticed(
    told: World, superuser: asyncpg.Connection, when: str
) -> None:
    """The server's own words for it, also where no small disk can be mounted."""
    await superuser.execute(FULL.format(state="53100", times=10**6, when=when))
    await hears_try_later(told)
    await superuser.execute("DROP TRIGGER refuse ON entry")
    await goes_on(told)


async def test_a_database_that_is_read_only_still_answers_reads(
    told: World, database: Embedded, superuser: asyncpg.Connection
) -> None:
    """For sessions that begin meanwhile; they do not outlive the condition."""
    await superuser.execute(f"ALTER DATABASE {database.database} SET {READ_ONLY} = on")
    await disconnect(superuser)
    await hears_try_later(told)
    await hears_try_later(told)
    await superuser.execute(f"ALTER DATABASE {database.database} RESET {READ_ONLY}")
    await goes_on(told)


async def test_a_server_that_turns_read_only_still_answers_reads(
    told: World, superuser: asyncpg.Connection
) -> None:
    """For every session at once, as an operator does it."""
    probes = count()

    async def is_noticed() -> bool:
        return "errors" in await answer(told, f"probe-{next(probes)}")

    async def is_over() -> bool:
        return not await is_noticed()

    await superuser.execute(f"ALTER SYSTEM SET {READ_ONLY} = on")
    try:
        await superuser.execute("SELECT pg_reload_conf()")
        await until(is_noticed, "the service's sessions are read-only")
        await hears_try_later(told)
    finally:
        await superuser.execute(f"ALTER SYSTEM RESET {READ_ONLY}")
        await superuser.execute("SELECT pg_reload_conf()")
    await until(is_over, "they are not any more")
    await goes_on(told)


async def test_a_server_without_a_free_connection_is_outlived(
    told: World, database: Embedded, superuser: asyncpg.Connection
) -> None:
    """Neither writes nor reads for a while; then both."""
    limit = f"ALTER DATABASE {database.database} CONNECTION LIMIT"
    seen = await looks(told)
    await superuser.execute(f"{limit} 0")
    await disconnect(superuser)
    for asked in (RECORD, "{ ecosystem { size } }"):
        variables = {"g": {"idempotencyKey": "k", "series": "s", "rows": []}}
        heard = await told.ask(asked, variables, told.token("Buyer"))
        assert [each["extensions"]["code"] for each in heard["errors"]] == ["TRY_LATER"]
    assert (await told.client.get("/ready")).status_code == 503
    await superuser.execute(f"{limit} -1")
    assert await looks(told) == seen
    await goes_on(told)


@pytest.mark.parametrize("when", [AT_INSERT, AT_COMMIT], ids=["at INSERT", "at COMMIT"])
async def test_what_passes_quickly_is_retried_and_the_caller_hears_nothing_of_it(
    superuser: asyncpg.Connection, desk: Desk, when: str
) -> None:
    """Serialisation, deadlock, lock, connections, start-up: two failures, then it lands, once."""
    for state in ("40001", "40P01", "55P03", "53300", "57P03", "08006"):
        size = await desk.size()
        await superuser.execute(FULL.format(state=state, times=2, when=when))

        receipts = await asyncio.gather(*(desk.record(f"{state}-{n}") for n in range(5)))

        landed = [(each.index, each.is_repeat) for each in receipts]
        assert landed == [(size + n, False) for n in range(5)]
        assert await superuser.fetchval("SELECT last_value FROM tries") > 2
        await superuser.execute("DROP FUNCTION refuse CASCADE; DROP SEQUENCE tries")


async def test_each_sqlstate_has_its_kind(desk: Desk) -> None:
    """As the server itself says it: the world's trouble is retried, a fault of ours never."""
    kinds: dict[type[Trouble | Fault], str] = {
        DatabaseExhausted: "53100 53200 53300 53400",
        DatabaseReadOnly: "25006",
        Contended: "40001 40P01 55P03",
        DatabaseUnreachable: "08003 08006 57014 57P01 57P02 57P03 58030 XX000",
        Fault: "23514 22003 42P01 42501 XX001",
        DoubleRow: "23505",
    }
    for kind, states in kinds.items():
        for state in states.split():
            statement = f"DO $$ BEGIN RAISE '{state}' USING ERRCODE = '{state}'; END $$"
            with pytest.raises((Trouble, Fault), match=state) as told:
                async with desk.database.writing(desk.actor.ecosystem_id) as connection:
                    await connection.execute(statement)
            assert told.type is kind
    for state in ("22021", "22P05"):  # of a character that no text holds: the caller's to mend
        statement = f"DO $$ BEGIN RAISE '{state}' USING ERRCODE = '{state}'; END $$"
        with pytest.raises(TextMalformed):
            async with desk.database.writing(desk.actor.ecosystem_id) as connection:
                await connection.execute(statement)
