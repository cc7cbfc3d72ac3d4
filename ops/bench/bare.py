"""Bare tables: the rows of a batch without keys, triggers, policies or anything to be looked up.

What a multi-row insert of the same bytes reaches is the ceiling of any writer of these rows.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from ledger.store.pool import Connection
from ledger.store.queries import load

SQL = load(__file__)
Statement = tuple[str, tuple[object, ...]]


@dataclass(slots=True)
class Recorder:
    """A stand-in for a connection that keeps what it is told to insert, and finds nothing."""

    inserts: list[Statement] = field(default_factory=list)

    @property
    def connection(self) -> Connection:
        """Where a batch may be written."""
        return cast("Connection", self)

    async def execute(self, query: str, *given: object) -> None:
        """Keep an INSERT; anything else is no row of the batch."""
        if query.startswith("INSERT"):
            self.inserts.append((query, given))

    async def fetch(self, *_: object) -> list[object]:
        """Nothing."""
        return []


@dataclass(frozen=True, slots=True)
class BareTables:
    """A connection whose statements mean tables without keys."""

    _connection: Connection

    async def insert(self, statements: Sequence[Statement]) -> None:
        """The statements in one durable transaction."""
        async with self._connection.transaction():
            for query, given in statements:
                await self._connection.execute(query, *given)


@asynccontextmanager
async def bare_tables(owner_url: str) -> AsyncIterator[BareTables]:
    """Bare tables in the database of an owner's address, new ones each time."""
    url = make_url(owner_url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()
        driver = cast("Connection", raw.driver_connection)
        for name in ("make_schema", "make_tables", "look_there"):
            await driver.execute(SQL[name])
        yield BareTables(driver)
    await engine.dispose()
