"""The read door: projections as frozen values, always scoped by the actor.

The one rule: every function takes the actor, reads only its ecosystem, and filters by audience
inside the SQL. What does not exist and what may not be seen answer alike.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from ledger.actor import Actor, NotFound, Role
from ledger.checkpoint import parse_checkpoint
from ledger.ecosystem import Ecosystem
from ledger.errors import Fault
from ledger.fact import Placed
from ledger.history import decode_state, open_entry, open_envelope
from ledger.ids import EcosystemId
from ledger.sight import Sight, sight_of
from ledger.store import entries, observations, projections, witnesses
from ledger.store.entries import StoredCheckpoint, StoredEntry
from ledger.store.observations import SeriesTotal
from ledger.store.pool import Connection, Database
from ledger.store.projections import Scope
from ledger.tree import (
    HASH_SIZE,
    Frontier,
    NodeReader,
    ProofInvalid,
    consistency_proof,
    inclusion_proof,
    verify_inclusion,
)

T = TypeVar("T")
Stopped = Callable[[EcosystemId, Fault], None]

MAX_PAGE = 100
EXPORT_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A value with its place: what lists are ordered by, and the entry that it holds since."""

    object_id: str
    first_index: int
    from_index: int
    value: T


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page in list order, and whether there is more on either side."""

    items: tuple[Found[T], ...]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class Window:
    """Which page: `first` after a cursor, or `last` before one. Cursor: (index, object id)."""

    first: int | None = None
    after: tuple[int, str] | None = None
    last: int | None = None
    before: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a list is narrowed to; empty: not narrowed."""

    parent_id: str = ""
    period: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """Sibling hashes from a leaf to the root of a checkpoint."""

    index: int
    tree_size: int
    leaf_hash: bytes
    hashes: tuple[bytes, ...]
    checkpoint: str


