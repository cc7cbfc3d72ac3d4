"""Bare COPY: the rows that an upload made, as their owner copies them into a table like theirs.

The same columns, keys and indexes, in one statement from a file in the server's own binary form:
nothing is parsed, judged or hashed, and nobody is kept out. It is what PostgreSQL itself reaches.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from ledger.store.pool import Connection
from ledger.store.queries import load
from ops.bench.figure import Laps

SQL = load(__file__)
PATIENCE_SECONDS = 3600


@asynccontextmanager
async def as_owner(owner_url: str) -> AsyncIterator[Connection]:
    """A connection of the role that owns the schema."""
    url = make_url(owner_url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()
        yield cast("Connection", raw.driver_connection)
    await engine.dispose()


async def copy_again(owner_url: str, folder: Path, laps: int) -> Laps:
    """How long it takes to copy all observation rows into tables like theirs."""
    path, timed = folder / "rows.bin", Laps()
    async with as_owner(owner_url) as connection:
        await connection.copy_from_query(
            SQL["all_rows"], output=path, format="binary", timeout=PATIENCE_SECONDS
        )
        for _ in range(laps):
            await connection.execute(SQL["make_alike"])
            with timed:
                await connection.copy_to_table(
                    "alike", source=path, format="binary", timeout=PATIENCE_SECONDS
                )
            await connection.execute(SQL["drop_alike"])
    return timed
