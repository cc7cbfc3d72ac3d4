"""A world whose calendar a test may turn: the service's clock and PostgreSQL's go together.

The service refuses to write when the two drift apart, and it does so here too: the database's own
`clock_timestamp` is shadowed by one that is shifted, in this test's database alone.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg

from ledger.commit import system_clock
from service.embedded import Embedded
from service.settings import Settings
from tests.desk import Clock
from tests.world import World, serving

SHIFTED = (
    "CREATE SCHEMA shifted",
    "CREATE TABLE shifted.off AS SELECT interval '0' AS by",
    """CREATE FUNCTION shifted.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    SECURITY DEFINER AS 'SELECT pg_catalog.clock_timestamp() + by FROM shifted.off'""",
    "GRANT USAGE ON SCHEMA shifted TO PUBLIC",
)


class Shift:
    """Turns the calendar of both clocks."""

    def __init__(self, clock: Clock, superuser: asyncpg.Connection) -> None:
        self.clock = clock
        self._superuser = superuser

    async def to(self, instant: str) -> None:
        """It is "2026-03-02T09:00" in UTC now, and time goes on from there."""
        there = datetime.fromisoformat(instant).replace(tzinfo=UTC)
        await self.by(there - system_clock())

    async def by(self, off: timedelta) -> None:
        """It is that much later than it is."""
        await self._superuser.execute("UPDATE shifted.off SET by = $1", off)
        self.clock.off = off


@asynccontextmanager
async def shifting(
    settings: Settings, database: Embedded, start: str
) -> AsyncIterator[tuple[World, Shift]]:
    """A service that listens, its users, and its calendar, which begins at `start`."""
    superuser = await asyncpg.connect(database.url("postgres"))
    try:
        for statement in SHIFTED:
            await superuser.execute(statement)
        name = await superuser.fetchval("SELECT current_database()")
        path = "shifted, pg_catalog, public"
        await superuser.execute(f'ALTER DATABASE "{name}" SET search_path = {path}')
        shift = Shift(Clock(), superuser)
        await shift.to(start)
        async with serving(settings, shift.clock) as world:
            yield world, shift
    finally:
        await superuser.close()
