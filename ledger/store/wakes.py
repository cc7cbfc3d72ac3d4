"""When the clock has next something to enter, of each ecosystem: so that it comes in time.

The one rule: it says nothing that the entries do not; it is written with them, and read across
ecosystems only to know which one to look at.
"""

from datetime import datetime

from ledger.ids import EcosystemId
from ledger.store.pool import Connection
from ledger.store.queries import load

SQL = load(__file__)


async def keep(connection: Connection, ecosystem_id: EcosystemId, next_at: datetime | None) -> None:
    """Keep when something is due next; None: nothing waits for the clock."""
    if next_at is None:
        await connection.execute(SQL["drop_wake"], ecosystem_id)
    else:
        await connection.execute(SQL["keep_wake"], ecosystem_id, next_at)


async def next_at(connection: Connection, ecosystem_id: EcosystemId) -> datetime | None:
    """When something is due next in an ecosystem, if something is."""
    found: datetime | None = await connection.fetchval(SQL["next_wake"], ecosystem_id)
    return found
