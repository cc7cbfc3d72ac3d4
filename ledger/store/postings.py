"""Postings: double entry as stored, append-only, summing to zero by a constraint too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.ids import EcosystemId
from ledger.journal import Account, AccountKind, Booked, Posting
from ledger.store.pool import Connection
from ledger.store.queries import load
from ledger.terms import References

SQL = load(__file__)

START, END = (-1, -1), (2**62, 2**31 - 1)
"""Places before the first and after the last: an entry's index, and a line in it."""


@dataclass(frozen=True, slots=True)
class StoredPosting:
    """A posting at its place: the entry's index, instant and kind, and the line in it, from 0.

    `papers`: what its owner's finance needs on the document, where a journal looked it up.
    """

    entry_index: int
    line: int
    at: datetime
    kind: str
    posting: Posting
    reference: str
    reverses: int | None
    papers: References | None = None


@dataclass(frozen=True, slots=True)
class Books:
    """Which postings: who looks, in whose books, about whom, and of which ledger size at most.

    An observer sees what is in its audience; a party what it is a side of. Empty: not narrowed.
    """

    viewer: str
    is_observer: bool = False
    owner: str = ""
    counterparty: str = ""
    as_of: int | None = None


async def append(
    connection: Connection,
    ecosystem_id: EcosystemId,
    added: Sequence[tuple[int, tuple[Booked, ...]]],
) -> None:
    """The postings of a batch, by the index of their entry."""
    rows = [
        (index, line, each.posting, each)
        for index, booked in added
        for line, each in enumerate(booked)
    ]
    if not rows:
        return
    await connection.execute(
        SQL["append_postings"],
        ecosystem_id,
        [index for index, _, _, _ in rows],
        [line for _, line, _, _ in rows],
        [posting.account.owner for _, _, posting, _ in rows],
        [posting.account.counterparty for _, _, posting, _ in rows],
        [str(posting.account.kind) for _, _, posting, _ in rows],
        [posting.account.currency for _, _, posting, _ in rows],
        [posting.amount_minor for _, _, posting, _ in rows],
        [posting.sequence for _, _, posting, _ in rows],
        [posting.balance_minor for _, _, posting, _ in rows],
        [each.reference for _, _, _, each in rows],
        [each.reverses for _, _, _, each in rows],
    )


async def page(
    connection: Connection,
    ecosystem_id: EcosystemId,
    books: Books,
    cursor: tuple[int, int] | None,
    limit: int,
    *,
    backward: bool,
) -> list[StoredPosting]:
    """Up to `limit` postings that a viewer may see, after (entry index, line).

    Backward: those before it, the newest first.
    """
    rows = await connection.fetch(
        SQL["postings_before" if backward else "postings_after"],
        ecosystem_id,
        books.viewer,
        books.is_observer,
        books.owner,
        books.counterparty,
        *(cursor or (END if backward else START)),
        books.as_of,
        limit,
    )
    return [
        StoredPosting(
            row["entry_index"],
            row["line"],
            row["at"],
            row["kind"],
            Posting(
                Account(
                    row["owner"],
                    row["counterparty"],
                    AccountKind(row["account_kind"]),
                    row["currency"],
                ),
                row["amount_minor"],
                row["sequence"],
                row["balance_minor"],
            ),
            row["reference"],
            row["reverses"],
        )
        for row in rows
    ]
