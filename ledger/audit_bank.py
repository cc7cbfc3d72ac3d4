"""Audit of bank statements: what was imported, and what its matched lines did. Pure."""

from functools import partial

from ledger.amounts import Money
from ledger.bankstatement import StatementImported
from ledger.book import Book
from ledger.booking import Desk, book_line, matched_line
from ledger.due import Due
from ledger.fact import Placed
from ledger.reconciliation import LineEffect, LinesMatched, MatchedLine, MatchLine
from ledger.rule import require
from ledger.tree import HASH_SIZE


def check_imported(book: Book, placed: Placed, imported: StatementImported) -> None:
    """A statement is entered once, for its party's eyes alone. Raises RuleBroken."""
    require(placed.audience == (placed.party,), "a bank statement is for its party alone")
    require(len(imported.root) == HASH_SIZE, "its root is no hash")
    require(imported.line_count >= 0, "it counts no lines")
    key = (placed.party, imported.account, imported.statement_id)
    require(key not in book.bank_statements, "the statement is imported twice")


def check_matched(book: Book, placed: Placed, matched: LinesMatched) -> None:
    """Each line does to its due what it must, after the lines before it. Raises RuleBroken."""
    require(bool(matched.lines), "it matches nothing")
    desk = Desk.of(book)
    for line in matched.lines:
        due = desk.dues[line.reference]
        require(placed.party in (due.payer, due.payee), "the due is another's")
        require(placed.audience == due.audience, "its audience is not that of what is owed")
        require(line.place.statement_index < placed.index, "its statement comes later")
        require(line.place.mark not in desk.bank_lines, "a line is matched twice")
        asked = MatchLine(line.place, _signed(line, due, placed.party), line.on, line.reference)
        expected = matched_line(desk, placed.party, asked, partial(str, line.payment_id))
        require(expected == line, "a line does something else")
        if line.effect is LineEffect.BEGUN:
            require(line.payment_id not in desk.payments, "its id was used before")
        book_line(desk, placed.party, placed.index, line)


def _signed(line: MatchedLine, due: Due, party_id: str) -> Money:
    """The line's amount as the bank showed it: what came in is positive."""
    came_in = (party_id == due.payee) != (line.effect is LineEffect.REVERSED)
    minor = line.amount.amount_minor
    return Money(line.amount.currency, minor if came_in else -minor)
