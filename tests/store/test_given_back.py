"""Given back: a connection goes back to the pool when nothing runs on it, whoever waits no more."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from ledger.ids import EcosystemId
from ledger.store.pool import Database, open_database
from service.embedded import Embedded
from service.settings import Settings
from tests.desk import until

KEY = EcosystemId("00000000-0000-8000-8000-000000000001")
SLOW_COMMIT = """
CREATE TEMP TABLE IF NOT EXISTS slow (number integer);
CREATE OR REPLACE FUNCTION pg_temp.sleep_a_little() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER sleeps AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pg_temp.sleep_a_little();
INSERT INTO slow VALUES (1);
"""
"""A transaction whose COMMIT takes a while."""
COMMITTING = "SELECT pid FROM pg_stat_activity WHERE query = 'COMMIT' AND state = 'active'"


@pytest_asyncio.fixture
async def superuser(database: Embedded) -> AsyncIterator[asyncpg.Connection]:
    """A connection of one who sees and ends everybody's."""
    connection = await asyncpg.connect(database.url("postgres"))
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def pool(settings: Settings) -> AsyncIterator[Database]:
    """A pool of one connection."""
    database = await open_database(settings.database_url or "", 1)
    yield database
    await database.close()


async def committing(pool: Database, superuser: asyncpg.Connection) -> asyncio.Task[None]:
    """A transaction whose COMMIT runs now."""

    async def write() -> None:
        async with pool.writing(KEY) as connection:
            await connection.execute(SLOW_COMMIT)

    async def runs() -> bool:
        return await superuser.fetchval(COMMITTING) is not None

    task = asyncio.create_task(write())
    await until(runs, "the COMMIT runs")
    return task


async def test_a_commit_ends_before_its_connection_serves_another(
    pool: Database, superuser: asyncpg.Connection
) -> None:
    """Cancelled twice while it ran: it is durable, and the next one finds a free connection."""
    task = await committing(pool, superuser)

    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async with pool.reading(KEY) as connection:
        assert await connection.fetchval("SELECT number FROM slow") == 1


async def test_an_error_of_what_nobody_waits_for_is_heard(
    pool: Database, superuser: asyncpg.Connection
) -> None:
    """The server dies at the COMMIT of one who went away: the loop has nothing to complain of."""
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, complaint: complaints.append(complaint))
    task = await committing(pool, superuser)

    task.cancel()
    await asyncio.sleep(0)
    await superuser.execute(f"SELECT pg_terminate_backend(pid) FROM ({COMMITTING}) AS found")
    with pytest.raises(asyncio.CancelledError):
        await task
    del task
    gc.collect()
    await asyncio.sleep(0)

    assert complaints == []
    async with pool.reading(KEY) as connection:
        assert await connection.fetchval("SELECT 1") == 1
