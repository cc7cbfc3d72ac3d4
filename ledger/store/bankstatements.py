"""Bank statements as stored: lines beside the entry of their import, for one party's eyes."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.amounts import Money
from ledger.bankstatement import BankLine, SealedStatement, mark_of
from ledger.due import Due
from ledger.history import decode_state
from ledger.ids import EcosystemId
from ledger.reconciliation import MatchedLine
from ledger.store.pool import Connection
from ledger.store.queries import load

SQL = load(__file__)

START, END = (-1, -1), (2**62, 2**31 - 1)
"""Places before the first and after the last: an entry's index, and a line in it."""

MAX_OPEN_DUES = 5000
"""Dues that suggestions look among."""


@dataclass(frozen=True, slots=True)
class StoredStatement:
    """A statement at its entry, and how many of its lines are matched."""

    index: int
    account: str
    statement_id: str
    currency: str
    opening: Money | None
    closing: Money | None
    line_count: int
    matched_count: int


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line at its place, and what it was matched with, if it was."""

    statement_index: int
    number: int
    mark: str
    line: BankLine
    matched: MatchedLine | None


async def add(
    connection: Connection,
    ecosystem_id: EcosystemId,
    added: Sequence[tuple[int, str, SealedStatement]],
) -> None:
    """Statements (index, party, statement) with their lines."""
    if not added:
        return
    statements = [(index, party, sealed, sealed.statement) for index, party, sealed in added]
    await connection.execute(
        SQL["add_statements"],
        ecosystem_id,
        [index for index, _, _, _ in statements],
        [party for _, party, _, _ in statements],
        [each.account for _, _, _, each in statements],
        [each.statement_id for _, _, _, each in statements],
        [each.currency for _, _, _, each in statements],
        [each.opening.amount_minor if each.opening else None for _, _, _, each in statements],
        [each.closing.amount_minor if each.closing else None for _, _, _, each in statements],
        [len(each.lines) for _, _, _, each in statements],
        [sealed.salt for _, _, sealed, _ in statements],
    )
    rows = [
        (index, number, party, mark_of(party, each, number), line)
        for index, party, _, each in statements
        for number, line in enumerate(each.lines)
    ]
    await connection.execute(SQL["add_lines"], ecosystem_id, *_columns(rows))


def _columns(rows: Sequence[tuple[int, int, str, str, BankLine]]) -> tuple[list[object], ...]:
    lines = [line for _, _, _, _, line in rows]
    return (
        [index for index, _, _, _, _ in rows],
        [number for _, number, _, _, _ in rows],
        [party for _, _, party, _, _ in rows],
        [mark for _, _, _, mark, _ in rows],
        [line.booked_on for line in lines],
        [line.amount.currency for line in lines],
        [line.amount.amount_minor for line in lines],
        [line.reference for line in lines],
        [line.end_to_end for line in lines],
        [line.counterparty for line in lines],
        [line.counterparty_account for line in lines],
        [line.text for line in lines],
        [line.bank_reference for line in lines],
        [line.part for line in lines],
        [line.is_reversal for line in lines],
    )


async def statements_of(
    connection: Connection,
    ecosystem_id: EcosystemId,
    party: str,
    cursor: int | None,
    limit: int,
    *,
    backward: bool = False,
) -> list[StoredStatement]:
    """A party's statements after an index, oldest first; backward: before it, newest first."""
    start = (END if backward else START)[0] if cursor is None else cursor
    query = SQL["statements_before" if backward else "statements_after"]
    rows = await connection.fetch(query, ecosystem_id, party, start, limit)
    return [
        StoredStatement(
            row["index"],
            row["account"],
            row["statement_id"],
            row["currency"],
            _money(row["currency"], row["opening_minor"]),
            _money(row["currency"], row["closing_minor"]),
            row["line_count"],
            row["matched_count"],
        )
        for row in rows
    ]


async def lines_of(
    connection: Connection,
    ecosystem_id: EcosystemId,
    party: str,
    statement_index: int | None,
    cursor: tuple[int, int] | None,
    limit: int,
    *,
    is_matched: bool | None = None,
    backward: bool = False,
) -> list[StoredLine]:
    """Lines of a party's statements after (statement, line): all, matched ones, or the others.

    Backward: those before it, the newest first.
    """
    rows = await connection.fetch(
        SQL["lines_before" if backward else "lines_after"],
        ecosystem_id,
        party,
        statement_index,
        *(cursor or (END if backward else START)),
        is_matched,
        limit,
    )
    return [
        StoredLine(
            row["statement_index"],
            row["line"],
            row["mark"],
            BankLine(
                Money(row["currency"], row["amount_minor"]),
                row["booked_on"],
                row["reference"],
                row["end_to_end"],
                row["counterparty"],
                row["counterparty_account"],
                row["text"],
                row["bank_reference"],
                row["part"],
                row["is_reversal"],
            ),
            decode_state(row["matched"], MatchedLine) if row["matched"] else None,
        )
        for row in rows
    ]


async def open_dues(
    connection: Connection, ecosystem_id: EcosystemId, party: str, currencies: Sequence[str]
) -> list[Due]:
    """Dues of a party that are not matched, oldest first, as many as suggestions look among."""
    rows = await connection.fetch(
        SQL["open_dues"], ecosystem_id, party, list(currencies), MAX_OPEN_DUES
    )
    return [decode_state(row["state"], Due) for row in rows]


def _money(currency: str, minor: int | None) -> Money | None:
    return None if minor is None else Money(currency, minor)
