"""Results as stored: which periods of which indicators have an agreed one."""

from dataclasses import dataclass

from ledger.ids import EcosystemId
from ledger.store.pool import Connection
from ledger.store.queries import load

SQL = load(__file__)


@dataclass(frozen=True, slots=True)
class ResultKey:
    """A result's place: what it is read by, its indicator and its period's key."""

    object_id: str
    indicator_id: str
    period: str


async def result_keys(
    connection: Connection, ecosystem_id: EcosystemId, viewer: str, as_of: int | None = None
) -> list[ResultKey]:
    """Every agreed result that a viewer may see."""
    rows = await connection.fetch(SQL["result_keys"], ecosystem_id, viewer, as_of)
    return [ResultKey(row["object_id"], row["indicator_id"], row["period"]) for row in rows]
