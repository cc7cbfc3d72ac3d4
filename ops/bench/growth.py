"""A grown ledger: entries made by the same decisions as through the service, without its waiting.

They go to the database in large transactions, or straight into an export, so that a million of
them is a matter of minutes.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from graph.context import Doors
from ledger.batch import Pending, Receipt, Request
from ledger.checkpoint import Checkpoint, Signer, sign_checkpoint
from ledger.commands import LogIdentity
from ledger.commit import system_clock
from ledger.decision import decide
from ledger.fold import Folded, catch_up, cold_start
from ledger.history import Entry
from ledger.ids import SEED_SIZE, EcosystemId, Seed
from ledger.store import entries
from ledger.store.entries import StoredEntry
from ledger.store.pool import Database
from ledger.tree import Frontier
from ops.bench.workload import BUYER, Payable, found_payable
from ops.export import checkpoint_line, digest_line, entry_line, header_line

PART = 500
"""Entries of one period, and of one transaction while a ledger grows."""
TOLD_EVERY = 100
CHECKPOINT_EVERY = 20
"""Periods between the checkpoints of an export."""


def pending_at(folded: Folded, log: LogIdentity) -> Pending:
    """An empty batch on what is folded."""
    return Pending(
        ecosystem_id=folded.book.ecosystem_id,
        now=max(system_clock(), folded.book.last_at),
        book=folded.book,
        frontier=folded.frontier.copy(),
        log=log,
        known={},
        entries=[],
        nodes=[],
        changes=[],
        postings=[],
        rows=[],
        keys=[],
        erased=[],
        references=set(),
    )


def step(pending: Pending, request: Request) -> Receipt:
    """Enter one request into a batch."""
    seed = Seed(secrets.token_bytes(SEED_SIZE))
    decision = decide(pending.book, request.command, request.actor, pending.now, seed, pending.log)
    if decision.batch is not None:
        pending.claim(decision.party, decision.batch)
    return pending.add(request, decision, seed)


async def fold(database: Database, ecosystem_id: EcosystemId) -> Folded:
    """The Book of what is stored."""
    async with database.reading(ecosystem_id) as connection:
        head = await entries.read_head(connection, ecosystem_id) or Frontier()
        folded = await cold_start(connection, ecosystem_id, head.size)
        return await catch_up(connection, folded, head)


@dataclass(slots=True)
class Growing:
    """A ledger whose Book is in memory, and how many periods of its life have passed."""

    payable: Payable
    log: LogIdentity
    folded: Folded
    periods: int = 1

    @classmethod
    async def begun(cls, doors: Doors) -> "Growing":
        """A founded one."""
        payable = await found_payable(doors)
        folded = await fold(doors.ledger.database, payable.ecosystem_id)
        return cls(payable, doors.ledger.log_identity, folded)

    def parts(self, size: int) -> Iterator[Pending]:
        """What makes it at least so large, about PART entries at a time."""
        while self.folded.book.size < size:
            pending, settlement_id = self._settled()
            for request in self.payable.rows(self.periods):
                step(pending, request)
            for party, request in self.payable.payments(settlement_id):
                payment_id = step(pending, request).object_id
                step(pending, self.payable.confirmation(party, payment_id))
            self._passed(pending)
            yield pending

    async def store(self, database: Database, size: int, say: Callable[[str], None]) -> None:
        """Grow to at least so many entries in the database."""
        for pending in self.parts(size):
            if self.periods % TOLD_EVERY == 0:
                say(f"growing: {self.folded.book.size:,} of {size:,} entries")
            async with database.writing(self.payable.ecosystem_id) as connection:
                await pending.write(connection)

    async def owe(self, database: Database, count: int) -> list[Request]:
        """Settle as many periods as it takes to owe so many payments; their reports."""
        asked: list[Request] = []
        while len(asked) < count:
            pending, settlement_id = self._settled()
            asked += [request for _, request in self.payable.payments(settlement_id)]
            self._passed(pending)
            async with database.writing(self.payable.ecosystem_id) as connection:
                await pending.write(connection)
        return asked[:count]

    def _settled(self) -> tuple[Pending, str]:
        pending = pending_at(self.folded, self.log)
        steps = self.payable.settle(self.periods)
        request = next(steps)
        while True:
            try:
                request = steps.send(step(pending, request).object_id)
            except StopIteration as done:
                return pending, pending.book.settlements[done.value].settlement_id

    def _passed(self, pending: Pending) -> None:
        self.periods += 1
        self.folded = Folded(pending.book, pending.frontier)


async def write_export(
    path: Path, growing: Growing, database: Database, signer: Signer, size: int
) -> None:
    """An export of at least so many entries, of which but the first few are ever stored."""
    key = growing.payable.ecosystem_id
    async with database.reading(key) as connection:
        begun = await entries.entries_from(connection, key, 0, growing.folded.book.size)
    whole = growing.folded.book.size + -(-(size - growing.folded.book.size) // PART) * PART
    ecosystem = growing.folded.book.ecosystem
    assert ecosystem is not None
    digest = sha256()
    with path.open("wb") as file:

        def put(line: bytes) -> None:
            digest.update(line)
            file.write(line)

        def publish() -> None:
            head = growing.folded.frontier
            note = Checkpoint(ecosystem.origin, head.size, head.root())
            put(checkpoint_line(sign_checkpoint(note, signer)))

        put(header_line(ecosystem, growing.payable.parties[BUYER], whole))
        for stored in begun:
            put(entry_line(stored))
        publish()
        for pending in growing.parts(size):
            for stored in _as_stored(pending.entries):
                put(entry_line(stored))
            if growing.folded.book.size == whole or growing.periods % CHECKPOINT_EVERY == 0:
                publish()
        file.write(digest_line(digest.hexdigest()))


def _as_stored(made: Sequence[Entry]) -> Iterator[StoredEntry]:
    for each in made:
        yield StoredEntry(
            each.index, each.envelope, each.leaf_hash, each.salt, each.body, None, None
        )
