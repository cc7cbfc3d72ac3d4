"""Checkpoints: signed after the commit is durable, coalesced, every one kept.

The one rule: what is signed is read back from the committed head, never taken from memory, so
that no checkpoint can claim what a crash could take away. Publishing is monotonic across
processes, because a size is published once. Source: `ledger-format.md`, "Checkpoint".
"""

import asyncio
import logging

from ledger.actor import NotFound
from ledger.checkpoint import Checkpoint, Signer, sign_checkpoint
from ledger.commit import Clock, system_clock
from ledger.errors import Fault, Trouble
from ledger.ids import EcosystemId
from ledger.store import entries
from ledger.store.entries import StoredCheckpoint
from ledger.store.pool import Database

log = logging.getLogger("jpi.publish")
PAUSE_SECONDS = 1.0
"""At most this long after a commit its checkpoint is published."""


class Publisher:
    """Signs and keeps the checkpoints of all ecosystems."""

    def __init__(self, database: Database, signer: Signer, clock: Clock = system_clock) -> None:
        """`signer` holds the log's Ed25519 key; its name is the log's."""
        self._database = database
        self._signer = signer
        self._clock = clock
        self._due: dict[EcosystemId, asyncio.Task[None]] = {}

    def notice(self, ecosystem_id: EcosystemId) -> None:
        """Something was committed: publish within a second, once for all that comes until then."""
        if ecosystem_id not in self._due:
            self._due[ecosystem_id] = asyncio.create_task(self._publish_later(ecosystem_id))

    async def _publish_later(self, ecosystem_id: EcosystemId) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        self._due.pop(ecosystem_id, None)
        try:
            await self.publish(ecosystem_id)
        except (Trouble, Fault) as error:
            log.warning("no checkpoint of %s yet: %s", ecosystem_id, error)

    async def covering(self, ecosystem_id: EcosystemId, size: int) -> StoredCheckpoint:
        """The newest published checkpoint, or a new one where it does not cover `size` entries."""
        async with self._database.reading(ecosystem_id) as connection:
            newest = await entries.newest_checkpoint(connection, ecosystem_id)
        if newest is not None and newest.size >= size:
            return newest
        return await self.publish(ecosystem_id)

    async def publish(self, ecosystem_id: EcosystemId) -> StoredCheckpoint:
        """Sign the committed head and keep it, unless its size is published. Raises NotFound."""
        async with self._database.reading(ecosystem_id) as connection:
            head = await entries.read_head(connection, ecosystem_id)
            newest = await entries.newest_checkpoint(connection, ecosystem_id)
        if head is None or head.size == 0:
            raise NotFound("ecosystem", what="ecosystem", id=ecosystem_id)
        if newest is not None and newest.size >= head.size:
            return newest
        origin = f"{self._signer.name}/{ecosystem_id}"
        note = sign_checkpoint(Checkpoint(origin, head.size, head.root()), self._signer)
        async with self._database.writing(ecosystem_id) as connection:
            await entries.publish_checkpoint(
                connection, ecosystem_id, head.size, note, self._clock()
            )
        return StoredCheckpoint(head.size, note)

    async def close(self) -> None:
        """Publish what is due, now."""
        due, self._due = dict(self._due), {}
        for ecosystem_id, task in due.items():
            task.cancel()
            try:
                await self.publish(ecosystem_id)
            except (Trouble, Fault) as error:
                log.warning("no checkpoint of %s at shutdown: %s", ecosystem_id, error)
