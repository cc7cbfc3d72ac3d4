"""Entries, openings, annexes, nodes, checkpoints and keys: the ledger as stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from ledger.errors import Fault
from ledger.history import Entry
from ledger.ids import EcosystemId
from ledger.store.pool import Connection
from ledger.store.queries import array_literal, load
from ledger.tree import HASH_SIZE, Frontier

SQL = load(__file__)

EVERYTHING = "*"
"""The viewer that the service itself is: it may open every body."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the next entry goes. `last_at` is None before the first; `database_at` its clock."""

    frontier: Frontier
    last_at: datetime | None
    database_at: datetime


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as a viewer may see it; opening and annex are None outside its audience."""

    index: int
    envelope: bytes
    leaf_hash: bytes
    salt: bytes | None
    body: bytes | None
    annex_salt: bytes | None
    annex: bytes | None


@dataclass(frozen=True, slots=True)
class UsedKey:
    """What a party's key led to."""

    party: str
    key: str
    fingerprint: bytes
    first_index: int
    entry_count: int
    object_id: str


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A published checkpoint, verbatim."""

    size: int
    note: str


async def create_head(connection: Connection, ecosystem_id: EcosystemId) -> None:
    """Make room for a new ecosystem; nothing when it is there."""
    await connection.execute(SQL["create_head"], ecosystem_id)


async def lock_head(connection: Connection, ecosystem_id: EcosystemId) -> Head | None:
    """The head under its row lock, or None when the ecosystem was never founded.

    Two statements on purpose: what a statement reads is as of its start, and the lock may have
    been waited for.
    """
    if await connection.fetchrow(SQL["lock_head"], ecosystem_id) is None:
        return None
    row = await connection.fetchrow(SQL["locked_head"], ecosystem_id)
    if row is None:
        return None
    found = frontier(row["size"], row["frontier"])
    return Head(found, row["last_at"], row["database_at"])


async def size_at(connection: Connection, ecosystem_id: EcosystemId, instant: datetime) -> int:
    """How many entries had been made by an instant."""
    size: int | None = await connection.fetchval(SQL["size_at"], ecosystem_id, instant)
    return size or 0


async def read_head(connection: Connection, ecosystem_id: EcosystemId) -> Frontier | None:
    """The committed tree's frontier, or None when the ecosystem was never founded."""
    row = await connection.fetchrow(SQL["head"], ecosystem_id)
    return None if row is None else frontier(row["size"], row["frontier"])


def frontier(size: int, hashes: bytes) -> Frontier:
    """The tree's frontier as stored. Raises Fault where the hashes are not those of such a size."""
    parts = [hashes[i : i + HASH_SIZE] for i in range(0, len(hashes), HASH_SIZE)]
    try:
        return Frontier(size, parts)
    except ValueError as error:
        raise Fault(f"the head of {size} entries is none: {error}") from error


async def append(
    connection: Connection,
    ecosystem_id: EcosystemId,
    entries: Sequence[Entry],
    nodes: Sequence[tuple[int, int, bytes]],
    frontier: Frontier,
) -> None:
    """Entries of a batch in order, with the inner nodes they complete, and the moved head."""
    await connection.execute(
        SQL["append_entries"],
        ecosystem_id,
        [entry.index for entry in entries],
        [entry.at for entry in entries],
        [entry.kind for entry in entries],
        [entry.version for entry in entries],
        [entry.party for entry in entries],
        [array_literal(entry.audience) for entry in entries],
        [entry.envelope for entry in entries],
        [entry.leaf_hash for entry in entries],
    )
    await connection.execute(
        SQL["append_openings"],
        ecosystem_id,
        [entry.index for entry in entries],
        [entry.salt for entry in entries],
        [entry.body for entry in entries],
    )
    annexed = [entry for entry in entries if entry.annex is not None]
    if annexed:
        await connection.execute(
            SQL["append_annexes"],
            ecosystem_id,
            [entry.index for entry in annexed],
            [entry.annex_salt for entry in annexed],
            [entry.annex for entry in annexed],
        )
    await append_nodes(connection, ecosystem_id, nodes)
    hashes = b"".join(frontier.hashes)
    last_at = entries[-1].at
    await connection.execute(SQL["move_head"], ecosystem_id, frontier.size, hashes, last_at)


async def append_nodes(
    connection: Connection,
    ecosystem_id: EcosystemId,
    nodes: Sequence[tuple[int, int, bytes]],
) -> None:
    """Complete inner nodes as (level, index, hash)."""
    if nodes:
        await connection.execute(
            SQL["append_nodes"],
            ecosystem_id,
            [level for level, _, _ in nodes],
            [index for _, index, _ in nodes],
            [digest for _, _, digest in nodes],
        )


