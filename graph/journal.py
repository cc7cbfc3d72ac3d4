"""The journal: accounts and postings, as finance reads them."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import field

from graph.context import Info
from graph.instants import AsOf, AsOfInstant, ledger_size
from graph.money import Money, money_of
from graph.nodes import Node, global_id, local_id
from graph.paging import (
    After,
    Before,
    Connection,
    First,
    Last,
    connection,
    lines_asked,
    span,
    window,
)
from graph.parties import Party, party_by_id
from graph.scalars import Index
from ledger import amounts
from ledger import journal as books
from ledger.changes import AccountBalance
from ledger.journal import AccountKind
from ledger.read import Found, Narrowed
from ledger.store.postings import StoredPosting


@strawberry.type(description="An account in one party's books about another.")
class Account(Node):
    """Never shared between audiences."""

    account: strawberry.Private[books.Account]
    kind: AccountKind = field(description="What it holds.")
    currency: str = field(description="ISO 4217 code.")
    balance: Money = field(description="Debit positive, credit negative.")
    sequence: Index = field(description="Postings so far.")

    @field(description="In whose books.")
    async def owner(self, info: Info) -> Party:
        """The owner."""
        return await party_by_id(info, self.account.owner)

    @field(description="About whom.")
    async def counterparty(self, info: Info) -> Party:
        """The other side."""
        return await party_by_id(info, self.account.counterparty)


@strawberry.type(description="One line of the journal.")
class Posting:
    """Debit positive, credit negative; each entry's postings sum to zero in each party's books."""

    account_ref: strawberry.Private[books.Account]
    amount: Money = field(description="Debit positive, credit negative.")
    kind: AccountKind = field(description="The account's kind.")
    sequence: Index = field(description="Its number in the account, from 1, without a gap.")
    balance: Money = field(description="The account's balance after it.")
    reference: str = field(description="ISO 11649 reference of the stake that it is about.")
    reverses: Index | None = field(description="The entry whose posting it takes back, if any.")
    at: datetime = field(description="When it was posted.")
    index: Index = field(description="The entry that posted it.")
    line: int = field(description="Its line in that entry, from 0.")

    @field(description="In whose books.")
    async def owner(self, info: Info) -> Party:
        """The owner."""
        return await party_by_id(info, self.account_ref.owner)

    @field(description="About whom.")
    async def counterparty(self, info: Info) -> Party:
        """The other side."""
        return await party_by_id(info, self.account_ref.counterparty)


def account_of(found: Found[AccountBalance]) -> Account:
    """An account as the API shows it."""
    account, state = found.value.account, found.value.state
    return Account(
        id=global_id("Account", account.key),
        account=account,
        kind=account.kind,
        currency=account.currency,
        balance=money_of(amounts.Money(account.currency, state.balance_minor)),
        sequence=Index(state.sequence),
    )


@strawberry.type
class JournalQuery:
    """Reading."""

    @field(description="Accounts with their balances, in the order of their first posting.")
    async def accounts(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        owner_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only in this party's books.")
        ] = None,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> Connection[Account]:
        """A page of accounts."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "account",
            AccountBalance,
            window(first, after, last, before),
            Narrowed(parent_id=local_id(owner_id or "", "Party", "ownerId")),
            await ledger_size(info, as_of, as_of_instant),
        )
        return connection(page, account_of)

    @field(description="Postings of accounts that your party is a side of, oldest first.")
    async def postings(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        owner_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only in this party's books.")
        ] = None,
    ) -> Connection[Posting]:
        """A page of the journal."""
        asked = window(first, after, last, before)
        cursor, limit, backward = lines_asked(asked)
        found = await info.context.doors.bookkeeping.postings(
            info.context.actor,
            cursor,
            limit,
            owner=local_id(owner_id or "", "Party", "ownerId"),
            backward=backward,
        )
        return span(found, asked, lambda each: (each.entry_index, each.line), _posting)


def _posting(stored: StoredPosting) -> Posting:
    return Posting(
        account_ref=stored.posting.account,
        amount=_money(stored.posting, stored.posting.amount_minor),
        kind=stored.posting.account.kind,
        sequence=Index(stored.posting.sequence),
        balance=_money(stored.posting, stored.posting.balance_minor),
        reference=stored.reference,
        reverses=None if stored.reverses is None else Index(stored.reverses),
        at=stored.at,
        index=Index(stored.entry_index),
        line=stored.line,
    )


def _money(posting: books.Posting, amount_minor: int) -> Money:
    return money_of(amounts.Money(posting.account.currency, amount_minor))
