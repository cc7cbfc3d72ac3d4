"""Snapshots of folded Books: what a cold start begins from instead of entry 0.

The one rule: a snapshot says nothing that the entries do not, so any may be dropped, and
`jpi rebuild` checks those that stand by replay.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.ids import EcosystemId
from ledger.store.pool import Connection
from ledger.store.queries import load
from ledger.tree import HASH_SIZE, Frontier

SQL = load(__file__)


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A Book's bytes and the tree's frontier at the same size."""

    frontier: Frontier
    state: bytes


async def newest_snapshot(
    connection: Connection, ecosystem_id: EcosystemId, shape: str, size: int
) -> StoredSnapshot | None:
    """The newest snapshot of at most `size` entries, if one of this shape stands."""
    row = await connection.fetchrow(SQL["newest_snapshot"], ecosystem_id, shape, size)
    return None if row is None else _stored(row["size"], row["frontier"], row["state"])


async def all_snapshots(
    connection: Connection, ecosystem_id: EcosystemId, shape: str
) -> Sequence[StoredSnapshot]:
    """Every snapshot of this shape, oldest first."""
    rows = await connection.fetch(SQL["all_snapshots"], ecosystem_id, shape)
    return [_stored(row["size"], row["frontier"], row["state"]) for row in rows]


async def add_snapshot(
    connection: Connection,
    ecosystem_id: EcosystemId,
    shape: str,
    snapshot: StoredSnapshot,
    keep_from: int,
) -> None:
    """Keep a snapshot, and drop those of fewer than `keep_from` entries."""
    hashes = b"".join(snapshot.frontier.hashes)
    size = snapshot.frontier.size
    await connection.execute(SQL["add_snapshot"], ecosystem_id, size, shape, hashes, snapshot.state)
    await connection.execute(SQL["drop_snapshots"], ecosystem_id, keep_from)


def _stored(size: int, hashes: bytes, state: bytes) -> StoredSnapshot:
    parts = [hashes[i : i + HASH_SIZE] for i in range(0, len(hashes), HASH_SIZE)]
    return StoredSnapshot(Frontier(size, parts), state)