async def erase_annexes(
    connection: Connection, ecosystem_id: EcosystemId, indices: Sequence[int]
) -> None:
    """Free text of entries, gone for good; their envelopes keep the commitment."""
    await connection.execute(SQL["erase_annexes"], ecosystem_id, list(indices))


async def entries_from(
    connection: Connection,
    ecosystem_id: EcosystemId,
    index: int,
    limit: int,
    viewer: str = EVERYTHING,
) -> list[StoredEntry]:
    """Up to `limit` entries from `index` on, oldest first."""
    rows = await connection.fetch(SQL["entries_from"], ecosystem_id, index, limit, viewer)
    return [_stored(row) for row in rows]


async def entries_before(
    connection: Connection, ecosystem_id: EcosystemId, index: int, limit: int, viewer: str
) -> list[StoredEntry]:
    """Up to `limit` entries before `index`, newest first."""
    rows = await connection.fetch(SQL["entries_before"], ecosystem_id, index, limit, viewer)
    return [_stored(row) for row in rows]


async def entries_at(
    connection: Connection, ecosystem_id: EcosystemId, indices: Sequence[int], viewer: str
) -> dict[int, StoredEntry]:
    """The entries at the given indices, by index."""
    rows = await connection.fetch(SQL["entries_at"], ecosystem_id, list(indices), viewer)
    return {row["index"]: _stored(row) for row in rows}


def _stored(row: asyncpg.Record) -> StoredEntry:
    return StoredEntry(
        row["index"],
        row["envelope"],
        row["leaf_hash"],
        row["salt"],
        row["body"],
        row["annex_salt"],
        row["annex"],
    )


async def read_nodes(
    connection: Connection, ecosystem_id: EcosystemId, places: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], bytes]:
    """Hashes of complete nodes by (level, index); level 0 are the leaves."""
    leaves = [index for level, index in places if level == 0]
    inner = [(level, index) for level, index in places if level > 0]
    found: dict[tuple[int, int], bytes] = {}
    if leaves:
        rows = await connection.fetch(SQL["leaves_at"], ecosystem_id, leaves)
        found |= {(0, row["index"]): row["hash"] for row in rows}
    if inner:
        rows = await connection.fetch(
            SQL["nodes_at"], ecosystem_id, [level for level, _ in inner], [i for _, i in inner]
        )
        found |= {(row["level"], row["index"]): row["hash"] for row in rows}
    return found


async def publish_checkpoint(
    connection: Connection, ecosystem_id: EcosystemId, size: int, note: str, at: datetime
) -> None:
    """Keep a checkpoint for ever, unless one of its size is published."""
    await connection.execute(SQL["publish_checkpoint"], ecosystem_id, size, note, at)


async def newest_checkpoint(
    connection: Connection, ecosystem_id: EcosystemId
) -> StoredCheckpoint | None:
    """The newest published checkpoint, if there is one."""
    row = await connection.fetchrow(SQL["newest_checkpoint"], ecosystem_id)
    return None if row is None else StoredCheckpoint(row["size"], row["note"])


async def checkpoint_within(
    connection: Connection, ecosystem_id: EcosystemId, size: int
) -> StoredCheckpoint | None:
    """The newest published checkpoint of at most `size` entries, if there is one."""
    row = await connection.fetchrow(SQL["checkpoint_within"], ecosystem_id, size)
    return None if row is None else StoredCheckpoint(row["size"], row["note"])


async def checkpoints_from(
    connection: Connection, ecosystem_id: EcosystemId, size: int, limit: int
) -> list[StoredCheckpoint]:
    """Published checkpoints of at least `size`, smallest first."""
    rows = await connection.fetch(SQL["checkpoints_from"], ecosystem_id, size, limit)
    return [StoredCheckpoint(row["size"], row["note"]) for row in rows]


async def keys_used(
    connection: Connection, ecosystem_id: EcosystemId, asked: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], UsedKey]:
    """What (party, key) pairs led to earlier. Read it under the head lock."""
    rows = await connection.fetch(
        SQL["keys_used"], ecosystem_id, [party for party, _ in asked], [key for _, key in asked]
    )
    used = [UsedKey(*row.values()) for row in rows]
    return {(key.party, key.key): key for key in used}


async def use_keys(
    connection: Connection, ecosystem_id: EcosystemId, keys: Sequence[UsedKey]
) -> None:
    """Use up the keys of a batch."""
    await connection.execute(
        SQL["use_keys"],
        ecosystem_id,
        [key.party for key in keys],
        [key.key for key in keys],
        [key.fingerprint for key in keys],
        [key.first_index for key in keys],
        [key.entry_count for key in keys],
        [key.object_id for key in keys],
    )
