"""Rollback check: is the database's head the published one, or a continuation of it?

Source: `design.md` decision 6.
"""

from ledger.ids import EcosystemId
from ledger.memory import Remembered, behind, beside
from ledger.store import entries
from ledger.store.pool import Connection
from ledger.tree import EMPTY_ROOT, Frontier, frontier_nodes


async def check_head(
    connection: Connection,
    ecosystem_id: EcosystemId,
    head: Frontier,
    remembered: Remembered | None,
) -> None:
    """Return if the head continues what is remembered. O(log n) reads. Raises RolledBack."""
    if remembered is None:
        return
    if head.size < remembered.size:
        raise behind(head.size, remembered)
    if await root_at(connection, ecosystem_id, head, remembered.size) != remembered.root:
        raise beside(remembered)


async def root_at(
    connection: Connection, ecosystem_id: EcosystemId, head: Frontier, size: int
) -> bytes:
    """The root of the first `size` entries, from complete nodes; empty bytes where one is missing.

    Requires size <= head.size.
    """
    if size == head.size:
        return head.root()
    if size == 0:
        return EMPTY_ROOT
    places = list(frontier_nodes(size))
    nodes = await entries.read_nodes(connection, ecosystem_id, places)
    if len(nodes) < len(places):
        return b""
    return Frontier(size, [nodes[place] for place in places]).root()
