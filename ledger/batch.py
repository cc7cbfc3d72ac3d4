"""A batch: what one transaction will write, built in memory while the head lock is held.

The one rule: a request is either entered whole, with its key used up, or leaves no trace in the
batch. One key twice in a batch: the first wins, the second gets the same answer.
Source: `design.md` decision 4.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter_ns

from ledger.actor import Actor
from ledger.bankstatement import SealedStatement
from ledger.book import Book
from ledger.change import Change
from ledger.changes import changes
from ledger.commands import Command, Decision, LogIdentity
from ledger.daybook import bookings
from ledger.dropping import DroppedRows
from ledger.errors import Fault, Refusal
from ledger.evolution import evolve
from ledger.fact import CLOCK, Fact, Placed
from ledger.history import Entry, seal
from ledger.ids import EcosystemId, PartyId, Seed
from ledger.journal import Booked
from ledger.lapse import lapsed, next_due
from ledger.observation import (
    Batch,
    EnterUpload,
    Loaded,
    RecordObservations,
    ReferenceTaken,
    UploadLapsed,
    can_stand,
)
from ledger.schedule import Due
from ledger.store import (
    bankstatements,
    entries,
    news,
    observations,
    postings,
    projections,
    wakes,
)
from ledger.store.entries import UsedKey
from ledger.store.pool import Connection
from ledger.tree import Frontier
from ledger.watch import Served


class IdempotencyConflict(Refusal):
    """The key {key!r} was used for another input. -> Use a new key for a new request."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a write landed: its first entry, how many, and the object that it was about.

    `is_repeat` tells that the key had been used before, and this is the answer from then.
    """

    ecosystem_id: EcosystemId
    index: int
    entry_count: int
    object_id: str
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class Request:
    """A command with who asks, and the key and fingerprint that make it idempotent."""

    command: Command
    actor: Actor
    key: str
    fingerprint: bytes

    @property
    def key_owner(self) -> str:
        """Whose key it is: the party's; a founder has none yet and owns keys by its subject."""
        return self.actor.party_id or f"founder:{self.actor.subject}"


