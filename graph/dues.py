"""Dues: what posted stakes make owed, and how they reconcile with what was paid."""

from collections import defaultdict
from datetime import date
from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import OWN, offered
from graph.bounds import BOUNDED, KEY_OF_PERIOD, settlements_period
from graph.calendars import Period
from graph.context import Info
from graph.enums import describe
from graph.money import Money, money_of
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.payments import Payment, payment_of
from graph.scalars import Index
from graph.scheme_types import PaymentReferences
from graph.settlements import Settlement, load_settlement, may_report
from ledger import due as rules
from ledger import payment as payments
from ledger.amounts import Money as Amount
from ledger.due import Ageing, DueStatus
from ledger.read import Found, Narrowed
from ledger.settlement import Settlement as Settled

describe(
    DueStatus,
    "How a due stands by both sides' words, whatever the day.",
    UNPAID="Nobody says that anything was paid.",
    REPORTED="The payer says that it paid; the payee has not confirmed.",
    PARTLY_PAID="Less arrived than is due, by the payee's word.",
    MATCHED="Exactly what is due arrived.",
    OVERPAID="More arrived than is due.",
    REVERSED="Every payment, or the settlement itself, was taken back.",
)
describe(
    Ageing,
    "How late the open part is on a day.",
    NOT_DUE="Its due date has not passed.",
    DAYS_1_TO_30="1 to 30 days past the due date.",
    DAYS_31_TO_60="31 to 60 days past it.",
    DAYS_61_TO_90="61 to 90 days past it.",
    OVER_90_DAYS="More than 90 days past it.",
    SETTLED="Nothing is open.",
)
On = Annotated[date, strawberry.argument(description="The day that is asked about.")]


@strawberry.type(description="What one party owes another on a posted stake.")
class Due(Node):
    """Known by the reference that travels with the bank transfer."""

    state: strawberry.Private[rules.Due]
    reference: str = field(description="ISO 11649 reference of the stake.")
    period_key: str = field(description=KEY_OF_PERIOD)
    amount: Money = field(description="What is owed; zero once its settlement was taken back.")
    reported: Money = field(description="What the payer says it paid.")
    received: Money = field(description="What the payee says arrived.")
    cleared: Money = field(description="What both say.")
    netted: Money = field(description="What was set off against other dues of the partner.")
    open: Money = field(description="What has not arrived, nor was set off; zero when overpaid.")
    due_on: date = field(description="Last day to pay, by the scheme's payment terms.")
    status: DueStatus = field(description="How it stands, whatever the day.")
    index: Index = field(description="The entry that posted it.")
    papers: list[PaymentReferences] = field(
        description="What the finance of its payer and payee needs on documents, by the scheme."
    )

    @field(description=BOUNDED)
    async def period(self, info: Info) -> Period | None:
        """The settled one."""
        settled = await info.context.load("settlement", self.state.settlement_id, Settled)
        if settled is None:
            return None
        return await settlements_period(info, settled.value.content, self.state.period)

    @field(description="Who owes.")
    async def payer(self, info: Info) -> Party:
        """The payer."""
        return await party_by_id(info, self.state.payer)

    @field(description="Who is owed.")
    async def payee(self, info: Info) -> Party:
        """The payee."""
        return await party_by_id(info, self.state.payee)

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Who owes something still may say that it paid."""
        may = may_report(self.state, info.context.actor.party_id)
        return await offered(info, ["reportPayment"] if may else [])

    @field(description="How late the open part is on a day.")
    def ageing(self, on: On) -> Ageing:
        """Its bucket."""
        return self.state.ageing(on)

    @field(description="Days past the due date on a day, while something is open; else 0.")
    def days_overdue(self, on: On) -> int:
        """How late."""
        return self.state.days_overdue(on)

    @field(description="The settlement that it follows from.")
    async def settlement(self, info: Info) -> Settlement | None:
        """What was settled."""
        return await load_settlement(info, self.state.settlement_id)

    @field(description="Its payments, earliest first.")
    async def payments(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Payment]:
        """A page of those that the viewer may see."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "payment",
            payments.Payment,
            window(first, after, last, before),
            Narrowed(parent_id=self.state.reference),
        )
        return connection(page, _payment)


def due_of(state: rules.Due) -> Due:
    """A due as the API shows it."""
    currency = state.amount.currency
    return Due(
        id=global_id("Due", state.reference),
        state=state,
        reference=state.reference,
        period_key=state.period,
        amount=money_of(state.amount),
        reported=money_of(Amount(currency, state.reported_minor)),
        received=money_of(Amount(currency, state.received_minor)),
        cleared=money_of(Amount(currency, state.cleared_minor)),
        netted=money_of(Amount(currency, state.netted_minor)),
        open=money_of(state.open),
        due_on=state.due_on,
        status=state.status,
        index=Index(state.index),
        papers=[
            PaymentReferences(
                party_id=strawberry.ID(global_id("Party", each.party_id)),
                purchase_order=each.purchase_order,
                tax_number=each.tax_number,
                account_code=each.account_code,
            )
            for each in state.papers
        ],
    )


async def load_due(info: Info, reference: str) -> Due | None:
    """A due by its reference, or None."""
    found = await info.context.load("due", reference, rules.Due)
    return None if found is None else due_of(found.value)


@strawberry.type(description="What is open in one currency and ageing bucket.")
class AgeingTotal:
    """A line of an ageing report."""

    ageing: Ageing = field(description="The bucket.")
    open: Money = field(description="What is open in it.")
    count: int = field(description="Dues in it.")


@strawberry.type(description="How what is owed reconciles with what was paid, on a day.")
class Reconciliation:
    """Of one party and period, or of all that the viewer may see."""

    narrowed: strawberry.Private[Narrowed]
    on: date = field(description="The day that lateness is counted on.")

    @field(description="What is open, by currency and ageing bucket.")
    async def totals(self, info: Info) -> list[AgeingTotal]:
        """Sums over all dues of the report."""
        sums: dict[tuple[str, Ageing], list[int]] = defaultdict(lambda: [0, 0])
        reader = info.context.doors.bookkeeping
        async for page in reader.dues(info.context.actor, self.narrowed):
            for each in page:
                line = sums[each.amount.currency, each.ageing(self.on)]
                line[0] += each.open.amount_minor
                line[1] += 1
        return [
            AgeingTotal(ageing=bucket, open=money_of(Amount(currency, minor)), count=count)
            for (currency, bucket), (minor, count) in sorted(sums.items())
        ]

    @field(description="The dues of the report, in the order in which they were posted.")
    async def dues(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Due]:
        """A page of dues."""
        page = await info.context.doors.reader.page(
            info.context.actor, "due", rules.Due, window(first, after, last, before), self.narrowed
        )
        return connection(page, _built)


@strawberry.type
class DueQuery:
    """Reading."""

    @field(description="How what is owed reconciles with what was paid, on a day.")
    async def reconciliation(
        self,
        on: On,
        party_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only this partner's stakes.")
        ] = None,
        period: Annotated[
            str | None, strawberry.argument(description="Only of this period's key.")
        ] = None,
        status: Annotated[
            DueStatus | None, strawberry.argument(description="Only what stands so.")
        ] = None,
    ) -> Reconciliation:
        """A report; its lists are read when they are asked for."""
        party = local_id(party_id or "", "Party", "partyId")
        narrowed = Narrowed(parent_id=party, period=period or "", status=str(status or ""))
        return Reconciliation(narrowed=narrowed, on=on)


def _payment(found: Found[payments.Payment]) -> Payment:
    return payment_of(found.value)


def _built(found: Found[rules.Due]) -> Due:
    return due_of(found.value)
