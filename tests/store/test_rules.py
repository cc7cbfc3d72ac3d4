"""The cellar's rules on the real server: append-only twice, ecosystems apart, standing queries."""

from collections.abc import AsyncIterator
from contextlib import suppress
from importlib import import_module
from pkgutil import iter_modules

import asyncpg
import pytest
import pytest_asyncio

from ledger import store
from ledger.errors import Fault
from ledger.ids import EcosystemId
from ledger.store import staging
from ledger.store.pool import open_database
from service.embedded import Embedded
from service.settings import Settings
from tests.world import World, bare

MODULES = [import_module(f"{store.__name__}.{each.name}") for each in iter_modules(store.__path__)]
QUERIES = [
    (module.__name__, name, text)
    for module in MODULES
    if module is not staging  # stands on tables of its own session
    for name, text in getattr(module, "SQL", {}).items()
]
HISTORY = ("entry", "opening", "node", "checkpoint", "idempotency_key", "posting")


@pytest_asyncio.fixture
async def service(database: Embedded) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the service's role."""
    connection = await asyncpg.connect(database.service_url)
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def superuser(database: Embedded) -> AsyncIterator[asyncpg.Connection]:
    """A connection that may do everything."""
    connection = await asyncpg.connect(database.url("postgres"))
    yield connection
    await connection.close()


async def test_every_query_stands_on_the_migrated_schema(service: asyncpg.Connection) -> None:
    """Tables, columns, parameter types and rights, by preparing them as the service."""
    assert len(QUERIES) > 25
    for _, _, text in QUERIES:
        await service.prepare(text)
    for name in ("make_rows", "make_facts"):  # what the others of staging stand on
        await service.execute(staging.SQL[name])
    for text in staging.SQL.values():
        await service.prepare(text)


@pytest.mark.parametrize("table", HISTORY)
async def test_the_service_may_not_change_history(service: asyncpg.Connection, table: str) -> None:
    """It has INSERT and SELECT, nothing else."""
    for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(statement)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service.execute(f"UPDATE {table} SET ecosystem_id = ecosystem_id")


@pytest.mark.parametrize("table", HISTORY)
async def test_not_even_a_superuser_changes_history_by_accident(
    world: World, superuser: asyncpg.Connection, table: str
) -> None:
    """Triggers refuse every change; going round them takes intent, and the audit finds it."""
    await world.found("Buyer", "Partner")
    with pytest.raises(asyncpg.RestrictViolationError):
        await superuser.execute(f"TRUNCATE {table} CASCADE")
    if await superuser.fetchval(f"SELECT count(*) FROM {table}"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await superuser.execute(f"DELETE FROM {table}")


async def test_a_query_without_a_where_sees_its_own_ecosystem_alone(
    world: World, service: asyncpg.Connection
) -> None:
    """Row-level security keeps ecosystems apart, and without a setting shows nothing."""
    await world.found("Buyer", "Partner")
    mine = bare(world.ecosystem_id)
    assert await service.fetchval("SELECT count(*) FROM entry") == 0
    async with service.transaction():
        await service.execute(f"SET LOCAL app.ecosystem = '{mine}'")
        assert await service.fetchval("SELECT count(*) FROM entry") == 1
    async with service.transaction():
        await service.execute("SET LOCAL app.ecosystem = '00000000-0000-8000-8000-000000000000'")
        assert await service.fetchval("SELECT count(*) FROM entry") == 0


async def test_postings_that_do_not_sum_to_zero_are_refused(
    world: World, superuser: asyncpg.Connection
) -> None:
    """By the database too, whoever writes them."""
    await world.found("Buyer", "Partner")
    with pytest.raises(asyncpg.CheckViolationError, match="sum to zero"):
        await superuser.execute(
            "INSERT INTO posting VALUES ($1, 0, 0, 'a', 'b', 'PAYABLE', 'EUR', 5, 1, 5)",
            bare(world.ecosystem_id),
        )


async def test_an_error_passed_over_in_a_transaction_is_not_taken_for_done(
    settings: Settings,
) -> None:
    """COMMIT after an error rolls back, and says so only by its answer."""
    database = await open_database(settings.database_url or "", 1)
    key = EcosystemId("00000000-0000-8000-8000-000000000001")

    async def careless() -> None:
        async with database.writing(key) as connection:
            with suppress(asyncpg.PostgresError):
                await connection.execute("SELECT 1/0")

    with pytest.raises(Fault, match="ROLLBACK"):
        await careless()
    await database.close()
