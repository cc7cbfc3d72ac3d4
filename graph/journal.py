"""The journal: accounts, postings and payments, as finance reads them."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import field

from graph.context import Info
from graph.money import Money, MoneyInput, money_of
from graph.nodes import Node, global_id, local_id
from graph.paging import (
    After,
    Before,
    Connection,
    Edge,
    First,
    Last,
    connection,
    connection_of,
    encode_cursor,
    window,
)
from graph.parties import Party, party_by_id
from graph.receipts import KEY, DryRun, Payload, write
from graph.scalars import Index
from graph.settlements import Settlement, load_settlement
from ledger import amounts
from ledger import journal as books
from ledger import payment as rules
from ledger.changes import AccountBalance
from ledger.journal import AccountKind
from ledger.payment import ConfirmPayment, PaymentStatus, ReportPayment
from ledger.read import Found, Narrowed

strawberry.enum(AccountKind, description="What an account holds. Values may be added.")
strawberry.enum(PaymentStatus, description="REPORTED by the payer, CLEARED by the payee.")


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


@strawberry.type(description="A payment on a stake.")
class Payment(Node):
    """Reported by the payer, cleared by the payee."""

    state: strawberry.Private[rules.Payment]
    amount: Money = field(description="What was paid.")
    paid_on: date = field(description="When, by the payer's word.")
    reference: str = field(description="ISO 11649 reference of the stake.")
    status: PaymentStatus = field(description="Whether the payee confirmed it.")
    index: Index = field(description="The entry that reported it.")

    @field(description="Who paid.")
    async def payer(self, info: Info) -> Party:
        """The payer."""
        return await party_by_id(info, self.state.payer)

    @field(description="Who was paid.")
    async def payee(self, info: Info) -> Party:
        """The payee."""
        return await party_by_id(info, self.state.payee)

    @field(description="The settlement that it pays.")
    async def settlement(self, info: Info) -> Settlement | None:
        """What is owed."""
        return await load_settlement(info, self.state.settlement_id)


def payment_of(state: rules.Payment) -> Payment:
    """A payment as the API shows it."""
    return Payment(
        id=global_id("Payment", state.payment_id),
        state=state,
        amount=money_of(state.amount),
        paid_on=state.paid_on,
        reference=state.reference,
        status=state.status,
        index=Index(state.index),
    )


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


async def load_payment(info: Info, payment_id: str, as_of: int | None = None) -> Payment | None:
    """A payment by the workroom's id, or None."""
    found = await info.context.load("payment", payment_id, rules.Payment, as_of)
    return None if found is None else payment_of(found.value)


@strawberry.input(description="A payment that your party made on a stake.")
class ReportPaymentInput:
    """The payer states what left its account."""

    idempotency_key: str = field(description=KEY)
    settlement_id: strawberry.ID = field(description="An agreed settlement.")
    payee_id: strawberry.ID = field(description="The party that was paid.")
    amount: MoneyInput = field(description="Above zero, at most what is still owed.")
    paid_on: date = field(description="When; not in the future.")


@strawberry.input(description="A payment that arrived.")
class ConfirmPaymentInput:
    """The payee states what arrived."""

    idempotency_key: str = field(description=KEY)
    payment_id: strawberry.ID = field(description="A payment reported to your party.")


@strawberry.type(description="A write about one payment.")
class PaymentPayload(Payload):
    """The payment."""

    @field(description="The payment right after; null when refused, and in a dry run.")
    async def payment(self, info: Info) -> Payment | None:
        """As it stood then."""
        if self.written.landed is None:
            return None
        return await load_payment(info, self.written.object_id, self.written.as_of)


@strawberry.type(description="Answer to `reportPayment`.")
class ReportPaymentPayload(PaymentPayload):
    """The reported payment."""


@strawberry.type(description="Answer to `confirmPayment`.")
class ConfirmPaymentPayload(PaymentPayload):
    """The cleared payment."""


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
    ) -> Connection[Account]:
        """A page of accounts."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "account",
            AccountBalance,
            window(first, after, last, before),
            Narrowed(parent_id=local_id(owner_id or "", "Party", "ownerId")),
            as_of,
        )
        return connection(page, account_of)

    @field(description="Postings of accounts that your party is a side of, oldest first.")
    async def postings(
        self,
        info: Info,
        first: int = 20,
        after: After = None,
        owner_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only in this party's books.")
        ] = None,
    ) -> Connection[Posting]:
        """A page of the journal."""
        asked = window(first, after, None, None)
        cursor = None if asked.after is None else (asked.after[0], int(asked.after[1] or 0))
        found = await info.context.doors.reader.postings(
            info.context.actor, local_id(owner_id or "", "Party", "ownerId"), cursor, first + 1
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
                    index=Index(each.entry_index),
                    line=each.line,
                ),
            )
            for each in found
        ]
        more = len(found) > first
        return connection_of(edges[:first], has_next=more, has_previous=cursor is not None)

    @field(description="A payment; null when there is none that you may see.")
    async def payment(self, info: Info, id: strawberry.ID) -> Payment | None:
        """One payment."""
        return await load_payment(info, local_id(id, "Payment", "id"))

    @field(description="Payments in the order of the ledger.")
    async def payments(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        status: Annotated[
            PaymentStatus | None, strawberry.argument(description="Only in this status.")
        ] = None,
    ) -> Connection[Payment]:
        """A page of payments."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "payment",
            rules.Payment,
            window(first, after, last, before),
            Narrowed(status=str(status or "")),
        )
        return connection(page, _built)


def _built(found: Found[rules.Payment]) -> Payment:
    return payment_of(found.value)


def _money(posting: books.Posting, amount_minor: int) -> Money:
    return money_of(amounts.Money(posting.account.currency, amount_minor))


@strawberry.type
class JournalMutation:
    """Writing."""

    @strawberry.mutation(description="Report a payment on a stake. Needs the role FINANCE.")
    async def report_payment(
        self, info: Info, input: ReportPaymentInput, dry_run: DryRun = False
    ) -> ReportPaymentPayload:
        """Posts in the payer's books."""

        def prepare() -> ReportPayment:
            return ReportPayment(
                local_id(input.settlement_id, "Settlement", "settlementId"),
                local_id(input.payee_id, "Party", "payeeId"),
                input.amount.money("amount"),
                input.paid_on,
            )

        written = await write(info, "reportPayment", input, prepare, dry_run=dry_run)
        return ReportPaymentPayload(written=written)

    @strawberry.mutation(description="Confirm that a payment arrived. Needs the role FINANCE.")
    async def confirm_payment(
        self, info: Info, input: ConfirmPaymentInput, dry_run: DryRun = False
    ) -> ConfirmPaymentPayload:
        """Posts in the payee's books."""

        def prepare() -> ConfirmPayment:
            return ConfirmPayment(local_id(input.payment_id, "Payment", "paymentId"))

        written = await write(info, "confirmPayment", input, prepare, dry_run=dry_run)
        return ConfirmPaymentPayload(written=written)
