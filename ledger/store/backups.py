"""Backups as the database sees them: one snapshot for all that is copied, an empty one to fill.

The one rule: what a manifest says and what is copied are the same moment: the copying program
reads in the snapshot that this session exports, and holds open meanwhile.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from ledger.ids import EcosystemId
from ledger.store.entries import frontier
from ledger.store.pool import CONNECT_SECONDS, DRIVER_ERRORS, Connection, require_owner, translated
from ledger.store.pool import SQL as POOL_SQL
from ledger.store.queries import load
from ledger.tree import Frontier

SQL = load(__file__)


@dataclass(frozen=True, slots=True)
class HeadCopied:
    """An ecosystem's head as copied. `note` is its newest checkpoint; empty before the first."""

    ecosystem_id: EcosystemId
    frontier: Frontier
    note: str


@dataclass(frozen=True, slots=True)
class Moment:
    """What a backup is of: an exported snapshot, the server's major version, schema and heads."""

    snapshot: str
    server: int
    schema: str
    heads: tuple[HeadCopied, ...]


@asynccontextmanager
async def reading_as_owner(url: str) -> AsyncIterator[Connection]:
    """One snapshot of the whole database, as its owner. Raises NotTheOwner, Trouble, Fault."""
    try:
        connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                await require_owner(connection)
                yield connection
        finally:
            await connection.close()
    except DRIVER_ERRORS as error:
        raise translated(error) from error


async def moment(connection: Connection) -> Moment:
    """What a backup made in this snapshot is of."""
    row = await connection.fetchrow(SQL["export_snapshot"])
    assert row is not None  # a SELECT without FROM gives one row
    schema = await connection.fetchval(POOL_SQL["schema_version"])
    return Moment(row["name"], row["server"], schema, tuple(await all_heads(connection)))


async def all_heads(connection: Connection) -> list[HeadCopied]:
    """Every ecosystem's head, with its newest published checkpoint."""
    heads = []
    for row in await connection.fetch(SQL["all_heads"]):
        found = frontier(row["size"], row["frontier"])
        heads.append(HeadCopied(EcosystemId(str(row["ecosystem_id"])), found, row["note"]))
    return heads


async def prepare_empty(url: str) -> tuple[int, int]:
    """How many relations a database has, and its server's major version.

    Where it has none, the service's role is made unless it is there. Raises Trouble, Fault.
    """
    try:
        connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
        try:
            row = await connection.fetchrow(SQL["relation_count"])
            assert row is not None  # a count gives one row
            if row["relations"] == 0:
                await connection.execute(SQL["service_role"])
        finally:
            await connection.close()
    except DRIVER_ERRORS as error:
        raise translated(error) from error
    return row["relations"], row["server"]
