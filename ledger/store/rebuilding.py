"""Rebuilding as stored: twins of the derived tables, and their comparison and swap, as the owner.

The one rule: twins are written by the product's own statements, which a search path leads to them,
so that what is compared is what the service would have written. The twins' shape comes from the
committed schema, passed in. A check ends by rolling back: it leaves nothing behind.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import asyncpg
import orjson

from ledger.errors import Trouble
from ledger.ids import EcosystemId
from ledger.observation import Observation
from ledger.store.pool import CONNECT_SECONDS, DRIVER_ERRORS, Connection, require_owner, translated
from ledger.store.queries import load
from ledger.tree import HASH_SIZE

SQL = load(__file__)

DERIVED = ("node", "projection", "posting", "wake")
"""Tables that say nothing that the entries do not: they have twins, and a swap replaces them."""
COMPARED = (
    "entry",
    "opening",
    "annex",
    "ledger_head",
    "checkpoint",
    "cosignature",
    "observation_row",
    "observation_batch",
    "observation_dropped",
    "book_snapshot",
    "idempotency_key",
)
"""Tables that are held against the entries, and that no rebuild can write."""
BESIDE: Mapping[str, str] = {
    "allowance": "what a party may still spend on requests; full again when lost",
    "alembic_version": "the schema's own number",
    "bank_line": "a bank's line; its statement's root is in the ledger",
    "bank_statement": "what a bank's lines are salted with",
    "notice_address": "where letters go; may be erased",
    "observation_upload": "how far an upload is, before its entry",
    "person_name": "whom a pseudonym stands for; may be erased",
}
"""Tables of which the ledger says nothing, and why."""
MAX_SHOWN = 100
"""Differing rows told one by one, a table; the others are counted."""


class ReplacedKept(Trouble):
    """The tables that an earlier swap replaced are still kept."""


@dataclass(frozen=True, slots=True)
class WholeEntry:
    """An entry with all its columns, its opening and its annex where they stand."""

    index: int
    at: datetime
    kind: str
    version: int
    party: str
    audience: tuple[str, ...]
    envelope: bytes
    leaf_hash: bytes
    salt: bytes | None
    body: bytes | None
    annex_salt: bytes | None
    annex: bytes | None


@dataclass(frozen=True, slots=True)
class WholeHead:
    """The head as stored. `hashes` may be of any number: it is what is checked."""

    size: int
    hashes: tuple[bytes, ...]
    last_at: datetime


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """What is stored of a batch of observations beside its entry."""

    index: int
    party: str
    series: str
    row_count: int


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row of observations at its place in its batch; of a dropped one the leaf hash alone."""

    batch_index: int
    number: int
    party: str
    series: str
    observation: Observation | None
    salt: bytes
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class DifferingRow:
    """A row as found and as expected: JSON of its columns, None where it does not stand."""

    place: str
    found: dict[str, Any] | None
    expected: dict[str, Any] | None


@asynccontextmanager
async def as_owner(
    url: str, *, will_commit: bool, twins: Iterable[str] = ()
) -> AsyncIterator[Connection]:
    """A transaction of the owner's, in which twins stand as `twins` make them.

    Without `will_commit` it sees one snapshot and is rolled back at its end. Raises Trouble, Fault.
    """
    try:
        connection = await asyncpg.connect(
            url, timeout=CONNECT_SECONDS, server_settings={"timezone": "UTC"}
        )
        try:
            transaction = connection.transaction(
                isolation="read_committed" if will_commit else "repeatable_read"
            )
            await transaction.start()
            try:
                await require_owner(connection)
                await _make_twins(connection, twins)
                yield connection
            except BaseException:
                await transaction.rollback()
                raise
            await (transaction.commit() if will_commit else transaction.rollback())
        finally:
            await connection.close()
    except DRIVER_ERRORS as error:
        raise translated(error) from error


async def _make_twins(connection: Connection, twins: Iterable[str]) -> None:
    await connection.execute(SQL["drop_schema"])
    await connection.execute(SQL["make_schema"])
    for statement in twins:
        await connection.execute(statement)


async def write_to_twins(connection: Connection) -> None:
    """Lead the product's own statements to the twins."""
    await connection.execute(SQL["write_to_twins"])


