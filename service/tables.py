"""Tables of finance as CSV streams: what is due on a day, and what the bank shows.

The one rule: as the journal's: RFC 4180, decimals with a point, and no cell that a spreadsheet
would run.
"""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date

from ledger.amounts import Money
from ledger.due import Due
from ledger.store.bankstatements import StoredLine
from service.plaintext import cell

DUE_COLUMNS = (
    "reference",
    "settlement",
    "period",
    "payer",
    "payee",
    "currency",
    "amount",
    "reported",
    "received",
    "cleared",
    "netted",
    "open",
    "due_on",
    "status",
    "on",
    "ageing",
    "days_overdue",
    "purchase_order",
    "tax_number",
    "payer_account_code",
    "payee_account_code",
)
LINE_COLUMNS = (
    "statement",
    "line",
    "booked_on",
    "currency",
    "amount",
    "outcome",
    "effect",
    "due",
    "payment",
    "reference",
    "end_to_end",
    "counterparty",
    "counterparty_account",
    "text",
    "bank_reference",
    "is_reversal",
)


def _text(rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


async def dues_csv(
    names: Mapping[str, str], on: date, pages: AsyncIterator[list[Due]]
) -> AsyncIterator[bytes]:
    """The reconciliation report of a day."""
    yield _text([DUE_COLUMNS])
    async for page in pages:
        yield _text([_due(each, names, on) for each in page])


def _due(due: Due, names: Mapping[str, str], on: date) -> tuple[object, ...]:
    currency = due.amount.currency
    sums = (due.reported_minor, due.received_minor, due.cleared_minor, due.netted_minor)
    return (
        due.reference,
        due.settlement_id,
        cell(due.period),
        cell(names[due.payer]),
        cell(names[due.payee]),
        currency,
        due.amount.render(),
        *(Money(currency, minor).render() for minor in sums),
        due.open.render(),
        due.due_on,
        due.status.value,
        on,
        due.ageing(on).value,
        due.days_overdue(on),
        *_papers(due),
    )


def _papers(due: Due) -> tuple[str, str, str, str]:
    """The partner's order and tax number, and both sides' own account codes."""
    partner = due.papers_of(due.party_id)
    payer, payee = due.papers_of(due.payer), due.papers_of(due.payee)
    texts = (partner.purchase_order, partner.tax_number, payer.account_code, payee.account_code)
    order, tax, code, other = (cell(each) for each in texts)
    return order, tax, code, other


async def lines_csv(pages: AsyncIterator[list[StoredLine]]) -> AsyncIterator[bytes]:
    """Lines of a party's bank statements, with what they were matched with."""
    yield _text([LINE_COLUMNS])
    async for page in pages:
        yield _text([_line(each) for each in page])


def _line(stored: StoredLine) -> tuple[object, ...]:
    line, matched = stored.line, stored.matched
    said = (line.end_to_end, line.counterparty, line.counterparty_account, line.text)
    return (
        stored.statement_index,
        stored.number,
        line.booked_on,
        line.amount.currency,
        line.amount.render(),
        "MATCHED" if matched else "UNKNOWN",
        matched.effect.value if matched else "",
        matched.reference if matched else "",
        matched.payment_id if matched else "",
        line.reference,
        *(cell(each) for each in said),
        cell(line.bank_reference),
        "true" if line.is_reversal else "false",
    )
