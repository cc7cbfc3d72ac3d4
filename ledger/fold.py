"""Fold: the Book of an ecosystem from what is stored, and from where it stands to the head.

The one rule: every entry that is folded is checked against its envelope and its leaf hash, and the
tree that the leaves make must be the head's, or a Fault stops writes to that ecosystem.
Source: `design.md` decision 5.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ledger.book import Book
from ledger.errors import Fault
from ledger.evolution import evolve
from ledger.fact import Placed
from ledger.history import open_entry, open_envelope
from ledger.ids import EcosystemId
from ledger.snapshot import decode_book, encode_slices, shape_of
from ledger.store import entries, snapshots
from ledger.store.pool import Connection
from ledger.store.snapshots import StoredSnapshot
from ledger.tree import Frontier, leaf_hash

PAGE = 2000
SHAPE = shape_of()


@dataclass(frozen=True, slots=True)
class Folded:
    """A Book, and the frontier of the tree over the same entries. Neither is ever changed."""

    book: Book
    frontier: Frontier


def unfolded(ecosystem_id: EcosystemId) -> Folded:
    """Before entry 0."""
    return Folded(Book(ecosystem_id), Frontier())


async def cold_start(connection: Connection, ecosystem_id: EcosystemId, size: int) -> Folded:
    """The newest snapshot of at most `size` entries, else nothing folded yet. Raises Fault."""
    stored = await snapshots.newest_snapshot(connection, ecosystem_id, SHAPE, size)
    if stored is None:
        return unfolded(ecosystem_id)
    book = decode_book(stored.state)
    if (book.ecosystem_id, book.size) != (ecosystem_id, stored.frontier.size):
        raise Fault(f"the snapshot of {stored.frontier.size} entries is of another Book")
    return Folded(book, stored.frontier)


async def catch_up(connection: Connection, folded: Folded, head: Frontier) -> Folded:
    """What is folded on to the head. Raises Fault when the stored entries do not lead there."""
    book, frontier = folded.book, folded.frontier.copy()
    if book.size > head.size:
        raise Fault(
            f"the ledger has {head.size} entries, fewer than the {book.size} folded already"
        )
    while book.size < head.size:
        limit = min(PAGE, head.size - book.size)
        page = await entries.entries_from(connection, book.ecosystem_id, book.size, limit)
        if not page:
            raise Fault(f"entry {book.size} is missing")
        for stored in page:
            book = evolve(book, placed_of(stored))
            frontier.append(stored.leaf_hash)
    if frontier.hashes != head.hashes:
        raise Fault(f"the head of {head.size} entries is not the tree that they make")
    return Folded(book, frontier)


def placed_of(stored: entries.StoredEntry) -> Placed:
    """The fact of a stored entry, checked against its envelope and leaf hash."""
    if leaf_hash(stored.envelope) != stored.leaf_hash:
        raise Fault(f"entry {stored.index}: the envelope is not the one that was hashed")
    if stored.salt is None or stored.body is None:
        raise Fault(f"entry {stored.index} has no opening")
    return open_entry(open_envelope(stored.envelope), stored.salt, stored.body)


async def snapshot_of(folded: Folded, pause: Callable[[], Awaitable[None]]) -> StoredSnapshot:
    """What is stored of it, made a slice at a time: `pause` lets others by between two.

    In a thread it would hold the interpreter for as long as all of it takes.
    """
    parts: list[bytes] = []
    for part in encode_slices(folded.book):
        parts.append(part)
        await pause()
    return StoredSnapshot(folded.frontier, b"".join(parts))
