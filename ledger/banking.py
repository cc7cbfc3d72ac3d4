"""Decisions about bank statements: what is imported, and which lines are about which dues. Pure.

The one rule: a line is matched once, whatever file shows it, and only by its reference or by a
person. The same statement twice changes nothing. Source: `domain.md` section 8.
"""

from collections.abc import Iterator

from ledger.actor import Actor, NotFound
from ledger.bankstatement import (
    BankStatement,
    ImportStatements,
    StatementDiffers,
    StatementKnown,
    check_all,
    mark_of,
    seal_statement,
)
from ledger.book import Book
from ledger.booking import Desk, book_line, matched_line
from ledger.commands import Decision
from ledger.due import Due
from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.ids import Seed
from ledger.payment import CurrencyDiffers, LinePlace
from ledger.reconciliation import LinesMatched, MatchedLine, MatchLine
from ledger.trust import member

MAX_MATCHED = 500
"""Matched lines in one entry."""


class LineMatched(Refusal):
    """This line of the statement is matched already. -> Reverse its payment if that was wrong."""


class LineIsAbout(Refusal):
    """This line cannot be about this due: {reason}. -> Choose a due of the line's own side."""


def decide_bank(
    book: Book, command: ImportStatements | MatchLine, actor: Actor, seed: Seed
) -> Decision:
    """The decision on a command about bank statements. Raises a Refusal."""
    member(book, actor)
    match command:
        case ImportStatements(statements=statements):
            return _import(book, statements, actor, seed)
        case MatchLine():
            return _match(book, command, actor, seed)


def _import(
    book: Book, statements: tuple[BankStatement, ...], actor: Actor, seed: Seed
) -> Decision:
    check_all(statements)
    facts: list[Fact] = []
    sealed = []
    object_id, known_index = "", 0
    for statement in statements:
        key = (actor.party_id, statement.account, statement.statement_id)
        digest, known_index = book.bank_statements.get(key, ("", known_index))
        if digest:
            if digest != statement.digest:
                raise StatementDiffers(
                    "content", statement=statement.statement_id, index=known_index
                )
            continue
        made = seal_statement(statement, seed)
        index = book.size + len(facts)
        sealed.append((len(facts), made))
        object_id = object_id or str(index)
        facts.append(Fact(made.event, (actor.party_id,)))
        for about, lines in _grouped(book, statement, index, actor.party_id):
            event, book = _matched(book, lines, actor, book.size + len(facts), seed)
            if event.lines:
                facts.append(Fact(event, about.audience))
    if not facts:
        raise StatementKnown("content", index=known_index)
    return Decision(tuple(facts), object_id, actor.party_id, statements=tuple(sealed))


def _grouped(
    book: Book, statement: BankStatement, index: int, party_id: str
) -> Iterator[tuple[Due, list[MatchLine]]]:
    """Lines with a reference of ours that are not matched yet, by who may see them, in portions."""
    groups: dict[tuple[str, ...], list[tuple[Due, MatchLine]]] = {}
    for number, line in enumerate(statement.lines):
        due = book.dues.get(line.reference) if line.reference else None
        if due is None or party_id not in (due.payer, due.payee):
            continue
        mark = mark_of(party_id, statement, number)
        if mark in book.bank_lines:
            continue
        place = LinePlace(index, number, mark)
        asked = MatchLine(place, line.amount, line.booked_on, line.reference)
        groups.setdefault((due.party_id, *due.audience), []).append((due, asked))
    for group in groups.values():
        for start in range(0, len(group), MAX_MATCHED):
            portion = group[start : start + MAX_MATCHED]
            yield portion[0][0], [asked for _, asked in portion]


def _matched(
    book: Book, asked: list[MatchLine], actor: Actor, index: int, seed: Seed
) -> tuple[LinesMatched, Book]:
    """The lines that are about their dues, each on what the ones before it did."""
    lines: list[MatchedLine] = []
    desk = Desk.of(book)
    for each in asked:
        if each.place.mark in desk.bank_lines:
            continue
        line = matched_line(desk, actor.party_id, each, seed.new_id)
        if line is not None:
            lines.append(line)
            book_line(desk, actor.party_id, index, line)
    return LinesMatched(tuple(lines)), desk.closed(book)


def _match(book: Book, asked: MatchLine, actor: Actor, seed: Seed) -> Decision:
    due = book.dues.get(asked.reference)
    party_id = actor.party_id
    if due is None or (party_id not in due.audience and "*" not in due.audience):
        raise NotFound("dueId", what="due", id=asked.reference)
    if party_id not in (due.payer, due.payee):
        raise LineIsAbout("dueId", reason="your party neither pays nor receives it")
    if asked.amount.currency != due.amount.currency:
        raise CurrencyDiffers("dueId", expected=due.amount.currency, given=asked.amount.currency)
    if asked.place.mark in book.bank_lines:
        raise LineMatched("line")
    line = matched_line(book, party_id, asked, seed.new_id)
    if line is None:
        reason = "it goes the other way, and no payment of its amount stands to be taken back"
        raise LineIsAbout("dueId", reason=reason)
    facts = (Fact(LinesMatched((line,)), due.audience),)
    return Decision(facts, line.payment_id, party_id)
