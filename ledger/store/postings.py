"""Postings: double entry as stored, append-only, summing to zero by a constraint too."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.ids import EcosystemId
from ledger.journal import Account, AccountKind, Posting
from ledger.store.pool import Connection
from ledger.store.queries import load

SQL = load(__file__)


@dataclass(frozen=True, slots=True)
class StoredPosting:
    """A posting at its place: the entry's index and the line within it, from 0."""

    entry_index: int
    line: int
    posting: Posting


async def append(
    connection: Connection,
    ecosystem_id: EcosystemId,
    added: Sequence[tuple[int, tuple[Posting, ...]]],
) -> None:
    """The postings of a batch, by the index of their entry."""
    rows = [
        (index, line, posting) for index, postings in added for line, posting in enumerate(postings)
    ]
    if not rows:
        return
    await connection.execute(
        SQL["append_postings"],
        ecosystem_id,
        [index for index, _, _ in rows],
        [line for _, line, _ in rows],
        [posting.account.owner for _, _, posting in rows],
        [posting.account.counterparty for _, _, posting in rows],
        [str(posting.account.kind) for _, _, posting in rows],
        [posting.account.currency for _, _, posting in rows],
        [posting.amount_minor for _, _, posting in rows],
        [posting.sequence for _, _, posting in rows],
        [posting.balance_minor for _, _, posting in rows],
    )


async def postings_after(
    connection: Connection,
    ecosystem_id: EcosystemId,
    viewer: str,
    owner: str,
    cursor: tuple[int, int] | None,
    limit: int,
) -> list[StoredPosting]:
    """Up to `limit` postings that a viewer may see, after (entry index, line)."""
    rows = await connection.fetch(
        SQL["postings_after"], ecosystem_id, viewer, owner, *(cursor or (-1, -1)), limit
    )
    return [
        StoredPosting(
            row["entry_index"],
            row["line"],
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
        )
        for row in rows
    ]
