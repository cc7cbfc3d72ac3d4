"""Row-level security with the WHERE taken away: every table, as the service's own role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from service.embedded import Embedded
from tests.strangers.full import full
from tests.world import World, bare

SHARED = {"alembic_version": "the migration's number"}
"""Tables that are nobody's."""
SEEN_BY_ALL = {"wake": "which ecosystem is due when: the clock of all looks there"}
"""Tables whose rows the service sees of every ecosystem, and why; they hold ids and instants."""
TABLES = """SELECT relname AS name, relrowsecurity AS is_guarded FROM pg_class
  WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY relname"""
COLUMNS = """SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::text::regclass
  AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"""
EMPTY = {"book_snapshot", "observation_dropped"}
"""Tables in which the full ecosystem has no rows; what makes them has tests of its own."""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def named(connection: asyncpg.Connection, ecosystem_id: str) -> None:
    """The transaction is about an ecosystem, as `Database` says it."""
    await connection.execute(f"SET LOCAL app.ecosystem = '{ecosystem_id}'")


async def test_every_table_shows_the_named_ecosystem_alone(
    world: World, database: Embedded, tmp_path: Path
) -> None:
    """Two ecosystems with rows everywhere; no WHERE anywhere; no row of the other, in no table."""
    await full(world, tmp_path)
    other = World(world.settings, world.client, count=world.count)
    (tmp_path / "other").mkdir()
    await full(other, tmp_path / "other")
    mine, theirs = bare(world.ecosystem_id), bare(other.ecosystem_id)
    async with (
        connected(database.service_url) as service,
        connected(database.url("postgres")) as owner,
    ):
        tables = {row["name"]: row["is_guarded"] for row in await owner.fetch(TABLES)}
        assert len(tables) > 20
        assert {name for name in tables if not tables[name]} == {*SHARED}
        for name in tables.keys() - SHARED.keys():
            count = f"SELECT ecosystem_id::text, count(*) FROM {name} GROUP BY 1"
            whole = await _counted(owner, count)
            assert (name in EMPTY) or (whole[mine] and whole[theirs]), name
            if name in SEEN_BY_ALL:
                continue
            assert await service.fetch(count) == [], f"{name} without an ecosystem named"
            for key in (mine, theirs):
                async with service.transaction():
                    await named(service, key)
                    seen = await _counted(service, count)
                assert seen == {k: v for k, v in whole.items() if k == key}, name


async def _counted(connection: asyncpg.Connection, count: str) -> dict[str, int]:
    """Rows by ecosystem, as the connection sees them."""
    return {str(key): int(number) for key, number in await connection.fetch(count)}


async def test_no_row_can_be_put_into_or_taken_from_another_ecosystem(
    world: World, database: Embedded, tmp_path: Path
) -> None:
    """By INSERT, UPDATE or DELETE of whatever the service's role may change at all."""
    await full(world, tmp_path)
    mine = "00000000-0000-8000-8000-000000000000"
    async with (
        connected(database.service_url) as service,
        connected(database.url("postgres")) as owner,
    ):
        tables = [row["name"] for row in await owner.fetch(TABLES)]
        for name in (each for each in tables if each not in {*SHARED, *EMPTY}):
            before = await owner.fetch(f"SELECT * FROM {name}")
            columns = [row["name"] for row in await owner.fetch(COLUMNS, name)]
            row = await owner.fetchrow(f"SELECT {', '.join(columns)} FROM {name}")
            assert row is not None
            places = ", ".join(f"${number}" for number, _ in enumerate(columns, 1))
            insert = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({places})"
            assert await _changed(service, mine, insert, *row.values()) is None, name
            for change in (
                f"UPDATE {name} SET ecosystem_id = ecosystem_id",
                f"DELETE FROM {name}",
            ):
                assert await _changed(service, mine, change) in (None, 0), (name, change)
            assert await owner.fetch(f"SELECT * FROM {name}") == before


async def _changed(
    service: asyncpg.Connection, ecosystem_id: str, statement: str, *values: object
) -> int | None:
    """How many rows a statement changed with an ecosystem named; None where it may not at all."""
    try:
        async with service.transaction():
            await named(service, ecosystem_id)
            done: str = await service.execute(statement, *values)
    except asyncpg.InsufficientPrivilegeError:
        return None
    return int(done.rpartition(" ")[2])
