"""The journal: accounts and postings, as finance reads them."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import field

from graph.context import Info
from graph.money import Money, money_of
from graph.nodes import Node, global_id, local_id
from graph.paging import (
    After,
    Before,
    Connection,
    Edge,
    First,
    FirstOnly,
    Last,
    PageMalformed,
    connection,
    connection_of,
    encode_cursor,
    line_in,
    window,
)
from graph.parties import Party, party_by_id
from graph.scalars import Index
from ledger import amounts
from ledger import journal as books
from ledger.changes import AccountBalance
from ledger.journal import AccountKind
from ledger.read import Found, Narrowed


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
        as_of: Annotated[
            Index | None, strawberry.argument(description="As the ledger stood at this size.")
        ] = None,
        as_of_instant: Annotated[
            datetime | None,
            strawberry.argument(description="As the ledger stood at this instant; not with asOf."),
        ] = None,
    ) -> Connection[Account]:
        """A page of accounts."""
        if as_of is not None and as_of_instant is not None:
            raise PageMalformed("asOf", reason="asOf and asOfInstant exclude each other")
        size = as_of
        if as_of_instant is not None:
            size = Index(
                await info.context.doors.bookkeeping.size_at(info.context.actor, as_of_instant)
            )
        page = await info.context.doors.reader.page(
            info.context.actor,
            "account",
            AccountBalance,
            window(first, after, last, before),
            Narrowed(parent_id=local_id(owner_id or "", "Party", "ownerId")),
            size,
        )
        return connection(page, account_of)

    @field(description="Postings of accounts that your party is a side of, oldest first.")
    async def postings(
        self,
        info: Info,
        first: FirstOnly = 20,
        after: After = None,
        owner_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only in this party's books.")
        ] = None,
    ) -> Connection[Posting]:
        """A page of the journal."""
        asked = window(first, after, None, None)
        cursor = None
        if asked.after is not None:
            cursor = (asked.after[0], line_in(asked.after[1], after or ""))
        found = await info.context.doors.bookkeeping.postings(
            info.context.actor,
            cursor,
            first + 1,
            owner=local_id(owner_id or "", "Party", "ownerId"),
        )
        edges = [
            Edge(
                cursor=encode_cursor(each.entry_index, each.line),
                node=Posting(
                    account_ref=each.posting.account,
                    amount=_money(each.posting, each.posting.amount_minor),
                    kind=each.posting.account.kind,
                    sequence=Index(each.posting.sequence),
                    balance=_money(each.posting, each.posting.balance_minor),
                    reference=each.reference,
                    reverses=None if each.reverses is None else Index(each.reverses),
                    at=each.at,
                    index=Index(each.entry_index),
                    line=each.line,
                ),
            )
            for each in found
        ]
        more = len(found) > first
        return connection_of(edges[:first], has_next=more, has_previous=cursor is not None)


def _money(posting: books.Posting, amount_minor: int) -> Money:
    return money_of(amounts.Money(posting.account.currency, amount_minor))
