"""Cosignatures: what witnesses put their names to, kept beside the checkpoints."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.ids import EcosystemId
from ledger.store.entries import StoredCheckpoint
from ledger.store.pool import Connection
from ledger.store.queries import load

SQL = load(__file__)


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness's signature line of the checkpoint of a size, verbatim, newline included."""

    size: int
    verifier_key: str
    party: str
    line: str
    received_at: datetime


async def add_cosignature(
    connection: Connection, ecosystem_id: EcosystemId, cosignature: Cosignature
) -> None:
    """Keep a verified cosignature for ever; nothing when its key has cosigned this size."""
    await connection.execute(
        SQL["add_cosignature"],
        ecosystem_id,
        cosignature.size,
        cosignature.verifier_key,
        cosignature.party,
        cosignature.line,
        cosignature.received_at,
    )


async def cosignatures_of(
    connection: Connection, ecosystem_id: EcosystemId, first: int, last: int
) -> Sequence[Cosignature]:
    """Cosignatures of the checkpoints from size `first` to `last`, in order."""
    rows = await connection.fetch(SQL["cosignatures_of"], ecosystem_id, first, last)
    return [Cosignature(*row.values()) for row in rows]


async def checkpoint_at(
    connection: Connection, ecosystem_id: EcosystemId, size: int
) -> StoredCheckpoint | None:
    """The published checkpoint of a size, if there is one."""
    row = await connection.fetchrow(SQL["checkpoint_at"], ecosystem_id, size)
    return None if row is None else StoredCheckpoint(row["size"], row["note"])
