"""Journals as text that finance tools read: CSV, beancount and hledger.

The one rule: one party's books a file, each account with its currency and its running balance, so
that the reading tool itself proves that no posting is missing: hledger by an assertion at every
posting, beancount by one an account at the end. Accounts are declared, as the tools' strict checks
want it. Sources: beancount's language syntax; hledger's journal format.
"""

import csv
import io
import re
import unicodedata
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from itertools import groupby

from ledger.amounts import Money, minor_digits
from ledger.history import render_instant
from ledger.journal import Account, AccountKind
from ledger.store.postings import StoredPosting
from ledger.terms import References

Pages = AsyncIterator[list[StoredPosting]]

ROOTS: Mapping[AccountKind, str] = {
    AccountKind.INCENTIVE_EXPENSE: "Expenses:Incentive",
    AccountKind.INCENTIVE_INCOME: "Income:Incentive",
    AccountKind.PAYABLE: "Liabilities:Payable",
    AccountKind.RECEIVABLE: "Assets:Receivable",
    AccountKind.CASH_CLEARING: "Assets:CashClearing",
    AccountKind.AT_RISK_WITHHELD: "Assets:AtRiskWithheld",
}
"""Where each kind of account stands in a chart of accounts of five roots."""
OF_THE_PAYER: Mapping[AccountKind, str] = {
    AccountKind.AT_RISK_WITHHELD: "Liabilities:AtRiskWithheld",
}
"""Where it stands otherwise in the books of the outsourcer, who withholds."""
COLUMNS = (
    "entry",
    "line",
    "posted_at",
    "kind",
    "owner",
    "counterparty",
    "account",
    "currency",
    "debit",
    "credit",
    "sequence",
    "balance",
    "reference",
    "reverses",
    "purchase_order",
    "tax_number",
    "account_code",
)
_NOT_A_COMPONENT = re.compile(r"[^A-Za-z0-9]+")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
ID_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Header:
    """Whose books, and of which ledger: what the first lines of a file say.

    `is_payers`: they are the outsourcer's.
    """

    owner: str
    ecosystem: str
    ecosystem_id: str
    size: int
    names: Mapping[str, str]
    is_resumed: bool = False
    is_payers: bool = False

    @property
    def title(self) -> str:
        """One line."""
        return f"Books of {plain(self.names[self.owner])} in {plain(self.ecosystem)}"


def plain(text: str) -> str:
    """A name as one line of text without the characters that journals give a meaning."""
    return re.sub(r'[\s|;"\\*!]+', " ", text).strip()


def cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def components(names: Mapping[str, str]) -> dict[str, str]:
    """A part of an account's name for each party id: readable, and never the same for two."""
    made: dict[str, str] = {}
    for party_id, name in names.items():
        folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        word = _NOT_A_COMPONENT.sub("-", folded).strip("-")
        word = word[:1].upper() + word[1:] or "Party"
        short = f"{word}-{party_id[:ID_DIGITS]}"
        made[party_id] = f"{word}-{party_id}" if short in made.values() else short
    return made


@dataclass(slots=True)
class _Chart:
    """The accounts that a file has named so far, and where each stands."""

    roots: Mapping[AccountKind, str]
    parts: Mapping[str, str]
    known: dict[Account, str] = field(default_factory=dict)
    balances: dict[Account, int] = field(default_factory=dict)

    def name(self, account: Account) -> str:
        """An account's name in the file."""
        found = self.known.get(account)
        if found is None:
            part = self.parts[account.counterparty]
            found = self.known[account] = f"{self.roots[account.kind]}:{part}:{account.currency}"
        return found


def _chart(header: Header) -> _Chart:
    """No account named yet."""
    roots = {**ROOTS, **OF_THE_PAYER} if header.is_payers else ROOTS
    return _Chart(roots, components(header.names))


def _grouped(page: Iterable[StoredPosting]) -> Iterator[list[StoredPosting]]:
    """The transactions of a page: the postings of an entry about one stake."""
    for _, rows in groupby(page, key=lambda each: (each.entry_index, each.reference)):
        yield list(rows)


async def _transactions(pages: Pages) -> AsyncIterator[list[StoredPosting]]:
    """Transactions of all pages, also those that two pages share."""
    held: list[StoredPosting] = []
    async for page in pages:
        groups = list(_grouped([*held, *page]))
        for group in groups[:-1]:
            yield group
        held = groups[-1]
    if held:
        yield held


async def _chunks(lines: AsyncIterator[str], size: int = 65536) -> AsyncIterator[bytes]:
    buffer: list[str] = []
    held = 0
    async for line in lines:
        buffer.append(line)
        held += len(line)
        if held >= size:
            yield "".join(buffer).encode()
            buffer, held = [], 0
    yield "".join(buffer).encode()


def papers_of(papers: References | None) -> tuple[str, str, str]:
    """Purchase order, tax number and account code as cells."""
    if papers is None:
        return "", "", ""
    return cell(papers.purchase_order), cell(papers.tax_number), cell(papers.account_code)