@dataclass(slots=True)
class Pending:
    """What one transaction will write, built in memory while the head lock is held."""

    ecosystem_id: EcosystemId
    now: datetime
    book: Book
    frontier: Frontier
    log: LogIdentity
    known: dict[tuple[str, str], UsedKey]
    entries: list[Entry]
    nodes: list[tuple[int, int, bytes]]
    changes: list[tuple[int, tuple[str, ...], Change]]
    postings: list[tuple[int, tuple[Booked, ...]]]
    rows: list[tuple[int, str, Batch]]
    keys: list[UsedKey]
    references: set[observations.Reference]
    erased: list[int]
    schedule: tuple[Due, ...] = ()
    statements: list[tuple[int, str, SealedStatement]] = field(default_factory=list)
    dropped: list[tuple[str, DroppedRows]] = field(default_factory=list)
    # of uploads: which are entered here, what rows they bring by number, which may be entered
    loaded: list[tuple[int, str, Loaded]] = field(default_factory=list)
    arriving: dict[int, set[observations.Reference]] = field(default_factory=dict)
    loading: set[int] = field(default_factory=set)

    def repeated(self, request: Request) -> Receipt | None:
        """The answer from when the key was used first, if it was. Raises IdempotencyConflict."""
        used = self.known.get((request.key_owner, request.key))
        if used is None:
            return None
        if used.fingerprint != request.fingerprint:
            raise IdempotencyConflict("idempotencyKey", key=request.key)
        return Receipt(
            self.ecosystem_id, used.first_index, used.entry_count, used.object_id, is_repeat=True
        )

    def lapse(self, draw: Callable[[], Seed], limit: int) -> bool:
        """Enter what is due by now, earliest first, before anything is decided.

        At most `limit` of it; returns whether all of it is entered.
        """
        for _ in range(limit):
            due = next_due(self.book, self.now)
            if due is None:
                return True
            seed = draw()
            for fact in lapsed(self.book, due, self.now):
                self._seal(fact, CLOCK, CLOCK, seed)
        return next_due(self.book, self.now) is None

    def add(self, request: Request, decision: Decision, seed: Seed) -> Receipt:
        """Enter a decision's facts, one after the other, and use up its key."""
        first = self.book.size
        for fact in decision.facts:
            self._seal(fact, decision.party, request.actor.subject, seed)
        if isinstance(decision.batch, Batch):
            self.rows.append((first, decision.party, decision.batch))
        elif decision.batch is not None:
            self.loaded.append((first, decision.party, decision.batch))
        self.statements += [
            (first + number, decision.party, sealed) for number, sealed in decision.statements
        ]
        self.dropped.extend((decision.party, each) for each in decision.dropped)
        if decision.erased is not None:
            self.erased.append(decision.erased)
        used = UsedKey(
            request.key_owner,
            request.key,
            request.fingerprint,
            first,
            len(decision.facts),
            decision.object_id,
        )
        self.keys.append(used)
        self.known[used.party, used.key] = used
        return Receipt(
            self.ecosystem_id, first, len(decision.facts), decision.object_id, is_repeat=False
        )

    def _seal(self, fact: Fact, party: PartyId, subject: str, seed: Seed) -> None:
        entry, placed = seal(
            fact,
            ecosystem_id=self.ecosystem_id,
            index=self.book.size,
            at=self.now,
            party=party,
            subject=subject,
            seed=seed,
        )
        self._enter(entry, placed)

    def _enter(self, entry: Entry, placed: Placed) -> None:
        self.book = evolve(self.book, placed)
        completed = self.frontier.append(entry.leaf_hash)
        self.nodes.extend(node for node in completed if node[0] > 0)
        self.entries.append(entry)
        for change in changes(self.book, placed):
            self.changes.append((entry.index, entry.audience, change))
        booked = bookings(self.book, placed)
        if booked:
            self.postings.append((entry.index, booked))

    def claim(self, party: str, batch: Batch | Loaded) -> None:
        """Refuse a reference that stands already, or that an earlier request of this one brings.

        The rows of an upload were compared before; from here on they stand for the requests after.
        """
        if isinstance(batch, Loaded):
            if batch.number not in self.loading:
                raise UploadLapsed
            self.references |= self.arriving.get(batch.number, set())
            return
        for number, row in enumerate(batch.rows):
            if (party, batch.event.series, row.reference, row.revision) in self.references:
                raise ReferenceTaken(
                    f"rows[{number}].reference",
                    row=number,
                    reference=row.reference,
                    revision=row.revision,
                )
        self.references.update(
            (party, batch.event.series, row.reference, row.revision) for row in batch.rows
        )

    async def write(self, connection: Connection) -> None:
        """All of it, parents first."""
        if not self.entries:
            return
        await entries.append(connection, self.ecosystem_id, self.entries, self.nodes, self.frontier)
        await entries.use_keys(connection, self.ecosystem_id, self.keys)
        schedule = self.book.agreements.schedule
        if schedule != self.schedule:
            next_at = schedule[0].at if schedule else None
            await wakes.keep(connection, self.ecosystem_id, next_at)
        await projections.project(connection, self.ecosystem_id, self.changes)
        await postings.append(connection, self.ecosystem_id, self.postings)
        await observations.add_batches(connection, self.ecosystem_id, self.rows)
        await bankstatements.add(connection, self.ecosystem_id, self.statements)
        await observations.add_loaded(connection, self.ecosystem_id, self.loaded)
        await observations.drop_rows(connection, self.ecosystem_id, self.dropped)
        if self.erased:
            await entries.erase_annexes(connection, self.ecosystem_id, self.erased)
        await news.wake(connection, self.ecosystem_id)


def references_of(requests: Sequence[Request]) -> list[observations.Reference]:
    """What the rows of the requests would be known by; what `record` refuses is not looked up."""
    return [
        (request.actor.party_id, request.command.series.strip(), row.reference, row.revision)
        for request in requests
        if isinstance(request.command, RecordObservations)
        for row in request.command.rows
        if can_stand(request.command.series, row)
    ]


def served(outcomes: Sequence[Receipt | Refusal | Fault], started_ns: int, since_ns: int) -> Served:
    """What the instruments are told of a durable batch, begun and first asked at those moments."""
    receipts = [each for each in outcomes if isinstance(each, Receipt)]
    new = [each for each in receipts if not each.is_repeat]
    now_ns = perf_counter_ns()
    return Served(
        entered=len(new),
        repeated=len(receipts) - len(new),
        refused=len(outcomes) - len(receipts),
        entries=sum(each.entry_count for each in new),
        lasted_ns=now_ns - started_ns,
        waited_ns=now_ns - since_ns,
    )


def numbers_of(requests: Sequence[Request]) -> list[int]:
    """Under which numbers the rows of the requests' uploads are stored."""
    return [
        request.command.number for request in requests if isinstance(request.command, EnterUpload)
    ]
