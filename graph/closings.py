"""Closing the books: an agreed day through which periods are settled for good."""

from datetime import date

import strawberry
from strawberry import field

from graph.agreements import Proposal, ProposalPayload, load_proposal
from graph.context import Info
from graph.instants import AsOf, AsOfInstant, ledger_size
from graph.money import Money, money_of
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.receipts import KEY, DryRun, write
from graph.scalars import Index
from ledger import closing as rules
from ledger.amounts import Money as Amount
from ledger.closing import BooksClosed, ProposeClose
from ledger.journal import AccountKind
from ledger.proposal import ProposalStatus
from ledger.read import Found, Narrowed, Window


@strawberry.type(description="Where an account stood when the books were closed.")
class ClosingBalance:
    """Fixed by the entry of the close."""

    state: strawberry.Private[rules.ClosingBalance]
    kind: AccountKind = field(description="What the account holds.")
    currency: str = field(description="ISO 4217 code.")
    balance: Money = field(description="Debit positive, credit negative.")
    sequence: Index = field(description="Number of its last posting.")

    @field(description="In whose books.")
    async def owner(self, info: Info) -> Party:
        """The owner."""
        return await party_by_id(info, self.state.account.owner)

    @field(description="About whom.")
    async def counterparty(self, info: Info) -> Party:
        """The other side."""
        return await party_by_id(info, self.state.account.counterparty)


def _balance(state: rules.ClosingBalance) -> ClosingBalance:
    currency = state.account.currency
    return ClosingBalance(
        state=state,
        kind=state.account.kind,
        currency=currency,
        balance=money_of(Amount(currency, state.balance_minor)),
        sequence=Index(state.sequence),
    )


@strawberry.type(description="A close of the books through a day, agreed by all who sign.")
class PeriodClose(Node):
    """Afterwards nothing settles a period that ended by then; true-ups come in open periods."""

    state: strawberry.Private[rules.Closing]
    through: date = field(description="The last closed day.")
    status: ProposalStatus = field(description="How its proposal stands.")
    index: Index = field(description="The entry that proposed it.")
    closed_index: Index | None = field(
        description="The entry that fixed the closing balances; null until it is agreed."
    )

    @field(description="The closing balances that you may see; empty until it is agreed.")
    async def balances(self, info: Info) -> list[ClosingBalance]:
        """From the entries that fixed them."""
        first = self.state.closed_index
        if first is None:
            return []
        reader, actor = info.context.doors.reader, info.context.actor
        parties = (await info.context.ecosystem()).parties
        found = await reader.facts_at(actor, range(first, first + len(parties) + 1))
        return [
            _balance(each)
            for _, placed in sorted(found.items())
            if isinstance(placed.event, BooksClosed)
            and placed.event.proposal_id == self.state.proposal_id
            for each in placed.event.balances
        ]

    @field(description="Its proposal.")
    async def proposal(self, info: Info) -> Proposal | None:
        """How it was agreed."""
        return await load_proposal(info, self.state.proposal_id)


def close_of(state: rules.Closing) -> PeriodClose:
    """A close as the API shows it."""
    return PeriodClose(
        id=global_id("PeriodClose", state.proposal_id),
        state=state,
        through=state.through,
        status=state.status,
        index=Index(state.index),
        closed_index=None if state.closed_index is None else Index(state.closed_index),
    )


async def load_close(info: Info, key: str, as_of: int | None = None) -> PeriodClose | None:
    """A close by the workroom's id, or None."""
    found = await info.context.load("closing", key, rules.Closing, as_of)
    return None if found is None else close_of(found.value)


@strawberry.input(description="A day through which the books are to be closed.")
class ProposePeriodCloseInput:
    """All who sign agree; settlements of the closed periods must be decided before."""

    idempotency_key: str = field(description=KEY)
    through: date = field(description="The last day to close; before today, after the last close.")
    replaces: strawberry.ID | None = field(
        default=None, description="A pending close proposal that this one supersedes."
    )


@strawberry.type(description="Answer to `proposePeriodClose`.")
class ProposePeriodClosePayload(ProposalPayload):
    """The opened proposal and its close."""

    @field(description="The proposed close; null when refused, and in a dry run.")
    async def period_close(self, info: Info) -> PeriodClose | None:
        """As it stood right after."""
        if self.written.landed is None:
            return None
        return await load_close(info, self.written.object_id, self.written.as_of)


@strawberry.type
class CloseQuery:
    """Reading."""

    @field(description="The day through which the books are closed; null before the first close.")
    async def closed_through(
        self,
        info: Info,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> date | None:
        """By the newest agreed close."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "closing",
            rules.Closing,
            Window(last=1),
            Narrowed(status=ProposalStatus.AGREED),
            await ledger_size(info, as_of, as_of_instant),
        )
        return page.items[0].value.through if page.items else None

    @field(description="Proposed and agreed closes in the order of the ledger.")
    async def period_closes(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[PeriodClose]:
        """A page of closes."""
        page = await info.context.doors.reader.page(
            info.context.actor, "closing", rules.Closing, window(first, after, last, before)
        )
        return connection(page, _built)


def _built(found: Found[rules.Closing]) -> PeriodClose:
    return close_of(found.value)


@strawberry.type
class CloseMutation:
    """Writing."""

    @strawberry.mutation(
        description="Propose to close the books through a day. Needs FINANCE or APPROVER; binds "
        "once all who sign consented, and fixes the closing balances as an entry."
    )
    async def propose_period_close(
        self, info: Info, input: ProposePeriodCloseInput, dry_run: DryRun = False
    ) -> ProposePeriodClosePayload:
        """Takes from all the right to settle what has ended by then."""

        def prepare() -> ProposeClose:
            return ProposeClose(
                input.through, local_id(input.replaces or "", "Proposal", "replaces")
            )

        written = await write(info, "proposePeriodClose", input, prepare, dry_run=dry_run)
        return ProposePeriodClosePayload(written=written)