class Reader:
    """Reads for actors. Raises NotFound, Trouble or Fault."""

    def __init__(self, database: Database, stopped: Stopped = lambda _key, _fault: None) -> None:
        """Read from `database`; `stopped` is told of what must stop an ecosystem's writes."""
        self._database = database
        self._stopped = stopped

    @asynccontextmanager
    async def _seeing(self, actor: Actor) -> AsyncIterator[tuple[Connection, Sight]]:
        """A snapshot of the actor's ecosystem, and how far its party sees. Raises NotFound.

        Looked up in every snapshot: what a party may see can end with any entry. A founder has no
        party yet: it reads only what it has just founded, by the API's own doing.
        """
        async with self._database.reading(actor.ecosystem_id) as connection:
            if Role.FOUNDER in actor.roles:
                yield connection, Sight(actor.party_id)
            else:
                yield connection, await sight_of(connection, actor)

    @asynccontextmanager
    async def _reading(self, actor: Actor) -> AsyncIterator[Connection]:
        """A snapshot for what all may see who ever were members. Raises NotFound."""
        async with self._seeing(actor) as (connection, _):
            yield connection

    async def ecosystem(self, actor: Actor) -> Found[Ecosystem]:
        """The actor's ecosystem. Raises NotFound when its party is no member."""
        found = await self.one(actor, "ecosystem", actor.ecosystem_id, Ecosystem)
        if found is None:
            raise NotFound("ecosystem", what="ecosystem", id=actor.ecosystem_id)
        return found

    async def one(
        self, actor: Actor, concept: str, object_id: str, kind: type[T], as_of: int | None = None
    ) -> Found[T] | None:
        """One value, or None when there is none that the actor may see."""
        found = await self.many(actor, concept, [object_id], kind, as_of)
        return found.get(object_id)

    async def many(
        self,
        actor: Actor,
        concept: str,
        object_ids: Sequence[str],
        kind: type[T],
        as_of: int | None = None,
    ) -> dict[str, Found[T]]:
        """Values by object id. `as_of` is a ledger size: the state after that many entries."""
        async with self._seeing(actor) as (connection, sight):
            if not sight.covers(concept):
                return {}
            states = await projections.states_at(
                connection,
                actor.ecosystem_id,
                concept,
                object_ids,
                actor.party_id,
                as_of,
                sight.until,
            )
        return {key: _found(state, kind) for key, state in states.items()}

    async def page(
        self,
        actor: Actor,
        concept: str,
        kind: type[T],
        window: Window,
        narrowed: Narrowed = Narrowed(),
        as_of: int | None = None,
    ) -> Page[T]:
        """A page of a concept's values, in the order in which they first appeared."""
        backward = window.last is not None
        limit = (window.last if backward else window.first) or MAX_PAGE
        cursor = window.before if backward else window.after
        async with self._seeing(actor) as (connection, sight):
            if not sight.covers(concept):
                return Page((), has_next=False, has_previous=False)
            scope = Scope(
                concept,
                actor.party_id,
                as_of,
                narrowed.parent_id,
                narrowed.period,
                narrowed.status,
                sight.until,
            )
            states = await projections.page(
                connection, actor.ecosystem_id, scope, cursor, limit + 1, backward=backward
            )
        more, states = len(states) > limit, states[:limit]
        found = tuple(_found(state, kind) for state in states)
        if backward:
            return Page(found[::-1], has_next=cursor is not None, has_previous=more)
        return Page(found, has_next=more, has_previous=cursor is not None)

    async def entries(
        self,
        actor: Actor,
        *,
        after: int | None = None,
        first: int | None = None,
        before: int | None = None,
        last: int | None = None,
    ) -> tuple[list[StoredEntry], bool]:
        """`first` entries after an index, or `last` before one, oldest first; and whether more."""
        async with self._seeing(actor) as (connection, sight):
            if last is not None:
                end = min(2**62 if before is None else before, sight.until or 2**62)
                found = await entries.entries_before(
                    connection, actor.ecosystem_id, end, last + 1, actor.party_id
                )
                return [sight.opened(each) for each in found[:last][::-1]], len(found) > last
            limit = first or MAX_PAGE
            start = 0 if after is None else after + 1
            found = await entries.entries_from(
                connection, actor.ecosystem_id, start, limit + 1, actor.party_id
            )
        shown = [sight.opened(each) for each in found if sight.reaches(each.index)]
        return shown[:limit], len(shown) > limit

    async def entries_at(self, actor: Actor, indices: Sequence[int]) -> dict[int, StoredEntry]:
        """Entries by index; what is not there is missing."""
        async with self._seeing(actor) as (connection, sight):
            found = await entries.entries_at(
                connection, actor.ecosystem_id, indices, actor.party_id
            )
        return {index: sight.opened(each) for index, each in found.items() if sight.finds(each)}

    async def facts_at(self, actor: Actor, indices: Sequence[int]) -> dict[int, Placed]:
        """Opened facts by index; those outside the actor's audience are missing."""
        stored = await self.entries_at(actor, indices)
        return {
            index: open_entry(open_envelope(entry.envelope), entry.salt, entry.body)
            for index, entry in stored.items()
            if entry.salt is not None and entry.body is not None
        }

    async def size(self, actor: Actor) -> int:
        """How many entries the actor's ledger has."""
        async with self._reading(actor) as connection:
            head = await entries.read_head(connection, actor.ecosystem_id)
        if head is None:
            raise NotFound("ecosystem", what="ecosystem", id=actor.ecosystem_id)
        return head.size

    async def prove(self, actor: Actor, index: int, covering: StoredCheckpoint) -> InclusionProof:
        """The inclusion proof of an entry in the tree of a checkpoint. O(log n) reads.

        Raises a Fault, and stops the writes, where what is stored does not lead to that root.
        """
        size = covering.size
        if not 0 <= index < size or index not in await self.entries_at(actor, [index]):
            raise NotFound("index", what="entry", id=str(index))
        hashes, [leaf] = await self._prove(
            actor, lambda read: [*inclusion_proof(read, index, size), read(0, index)]
        )
        text, _, _ = covering.note.rpartition("\n\n")
        try:
            root = parse_checkpoint(f"{text}\n").root
            verify_inclusion(index, size, leaf, hashes, root)
        except ProofInvalid as error:
            fault = Fault(f"entry {index} does not lead to the root of {size} entries: {error}")
            self._stopped(actor.ecosystem_id, fault)
            raise fault from error
        return InclusionProof(index, size, leaf, hashes, covering.note)

    async def prove_growth(self, actor: Actor, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """The consistency proof from an older tree to a newer one. O(log n) reads."""
        if not 0 < old_size <= new_size <= await self.size(actor):
            raise NotFound("oldSize", what="pair of sizes", id=f"{old_size} to {new_size}")
        hashes, _ = await self._prove(
            actor, lambda read: [*consistency_proof(read, old_size, new_size), b""]
        )
        return hashes

    async def _prove(
        self, actor: Actor, make: Callable[[NodeReader], list[bytes]]
    ) -> tuple[tuple[bytes, ...], list[bytes]]:
        """A proof but its last hash, and that one. Which nodes it needs, `make` says first."""
        places: list[tuple[int, int]] = []

        def note_place(level: int, node: int) -> bytes:
            places.append((level, node))
            return bytes(HASH_SIZE)

        make(note_place)
        async with self._reading(actor) as connection:
            nodes = await entries.read_nodes(connection, actor.ecosystem_id, places)

        def read_place(level: int, node: int) -> bytes:
            try:
                return nodes[level, node]
            except KeyError:
                raise Fault(f"node {level}/{node} is missing") from None

        made = make(read_place)
        return tuple(made[:-1]), made[-1:]

    async def checkpoints(self, actor: Actor, size: int, limit: int) -> list[StoredCheckpoint]:
        """Published checkpoints of at least `size`, smallest first."""
        async with self._reading(actor) as connection:
            return await entries.checkpoints_from(connection, actor.ecosystem_id, size, limit)

    async def newest_checkpoint(self, actor: Actor) -> StoredCheckpoint | None:
        """The newest published checkpoint of what the actor sees, if there is one."""
        async with self._seeing(actor) as (connection, sight):
            size = 2**62 if sight.until is None else sight.until
            return await entries.checkpoint_within(connection, actor.ecosystem_id, size)

    async def cosigned(self, actor: Actor, first: int, last: int) -> dict[int, str]:
        """Notes of published checkpoints from size `first` to `last`, with their cosignatures."""
        async with self._reading(actor) as connection:
            key = actor.ecosystem_id
            found = await entries.checkpoints_from(connection, key, first, last - first + 1)
            lines = await witnesses.cosignatures_of(connection, key, first, last)
        notes = {each.size: each.note for each in found if each.size <= last}
        for line in lines:
            notes[line.size] += line.line
        return notes

    async def frontier(self, actor: Actor) -> Frontier:
        """The tree's frontier. Raises NotFound."""
        async with self._reading(actor) as connection:
            head = await entries.read_head(connection, actor.ecosystem_id)
        if head is None:
            raise NotFound("ecosystem", what="ecosystem", id=actor.ecosystem_id)
        return head

    async def totals(
        self, actor: Actor, series: str, segment: str, periods: Sequence[str]
    ) -> list[SeriesTotal]:
        """What each party's observations of a series add up to."""
        async with self._seeing(actor) as (connection, sight):
            if not sight.covers("observations"):
                return []
            return await observations.totals(
                connection, actor.ecosystem_id, series, segment, periods, sight.until
            )


def _found(state: projections.State, kind: type[T]) -> Found[T]:
    value = decode_state(state.data, kind)
    return Found(state.object_id, state.first_index, state.from_index, value)
