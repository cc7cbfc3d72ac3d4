"""Allowances as stored: a party's bucket of points, in one row."""

from typing import NamedTuple

from ledger.ids import EcosystemId
from ledger.store.pool import Connection
from ledger.store.queries import load

SQL = load(__file__)


class Granted(NamedTuple):
    """Points that were taken out of a bucket, and those that are left in it."""

    granted: float
    points: float


async def grant(
    connection: Connection,
    ecosystem_id: EcosystemId,
    party: str,
    *,
    needed: int,
    wanted: int,
    capacity: int,
    per_second: int,
) -> Granted:
    """Take `wanted` points, or what is there; none where it is less than `needed`."""
    row = await connection.fetchrow(
        SQL["grant_points"], ecosystem_id, party, needed, wanted, capacity, per_second
    )
    assert row is not None  # it returns the row that it wrote
    return Granted(*row.values())
