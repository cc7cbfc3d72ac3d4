"""Keeping: when a snapshot of a Book is due, and how it is made beside the writes.

The one rule: it is made a slice at a time on the loop, the writes let by between two slices. In a
thread it would hold the interpreter, and with it every write, for as long as all of it takes.
Source: `design.md` decision 5.
"""

import asyncio
import logging

from ledger.errors import Fault, Trouble
from ledger.fold import SHAPE, Folded, snapshot_of
from ledger.store import snapshots
from ledger.store.pool import Database

log = logging.getLogger("jpi.commit")
SNAPSHOT_BYTES_AN_ENTRY = 256
"""What snapshots may weigh on average: a heavy Book is kept the more seldom."""
BETWEEN_SLICES_SECONDS = 0.01
"""Several times what a slice takes, so that the writes are hardly slower meanwhile."""


class Keeper:
    """Keeps snapshots of one ecosystem's Book."""

    def __init__(self, database: Database, every: int) -> None:
        """`every`: entries between two snapshots, or more where they weigh much."""
        self._database = database
        self._every = every
        self._size = 0
        self._weight = 0
        self._is_closing = False
        self._running: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether none is being kept."""
        return self._running is None or self._running.done()

    def started_from(self, size: int) -> None:
        """So large was the Book when it was folded from what is stored."""
        self._size = size

    def look(self, folded: Folded) -> None:
        """Begin to keep one when enough entries came since the last."""
        spacing = max(self._every, self._weight // SNAPSHOT_BYTES_AN_ENTRY)
        if folded.book.size - self._size >= spacing and self.is_idle:
            before, self._size = self._size, folded.book.size
            self._running = asyncio.create_task(self._keep(folded, before))

    async def _keep(self, folded: Folded, keep_from: int) -> None:
        try:
            made = await snapshot_of(folded, self._pause)
            self._weight = len(made.state)
            ecosystem_id = folded.book.ecosystem_id
            async with self._database.writing(ecosystem_id) as connection:
                await snapshots.add_snapshot(connection, ecosystem_id, SHAPE, made, keep_from)
        except (Trouble, Fault) as error:
            log.warning("no snapshot of %s: %s", folded.book.ecosystem_id, error)

    async def _pause(self) -> None:
        await asyncio.sleep(0 if self._is_closing else BETWEEN_SLICES_SECONDS)

    async def close(self) -> None:
        """Finish the one that is being kept, without letting anybody by."""
        self._is_closing = True
        if self._running is not None:
            await asyncio.gather(self._running, return_exceptions=True)