async def hold_writers(connection: Connection) -> None:
    """Let every writer wait until this transaction ends; a statement of its own, read after it."""
    await connection.execute(SQL["wait_a_while"])
    await connection.execute(SQL["hold_writers"])


async def swap(connection: Connection, dressing: Iterable[str]) -> None:
    """Put the twins in their tables' places; the replaced ones are kept in the schema `replaced`.

    `dressing` gives the twins what the originals have beside their shape. Raises ReplacedKept.
    """
    row = await connection.fetchrow(SQL["replaced_schema"])
    if row is not None and row["is_kept"]:
        raise ReplacedKept(
            "the tables that an earlier rebuild replaced are still in the schema `replaced`: look "
            "at them, DROP SCHEMA replaced CASCADE as the owner, and swap again"
        )
    await connection.execute(SQL["write_to_originals"])
    for statement in dressing:
        await connection.execute(statement)
    await connection.execute(SQL["make_replaced"])
    for table in DERIVED:
        for step in await connection.fetch(SQL["swap"], table):
            await connection.execute(step["statement"])
    await connection.execute(SQL["drop_schema"])


async def differing_rows(
    connection: Connection, ecosystem_id: EcosystemId, table: str
) -> tuple[list[DifferingRow], int]:
    """Rows in which a table and its twin differ, MAX_SHOWN at most, and how many there are."""
    made = await connection.fetchrow(SQL["comparison"], table)
    assert made is not None  # an aggregate without GROUP BY always gives one row
    rows = await connection.fetch(made["statement"], ecosystem_id, MAX_SHOWN)
    shown = [_differing(row, made["key"]) for row in rows]
    return shown, rows[0]["total"] if rows else 0


def _differing(row: asyncpg.Record, key: Sequence[str]) -> DifferingRow:
    found, expected = (
        None if row[name] is None else orjson.loads(row[name]) for name in ("found", "expected")
    )
    names = [name for name in key if name != "ecosystem_id"]
    either = found or expected or {}
    place = ", ".join(f"{name}={either[name]}" for name in names)
    return DifferingRow(place, found, expected)


async def whole_entries(
    connection: Connection, ecosystem_id: EcosystemId, index: int, limit: int
) -> list[WholeEntry]:
    """Up to `limit` entries from `index` on, oldest first, as they are stored."""
    rows = await connection.fetch(SQL["whole_entries"], ecosystem_id, index, limit)
    return [WholeEntry(**{**row, "audience": tuple(row["audience"])}) for row in rows]


async def whole_head(connection: Connection, ecosystem_id: EcosystemId) -> WholeHead | None:
    """The head as it is stored."""
    row = await connection.fetchrow(SQL["whole_head"], ecosystem_id)
    if row is None:
        return None
    data = row["frontier"]
    hashes = tuple(data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE))
    return WholeHead(row["size"], hashes, row["last_at"])


async def all_batches(connection: Connection, ecosystem_id: EcosystemId) -> list[StoredBatch]:
    """Every batch of observations, by its entry."""
    return [
        StoredBatch(*row.values())
        for row in await connection.fetch(SQL["all_batches"], ecosystem_id)
    ]


async def all_rows(connection: Connection, ecosystem_id: EcosystemId) -> AsyncIterator[StoredRow]:
    """Every row of observations as a stream, batch by batch."""
    async for row in connection.cursor(SQL["all_rows"], ecosystem_id, prefetch=1000):
        observation = None
        if row["reference"] is not None:
            observation = Observation(
                row["reference"],
                row["revision"],
                row["period"],
                row["at"],
                row["segment"],
                Fraction(row["value"]),
                None if row["denominator"] is None else Fraction(row["denominator"]),
                row["sample_size"],
                tuple(row["attribution"].split()),
            )
        yield StoredRow(
            row["batch_index"],
            row["number"],
            row["party"],
            row["series"],
            observation,
            row["salt"] or b"",
            row["leaf_hash"],
        )


async def stray_keys(connection: Connection, ecosystem_id: EcosystemId, size: int) -> list[str]:
    """Idempotency keys that lead beyond the ledger's `size` entries."""
    rows = await connection.fetch(SQL["stray_keys"], ecosystem_id, size, MAX_SHOWN)
    return [
        f"key {row['key']!r} of {row['party']} leads to {row['entry_count']} entries from "
        f"{row['first_index']} on"
        for row in rows
    ]
