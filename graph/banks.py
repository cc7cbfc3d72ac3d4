"""Bank statements: imported, matched with dues, and what stays unknown. One's own alone."""

from datetime import date
from enum import StrEnum
from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import OWN, offered
from graph.context import Info
from graph.dues import Due, due_of
from graph.enums import describe
from graph.money import Money, money_of
from graph.nodes import Node, global_id, place_of
from graph.paging import (
    DEFAULT_PAGE,
    After,
    Before,
    Connection,
    First,
    Last,
    lines_asked,
    span,
    window,
)
from graph.payments import Payment, load_payment
from graph.scalars import Index
from ledger import due as dues
from ledger.read import Window
from ledger.reconciliation import LineEffect, suggestions
from ledger.store.bankstatements import StoredLine, StoredStatement

MAX_SUGGESTIONS = 5

describe(
    LineEffect,
    "What a matched line did.",
    SHOWN="It shows a payment that your party had stated.",
    JOINED="It states the payment that the other side states too.",
    BEGUN="It states a payment that nobody had.",
    REVERSED="It takes your party's word back.",
)


class StatementFormat(StrEnum):
    """camt.053 versions 001.02 and 001.08, or CSV."""

    CAMT_053 = "CAMT_053"
    CSV = "CSV"


describe(
    StatementFormat,
    "What a bank statement is written in.",
    CAMT_053="ISO 20022 camt.053 XML, versions 001.02 and 001.08.",
    CSV="Comma-separated values with a first row of names; see `content`.",
)


class LineOutcome(StrEnum):
    """MATCHED with a due, or UNKNOWN."""

    MATCHED = "MATCHED"
    UNKNOWN = "UNKNOWN"


describe(
    LineOutcome,
    "Whether a line is matched with a due.",
    MATCHED="With a due, by its reference or by your party's word.",
    UNKNOWN="With none: nobody knows yet what it is about.",
)


@strawberry.type(description="A due that an unknown line may be about; your party confirms it.")
class LineSuggestion:
    """Never applied by itself."""

    due: Due = field(description="What may be paid.")
    reason: str = field(description='Why: "reference", "amount and party" or "amount".')


@strawberry.type(description="A transfer as your party's bank shows it.")
class BankLine:
    """Seen by the party that imported it alone."""

    stored: strawberry.Private[StoredLine]
    line: int = field(description="Its number in the statement, from 0.")
    amount: Money = field(description="Positive when money came in, negative when it left.")
    booked_on: date = field(description="When the bank booked it.")
    reference: str = field(description="The ISO 11649 reference found in it; may be empty.")
    end_to_end: str = field(description="The payer's own identification; may be empty.")
    counterparty: str = field(description="The other side's name as the bank shows it.")
    counterparty_account: str = field(description="The other side's account; may be empty.")
    text: str = field(description="What the transfer says; may be empty.")
    bank_reference: str = field(description="The bank's own reference; may be empty.")
    is_reversal: bool = field(description="Whether the bank calls it a reversal or a return.")
    outcome: LineOutcome = field(description="Whether it is matched.")
    effect: LineEffect | None = field(description="What it did; null while it is unknown.")

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """While it is unknown, say which due it is about."""
        return await offered(info, [] if self.stored.matched else ["matchBankLine"])

    @field(description="The payment that it is of; null while it is unknown.")
    async def payment(self, info: Info) -> Payment | None:
        """What it shows."""
        matched = self.stored.matched
        return None if matched is None else await load_payment(info, matched.payment_id)

    @field(description="Up to 5 dues that it may be about, the likeliest first.")
    async def suggestions(self, info: Info) -> list[LineSuggestion]:
        """By reference, else by amount and name."""
        if self.stored.matched is not None:
            return []
        line = self.stored.line
        found = suggestions(
            line.amount,
            line.counterparty,
            line.reference,
            await _open_dues(info, line.amount.currency),
            info.context.actor.party_id,
        )
        return [
            LineSuggestion(due=due_of(each.due), reason=each.reason)
            for each in found[:MAX_SUGGESTIONS]
        ]


async def _open_dues(info: Info, currency: str) -> list[tuple[dues.Due, str]]:
    """The party's open dues of a currency with the other side's name, read once a request."""
    kept = info.context.open_dues
    if currency not in kept:
        actor = info.context.actor
        names = {p.party_id: p.name for p in (await info.context.ecosystem()).parties}
        found = await info.context.doors.bookkeeping.open_dues(actor, [currency])
        kept[currency] = [
            (due, names[due.payee if due.payer == actor.party_id else due.payer]) for due in found
        ]
    return kept[currency]


