"""What the owner does for a bench: bare tables, and statistics after a growth of minutes.

Bare tables take the rows of a batch without keys, triggers, policies or anything to be looked up:
what a multi-row insert of the same bytes reaches there is the ceiling of any writer of these rows.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
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

    def in_parts(self, count: int, ecosystem_id: str) -> list[list[Statement]]:
        """The same rows of another ecosystem in so many equal parts, in order."""

        def part(number: int, columns: Sequence[object]) -> Iterator[object]:
            for column in cast("Sequence[list[object]]", columns):
                start, end = (len(column) * edge // count for edge in (number, number + 1))
                yield column[start:end]

        return [
            [(query, (ecosystem_id, *part(number, given[1:]))) for query, given in self.inserts]
            for number in range(count)
        ]

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
async def _owner(url: str) -> AsyncIterator[Connection]:
    """The driver's connection at an owner's address."""
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    try:
        async with engine.connect() as connection:
            raw = await connection.get_raw_connection()
            yield cast("Connection", raw.driver_connection)
    finally:
        await engine.dispose()


@asynccontextmanager
async def bare_tables(owner_url: str) -> AsyncIterator[BareTables]:
    """Bare tables in the database of an owner's address, which must have none yet."""
    async with _owner(owner_url) as owner:
        for name in ("make_schema", "make_tables", "look_there"):
            await owner.execute(SQL[name])
        yield BareTables(owner)


async def refresh_statistics(owner_url: str) -> None:
    """Tell the planner about tables that have just grown, before autovacuum comes round."""
    async with _owner(owner_url) as owner:
        await owner.execute(SQL["refresh_statistics"])
