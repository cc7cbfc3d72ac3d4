"""Checkpoints: signed after the commit is durable, coalesced, every one kept.

The one rule: what is signed is read back from the committed head, never taken from memory, so
that no checkpoint can claim what a crash could take away; and nothing is signed that does not
continue what was signed before. Publishing is monotonic across processes, because a size is
published once. Source: `ledger-format.md`, "Checkpoint"; `design.md` decision 6.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from weakref import WeakValueDictionary

from ledger.actor import NotFound
from ledger.checkpoint import Checkpoint, Signer, render_verifier, sign_checkpoint
from ledger.commit import system_clock
from ledger.ecosystem import Ecosystem
from ledger.errors import Fault, Trouble
from ledger.history import decode_state
from ledger.ids import EcosystemId
from ledger.memory import HeadMemory, NoMemory, Remembered, RolledBack
from ledger.rollback import check_head
from ledger.sequencer import Clock
from ledger.store import entries, projections
from ledger.store.entries import EVERYTHING, StoredCheckpoint
from ledger.store.pool import Connection, Database
from ledger.tree import Frontier
from ledger.watch import NoWatch, Watch

log = logging.getLogger("jpi.publish")
PAUSE_SECONDS = 1.0
"""At most this long after a commit its checkpoint is published."""


class Publisher:
    """Signs and keeps the checkpoints of all ecosystems."""

    def __init__(
        self,
        database: Database,
        signers: Callable[[], Sequence[Signer]],
        memory: HeadMemory | None = None,
        clock: Clock = system_clock,
        watch: Watch | None = None,
    ) -> None:
        """`signers` reads the log's keys, at the start and when an ecosystem's key is not known."""
        self._database = database
        self._read_signers = signers
        self._signers = {render_verifier(each.verifier): each for each in signers()}
        self._memory: HeadMemory = memory or NoMemory()
        self._clock = clock
        self._watch: Watch = watch or NoWatch()
        self._due: dict[EcosystemId, asyncio.Task[None]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._turns: WeakValueDictionary[EcosystemId, asyncio.Lock] = WeakValueDictionary()
        self._is_closing = False

    def notice(self, ecosystem_id: EcosystemId) -> None:
        """Something was committed: publish within a second, once for all that comes until then."""
        if ecosystem_id not in self._due and not self._is_closing:
            task = asyncio.create_task(self._publish_later(ecosystem_id))
            self._due[ecosystem_id] = task
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _publish_later(self, ecosystem_id: EcosystemId) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        self._due.pop(ecosystem_id, None)
        try:
            await self.publish(ecosystem_id)
        except Trouble as trouble:
            log.warning("no checkpoint of %s yet: %s", ecosystem_id, trouble)
            self.notice(ecosystem_id)  # what was committed is published once the world allows
        except RolledBack as fault:
            log.critical("ALARM: writes to %s stopped: %s", ecosystem_id, fault)
            self._memory.raise_alarm(ecosystem_id, str(fault), None)
        except Fault as fault:
            log.warning("no checkpoint of %s: %s", ecosystem_id, fault)

    async def covering(self, ecosystem_id: EcosystemId, size: int) -> StoredCheckpoint:
        """The newest published checkpoint, or a new one where it does not cover `size` entries.

        Many who ask at once get one: while it is made the others wait, and find it.
        """
        newest = await self._newest(ecosystem_id)
        if newest is None or newest.size < size:
            newest = await self.publish(ecosystem_id, size)
        return newest

    async def _newest(self, ecosystem_id: EcosystemId) -> StoredCheckpoint | None:
        async with self._database.reading(ecosystem_id) as connection:
            return await entries.newest_checkpoint(connection, ecosystem_id)

    async def publish(self, ecosystem_id: EcosystemId, size: int | None = None) -> StoredCheckpoint:
        """Sign the committed head and keep it, unless its size, or `size`, is covered already.

        Raises NotFound, and a Fault where the head does not continue what is remembered.
        """
        turn = self._turns.setdefault(ecosystem_id, asyncio.Lock())
        async with turn:
            newest = await self._newest(ecosystem_id) if size is not None else None
            if newest is not None and size is not None and newest.size >= size:
                return newest
            return await self._publish(ecosystem_id)

    async def _publish(self, ecosystem_id: EcosystemId) -> StoredCheckpoint:
        async with self._database.reading(ecosystem_id) as connection:
            head = await entries.read_head(connection, ecosystem_id)
            if head is None or head.size == 0:
                raise NotFound("ecosystem", what="ecosystem", id=ecosystem_id)
            newest = await entries.newest_checkpoint(connection, ecosystem_id)
            if newest is not None and newest.size >= head.size:
                return newest
            remembered = self._memory.recall(ecosystem_id)
            await check_head(connection, ecosystem_id, head, remembered)
            ecosystem = await _ecosystem(connection, ecosystem_id)
        note = self._sign(ecosystem, head)
        # remembered first: nothing that others may have seen is ever unknown here
        seen = Remembered(head.size, head.root(), note)
        await asyncio.to_thread(self._memory.remember, ecosystem_id, seen)
        async with self._database.writing(ecosystem_id) as connection:
            # under the head's lock: a process that was overtaken adds nothing behind the newest
            await entries.lock_head(connection, ecosystem_id)
            await entries.publish_checkpoint(
                connection, ecosystem_id, head.size, note, self._clock()
            )
            kept = await entries.newest_checkpoint(connection, ecosystem_id)
        if kept is None:
            raise Fault(f"the checkpoint of {head.size} entries was not kept")
        self._watch.published()
        return kept

    def _sign(self, ecosystem: Ecosystem, head: Frontier) -> str:
        """The note by the ecosystem's log key, as it is after its last rotation."""
        if ecosystem.log_key not in self._signers:
            self._signers = {render_verifier(each.verifier): each for each in self._read_signers()}
        signer = self._signers.get(ecosystem.log_key)
        if signer is None:
            raise Fault(f"the key {ecosystem.log_key} that signs {ecosystem.origin} is not here")
        return sign_checkpoint(Checkpoint(ecosystem.origin, head.size, head.root()), signer)

    async def close(self) -> None:
        """Publish what is due, now, and finish what is being published."""
        self._is_closing = True
        due, self._due = dict(self._due), {}
        for ecosystem_id, task in due.items():
            task.cancel()
            try:
                await self.publish(ecosystem_id)
            except (Trouble, Fault) as error:
                log.warning("no checkpoint of %s at shutdown: %s", ecosystem_id, error)
        await asyncio.gather(*self._running, return_exceptions=True)


async def _ecosystem(connection: Connection, ecosystem_id: EcosystemId) -> Ecosystem:
    states = await projections.states_at(
        connection, ecosystem_id, "ecosystem", [ecosystem_id], EVERYTHING
    )
    if ecosystem_id not in states:
        raise Fault(
            f"the ecosystem {ecosystem_id} has entries and no projection: run `jpi rebuild`"
        )
    return decode_state(states[ecosystem_id].data, Ecosystem)