@strawberry.type(description="A bank statement that your party imported.")
class BankStatement(Node):
    """Seen by the party that imported it alone; the ledger holds a salted root of its lines."""

    stored: strawberry.Private[StoredStatement]
    account: str = field(description="Your account, an IBAN or the bank's own number.")
    bank_reference: str = field(description="The bank's own identification of it.")
    currency: str = field(description="ISO 4217 code; empty when it has no line.")
    opening: Money | None = field(description="Balance before it; null where the file tells none.")
    closing: Money | None = field(description="Balance after it; null where the file tells none.")
    line_count: int = field(description="Its lines.")
    matched_count: int = field(description="Lines that are matched with dues by now.")
    index: Index = field(description="The entry that imported it.")

    @field(description="Its lines, in the bank's order.")
    async def lines(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        outcome: Annotated[
            LineOutcome | None, strawberry.argument(description="Only matched, or only unknown.")
        ] = None,
    ) -> Connection[BankLine]:
        """A page of lines."""
        asked = window(first, after, last, before)
        return await _line_page(info, asked, outcome, self.stored.index)


async def _line_page(
    info: Info, asked: Window, outcome: LineOutcome | None, statement: int | None
) -> Connection[BankLine]:
    cursor, limit, backward = lines_asked(asked)
    found = await info.context.doors.bookkeeping.bank_lines(
        info.context.actor,
        cursor,
        limit,
        statement_index=statement,
        is_matched=None if outcome is None else outcome is LineOutcome.MATCHED,
        backward=backward,
    )
    return span(found, asked, lambda each: (each.statement_index, each.number), line_of)


def line_of(stored: StoredLine) -> BankLine:
    """A line as the API shows it."""
    line, matched = stored.line, stored.matched
    return BankLine(
        stored=stored,
        line=stored.number,
        amount=money_of(line.amount),
        booked_on=line.booked_on,
        reference=line.reference,
        end_to_end=line.end_to_end,
        counterparty=line.counterparty,
        counterparty_account=line.counterparty_account,
        text=line.text,
        bank_reference=line.bank_reference,
        is_reversal=line.is_reversal,
        outcome=LineOutcome.UNKNOWN if matched is None else LineOutcome.MATCHED,
        effect=None if matched is None else matched.effect,
    )


def statement_of(stored: StoredStatement) -> BankStatement:
    """A statement as the API shows it."""
    return BankStatement(
        id=global_id("BankStatement", str(stored.index)),
        stored=stored,
        account=stored.account,
        bank_reference=stored.statement_id,
        currency=stored.currency,
        opening=None if stored.opening is None else money_of(stored.opening),
        closing=None if stored.closing is None else money_of(stored.closing),
        line_count=stored.line_count,
        matched_count=stored.matched_count,
        index=Index(stored.index),
    )


async def load_statement(info: Info, key: str) -> BankStatement | None:
    """A statement of one's own by the entry that imported it, or None."""
    index = place_of(key)
    if index is None:
        return None
    reader, actor = info.context.doors.bookkeeping, info.context.actor
    found = await reader.bank_statements(actor, index - 1, 1)
    return statement_of(found[0]) if found and found[0].index == index else None


@strawberry.type
class BankQuery:
    """Reading."""

    @field(description="Bank statements that your party imported, oldest first.")
    async def bank_statements(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[BankStatement]:
        """A page of statements."""
        asked = window(first, after, last, before)
        backward = asked.last is not None
        cursor = asked.before if backward else asked.after
        found = await info.context.doors.bookkeeping.bank_statements(
            info.context.actor,
            None if cursor is None else cursor[0],
            (asked.last or asked.first or DEFAULT_PAGE) + 1,
            backward=backward,
        )
        return span(found, asked, lambda each: (each.index,), statement_of)

    @field(description="Lines of all bank statements that your party imported.")
    async def bank_lines(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        outcome: Annotated[
            LineOutcome | None, strawberry.argument(description="Only matched, or only unknown.")
        ] = None,
    ) -> Connection[BankLine]:
        """A page of lines."""
        return await _line_page(info, window(first, after, last, before), outcome, None)