def _tags(papers: References | None) -> list[tuple[str, str]]:
    """What finance needs, as name and value of tags; none where nothing is stated."""
    if papers is None:
        return []
    stated = (
        ("purchase-order", papers.purchase_order),
        ("tax-number", papers.tax_number),
        ("account-code", papers.account_code),
    )
    return [(name, plain(text.replace(",", " "))) for name, text in stated if plain(text)]


async def journal_csv(header: Header, pages: Pages) -> AsyncIterator[bytes]:
    """The journal as CSV (RFC 4180), amounts as decimals with a point."""
    out = io.StringIO()
    writer = csv.writer(out)
    if not header.is_resumed:
        writer.writerow(COLUMNS)
    names = {party_id: cell(name) for party_id, name in header.names.items()}
    async for page in pages:
        for each in page:
            posting, account = each.posting, each.posting.account
            amount = Money(account.currency, abs(posting.amount_minor)).render()
            is_debit = posting.amount_minor > 0
            writer.writerow(
                (
                    each.entry_index,
                    each.line,
                    render_instant(each.at),
                    each.kind,
                    names[account.owner],
                    names[account.counterparty],
                    account.kind.value,
                    account.currency,
                    amount if is_debit else "",
                    "" if is_debit else amount,
                    posting.sequence,
                    Money(account.currency, posting.balance_minor).render(),
                    each.reference,
                    "" if each.reverses is None else each.reverses,
                    *papers_of(each.papers),
                )
            )
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
    if out.tell():
        yield out.getvalue().encode()


def journal_beancount(header: Header, pages: Pages) -> AsyncIterator[bytes]:
    """The journal as beancount text that `bean-check` passes."""
    return _chunks(_beancount(header, pages))


async def _beancount(header: Header, pages: Pages) -> AsyncIterator[str]:
    yield f'option "title" "{header.title}"\n'
    yield f"; ledger {header.ecosystem_id}, the first {header.size} entries\n"
    chart = _chart(header)
    day: date | None = None
    async for rows in _transactions(pages):
        first = rows[0]
        day = first.at.astimezone(UTC).date()
        for each in rows:
            if each.posting.account not in chart.known:
                name, currency = chart.name(each.posting.account), each.posting.account.currency
                yield f"{day} open {name} {currency}\n"
        payee = plain(header.names[first.posting.account.counterparty])
        yield f'{day} * "{payee}" "{first.kind} {first.reference}"\n  entry: {first.entry_index}\n'
        if first.reverses is not None:
            yield f"  reverses: {first.reverses}\n"
        for name, text in _tags(first.papers):
            yield f'  {name}: "{text}"\n'
        for each in rows:
            posting, account = each.posting, each.posting.account
            chart.balances[account] = posting.balance_minor
            amount = Money(account.currency, posting.amount_minor).render()
            balance = Money(account.currency, posting.balance_minor).render()
            yield f"  {chart.name(account)}  {amount} {account.currency}\n"
            yield f"    sequence: {posting.sequence}\n    balance: {balance} {account.currency}\n"
    if day is not None:
        after = day + timedelta(days=1)
        for account, minor in chart.balances.items():
            balance = Money(account.currency, minor).render()
            yield f"{after} balance {chart.name(account)}  {balance} {account.currency}\n"


def journal_hledger(header: Header, pages: Pages) -> AsyncIterator[bytes]:
    """The journal as hledger text that `hledger check --strict` passes."""
    return _chunks(_hledger(header, pages))


async def _hledger(header: Header, pages: Pages) -> AsyncIterator[str]:
    yield f"; {header.title}\n; ledger {header.ecosystem_id}, the first {header.size} entries\n"
    yield "decimal-mark .\n"
    chart = _chart(header)
    currencies: set[str] = set()
    async for rows in _transactions(pages):
        first = rows[0]
        for each in rows:
            account = each.posting.account
            if account.currency not in currencies:
                currencies.add(account.currency)
                yield f"commodity 1000.{'0' * minor_digits(account.currency)} {account.currency}\n"
            if account not in chart.known:
                yield f"account {chart.name(account)}\n"
        payee = plain(header.names[first.posting.account.counterparty])
        day = first.at.astimezone(UTC).date()
        tags = [f"{name}:{text}" for name, text in _tags(first.papers)]
        if first.reverses is not None:
            tags.insert(0, f"reverses: {first.reverses}")
        back = f"  ; {', '.join(tags)}" if tags else ""
        yield f"{day} * ({first.entry_index}) {payee} | {first.kind} {first.reference}{back}\n"
        for each in rows:
            posting, account = each.posting, each.posting.account
            amount = Money(account.currency, posting.amount_minor).render()
            balance = Money(account.currency, posting.balance_minor).render()
            currency = account.currency
            yield (
                f"    {chart.name(account)}  {amount} {currency} = {balance} {currency}"
                f"  ; sequence: {posting.sequence}\n"
            )
        yield "\n"
