"""Payments: stated by payer and payee, each in its own books."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import OWN, offered
from graph.context import Info
from graph.enums import describe
from graph.money import Money, MoneyInput, money_of
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.receipts import KEY, DryRun, Payload, write
from graph.scalars import Index
from graph.settlements import Settlement, load_settlement
from ledger import payment as rules
from ledger.payment import ConfirmPayment, PaymentStatus, ReportPayment, ReversePayment
from ledger.read import Found, Narrowed

describe(
    PaymentStatus,
    "How a payment stands, by what each side states.",
    REPORTED="The payer alone states it.",
    RECEIVED="The payee alone states it.",
    CLEARED="Both do.",
    RETURNED="The payee took its word back.",
    REVERSED="Nobody states it any more.",
)


@strawberry.type(description="What one side of a payment states, in its own books.")
class PaymentSide:
    """The payer states what left its account, the payee what arrived."""

    stands: bool = field(description="Whether the side states the payment now.")
    index: Index | None = field(description="The entry that posted its word; null: it said none.")
    reversed_index: Index | None = field(description="The entry that took it back, if one did.")
    is_on_bank_statement: bool = field(description="Whether a bank statement of its shows it.")


def _side(side: rules.Side) -> PaymentSide:
    return PaymentSide(
        stands=side.stands,
        index=None if side.index is None else Index(side.index),
        reversed_index=None if side.reversed_index is None else Index(side.reversed_index),
        is_on_bank_statement=side.line is not None,
    )


@strawberry.type(description="A payment on a stake.")
class Payment(Node):
    """Stated by the payer, by the payee, or by both: then it is cleared."""

    state: strawberry.Private[rules.Payment]
    amount: Money = field(description="What was paid.")
    paid_on: date = field(description="When, by the word of the side that stated it first.")
    reference: str = field(description="ISO 11649 reference of the stake.")
    status: PaymentStatus = field(description="How it stands by both sides' words.")
    payer_side: PaymentSide = field(description="What the payer states.")
    payee_side: PaymentSide = field(description="What the payee states.")
    index: Index = field(description="The entry that stated it first.")

    @field(description="Who paid.")
    async def payer(self, info: Info) -> Party:
        """The payer."""
        return await party_by_id(info, self.state.payer)

    @field(description="Who was paid.")
    async def payee(self, info: Info) -> Party:
        """The payee."""
        return await party_by_id(info, self.state.payee)

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Names of mutations."""
        actor, state, names = info.context.actor, self.state, []
        if actor.party_id == state.payee and state.status is PaymentStatus.REPORTED:
            names.append("confirmPayment")
        if actor.party_id in {state.payer, state.payee} and state.side(actor.party_id).stands:
            names.append("reversePayment")
        return await offered(info, names)

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
        payer_side=_side(state.payer_side),
        payee_side=_side(state.payee_side),
        index=Index(state.index),
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


@strawberry.input(description="A payment that did not happen, or went back.")
class ReversePaymentInput:
    """A side takes its own word back."""

    idempotency_key: str = field(description=KEY)
    payment_id: strawberry.ID = field(description="A payment that your party states.")
    reason: str = field(description="1 to 500 characters; kept as an annex that can be erased.")


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


@strawberry.type(description="Answer to `reversePayment`.")
class ReversePaymentPayload(PaymentPayload):
    """The payment once your side was taken back."""


@strawberry.type
class PaymentQuery:
    """Reading."""

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


@strawberry.type
class PaymentMutation:
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

    @strawberry.mutation(
        description="Take your party's word about a payment back: posts the opposite in its books, "
        "linked to what it takes back. Needs the role FINANCE."
    )
    async def reverse_payment(
        self, info: Info, input: ReversePaymentInput, dry_run: DryRun = False
    ) -> ReversePaymentPayload:
        """The other side's word stays until that side takes it back."""

        def prepare() -> ReversePayment:
            return ReversePayment(local_id(input.payment_id, "Payment", "paymentId"), input.reason)

        written = await write(info, "reversePayment", input, prepare, dry_run=dry_run)
        return ReversePaymentPayload(written=written)
