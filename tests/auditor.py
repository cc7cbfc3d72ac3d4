"""The auditor: re-derives the whole ledger from its entries and compares everything stored."""

from itertools import pairwise

import orjson

from ledger.audit import check
from ledger.book import Book
from ledger.changes import changes
from ledger.checkpoint import open_checkpoint, parse_verifier
from ledger.ecosystem import EcosystemFounded
from ledger.evolution import evolve
from ledger.fold import placed_of
from ledger.history import encode_state
from ledger.ids import EcosystemId
from ledger.journal import SettlementPosted
from ledger.payment import PaymentConfirmed, PaymentReported
from ledger.rotation import LogKeyRotated
from ledger.store import entries, postings, projections
from ledger.store.pool import open_database
from ledger.store.projections import fold_rows
from ledger.tree import Frontier, root
from service.settings import Settings
from tests.freezer import freezer


async def audit(settings: Settings, ecosystem_id: str) -> None:
    """Assert that leaves, tree, head, checkpoints, projections and postings follow from entries."""
    key = EcosystemId(ecosystem_id.rpartition(":")[2])
    database = await open_database(settings.database_url or "", 2)
    try:
        async with database.reading(key) as connection:
            head = await entries.read_head(connection, key)
            stored = await entries.entries_from(connection, key, 0, 10**6)
            notes = await entries.checkpoints_from(connection, key, 0, 10**6)
            lines = await postings.postings_after(connection, key, "*", "", None, 10**6)
            rows = await connection.fetch(projections.SQL["all_states"], key)
    finally:
        await database.close()
    freezer.offer(stored)
    book, changed, posted, frontier = Book(key), [], [], Frontier()
    keys: list[tuple[int, str]] = []
    for entry in stored:
        placed = placed_of(entry)
        check(book, placed)
        book = evolve(book, placed)
        frontier.append(entry.leaf_hash)
        changed += [(placed.index, placed.audience, each) for each in changes(book, placed)]
        match placed.event:
            case EcosystemFounded(log_key=log_key) | LogKeyRotated(log_key=log_key):
                keys.append((placed.index, log_key))
            case SettlementPosted() | PaymentReported() | PaymentConfirmed() as event:
                posted += list(event.postings)
    leaves = [entry.leaf_hash for entry in stored]
    assert head is not None
    assert head.size == len(stored) == book.size
    assert head.root() == frontier.root() == root(leaves)
    assert [line.posting for line in lines] == posted
    expected = [
        (
            row.change.concept,
            row.change.object_id,
            row.from_index,
            row.until_index,
            row.first_index,
            list(row.audience),
            orjson.loads(encode_state(row.change.state)),
        )
        for row in sorted(fold_rows(changed), key=lambda row: (*row.key, row.from_index))
    ]
    found = [
        (
            row["concept"],
            row["object_id"],
            row["from_index"],
            row["until_index"],
            row["first_index"],
            list(row["audience"]),
            orjson.loads(row["state"]),
        )
        for row in sorted(rows, key=lambda row: (row[0], row[1], row[2]))
    ]
    assert found == expected
    ecosystem = book.ecosystem
    assert ecosystem is not None
    for note in notes:
        log_key = next(key for index, key in reversed(keys) if index < note.size)
        opened = open_checkpoint(note.note, ecosystem.origin, parse_verifier(log_key))
        assert opened.checkpoint.root == root(leaves[: note.size])
    sizes = [note.size for note in notes]
    assert all(before < after for before, after in pairwise(sizes))
