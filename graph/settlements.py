"""Settlements: what a scheme pays for a period, explained step by step."""

from datetime import date
from fractions import Fraction
from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import OWN, offered
from graph.agreements import Proposal, ProposalPayload, load_proposal
from graph.bounds import BOUNDED, KEY_OF_PERIOD, settlements_period
from graph.calendars import Period
from graph.context import Info
from graph.enums import describe
from graph.instants import AsOf, AsOfInstant, ledger_size
from graph.money import Money, money_of
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.receipts import KEY, DryRun, write
from graph.scalars import Index
from graph.schemes import Scheme, load_scheme
from graph.traces import TraceStep, trace_of
from ledger import retention
from ledger import settlement as rules
from ledger.due import Due
from ledger.proposal import ProposalStatus
from ledger.read import Found, Narrowed
from ledger.settlement import ProposeSettlement
from ledger.stake import SealedStake

describe(
    rules.SettlementKind,
    "What a settlement pays for.",
    INCENTIVE="A period, by a scheme of incentives.",
    CREDIT="A period, by a scheme of service credits.",
    TRUE_UP="The difference that restated results make to settled periods.",
    EARN_BACK="Losses of a year that come back.",
    REPORTING_PENALTY="Parts that were reported late.",
    REVERSAL="It takes a period's settlement back.",
)


@strawberry.type(description="What one partner receives.")
class Stake:
    """A negative amount (a malus) is owed by the partner."""

    party_id: strawberry.Private[str]
    amount: Money = field(description="To the cent.")
    owed: Money = field(
        description="What is to be paid on it, by the partner below zero: the amount, or where "
        "invoices were paid less what is at risk, what of that is released and what goes beyond."
    )
    withheld: Money | None = field(
        description="What was withheld of the partner's invoices; null where nothing is."
    )
    released: Money | None = field(
        description="What of it is owed to the partner now; null where nothing is withheld."
    )
    kept: Money | None = field(
        description="What of it the payer keeps: withheld less released; null as above."
    )
    reference: str = field(description="ISO 11649 reference that travels with the bank transfer.")

    @field(description="The partner.")
    async def party(self, info: Info) -> Party:
        """Whose stake."""
        return await party_by_id(info, self.party_id)


@strawberry.type(description="A settled period that is corrected or taken back.")
class CorrectedPeriod:
    """What each party had for it, and has now; parties in the order of the stakes."""

    content: strawberry.Private[rules.SettlementContent]
    settlement_id: strawberry.Private[str]
    period_key: str = field(description=KEY_OF_PERIOD)
    before: list[Money] = field(description="What was given for it, a stake.")
    after: list[Money] = field(description="What it comes out at now, a stake.")

    @field(
        description="The period of origin: its caps count there; null where no calendar that you "
        "may see knows its key."
    )
    async def period(self, info: Info) -> Period | None:
        """With its days."""
        return await settlements_period(info, self.content, self.period_key)

    @field(description="The period's own settlement.")
    async def settlement(self, info: Info) -> "Settlement | None":
        """What is corrected."""
        return await load_settlement(info, self.settlement_id)


@strawberry.type(description="What a scheme pays for a period.")
class Settlement(Node):
    """It binds, and is posted, when its status is AGREED. Open to all members."""

    state: strawberry.Private[rules.Settlement]
    status: ProposalStatus = field(description="How its proposal stands.")
    kind: rules.SettlementKind = field(description="What it pays for.")
    period_key: str = field(description=KEY_OF_PERIOD)
    scheme_version: int = field(description="The version of the scheme that it was computed by.")
    total_score: Fraction = field(description="Sum of weight times score, exact.")
    pool: Money | None = field(
        description="What the period could pay at most; null of a confidential one."
    )
    payout: Money | None = field(
        description="What it pays; stakes add up to it. Null of a confidential one."
    )
    unallocated: Money | None = field(
        description="The rest of the pool; null of a confidential one."
    )
    rules_version: int = field(description="Version of the rules that computed it.")
    due_on: date = field(description="Last day to pay.")
    index: Index = field(description="The entry that proposed it.")
    corrected: list[CorrectedPeriod] = field(
        description="The settled periods that a true-up corrects, or a reversal takes back."
    )

    @field(description=BOUNDED)
    async def period(self, info: Info) -> Period | None:
        """By the calendar of the scheme's indicators."""
        return await settlements_period(info, self.state.content, self.period_key)

    @field(description="One a partner; of a confidential settlement those that you may see.")
    async def stakes(self, info: Info) -> list[Stake]:
        """A partner sees its own, the outsourcer all."""
        return [_stake(stake) for content in await self._contents(info) for stake in content.stakes]

    @field(description="Every intermediate number and the rule behind it, as far as you may see.")
    async def trace(self, info: Info) -> list[TraceStep]:
        """Of a confidential settlement the joint steps, then those of the stakes."""
        steps = tuple(step for each in await self._contents(info) for step in each.trace)
        return trace_of(steps, self.state.content)

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Who owes on one of its stakes may say that it paid."""
        mine = info.context.actor.party_id
        for content in await self._contents(info):
            for stake in content.stakes:
                due = await info.context.load("due", stake.reference, Due)
                if due is None or due.value.settlement_id != self.state.settlement_id:
                    continue  # a reversal carries the references of what it takes back
                if may_report(due.value, mine):
                    return await offered(info, ["reportPayment"])
        return []

    async def _contents(self, info: Info) -> list[rules.SettlementContent]:
        """The joint content, and the stakes that the viewer may open."""
        content, found = self.state.content, [self.state.content]
        for place in content.sealed:
            key = f"{self.state.settlement_id}/{place.party_id}"
            stake = await info.context.load("stake", key, SealedStake)
            if stake is not None:
                found.append(stake.value.content)
        return found

    @field(description="The agreed true-ups that correct it, or its reversal, oldest first.")
    async def corrected_by(self, info: Info) -> list["Settlement"]:
        """The other end of the link."""
        found = [await load_settlement(info, key) for key in self.state.corrected_by]
        return [each for each in found if each is not None]

    @field(description="The scheme.")
    async def scheme(self, info: Info) -> Scheme | None:
        """Its newest version."""
        return await load_scheme(info, self.state.content.scheme_id)

    @field(description="The proposal that made it binding, or would.")
    async def proposal(self, info: Info) -> Proposal | None:
        """Its proposal."""
        return await load_proposal(info, self.state.proposal_id)


def _stake(stake: retention.Stake) -> Stake:
    held = stake.withholding
    return Stake(
        party_id=stake.party_id,
        amount=money_of(stake.amount),
        owed=money_of(stake.owed),
        withheld=None if held is None else money_of(held.withheld),
        released=None if held is None else money_of(held.released),
        kept=None if held is None else money_of(held.kept),
        reference=stake.reference,
    )


def may_report(due: Due, party_id: str) -> bool:
    """Whether a party may state a payment of a due: its payer, while it says that some is open."""
    return party_id == due.payer and due.open_for(party_id) > 0


def settlement_of(state: rules.Settlement) -> Settlement:
    """A settlement as the API shows it."""
    content = state.content
    return Settlement(
        id=global_id("Settlement", state.settlement_id),
        state=state,
        status=state.status,
        kind=content.kind,
        period_key=content.period,
        scheme_version=content.scheme_version,
        total_score=content.total_score,
        pool=None if content.sealed else money_of(content.pool),
        payout=None if content.sealed else money_of(content.payout),
        unallocated=None if content.sealed else money_of(content.unallocated),
        rules_version=content.rules_version,
        due_on=content.due_on,
        index=Index(state.index),
        corrected=[
            CorrectedPeriod(
                content=content,
                settlement_id=each.settlement_id,
                period_key=each.period,
                before=[money_of(amount) for amount in each.before],
                after=[money_of(amount) for amount in each.after],
            )
            for each in content.corrected
        ],
    )


async def load_settlement(
    info: Info, settlement_id: str, as_of: int | None = None
) -> Settlement | None:
    """A settlement by the workroom's id, or None."""
    found = await info.context.load("settlement", settlement_id, rules.Settlement, as_of)
    return None if found is None else settlement_of(found.value)


@strawberry.input(description="A period to be settled.")
class ProposeSettlementInput:
    """The engine computes it from agreed measurements."""

    idempotency_key: str = field(description=KEY)
    scheme_id: strawberry.ID = field(description="An agreed scheme.")
    period: str = field(
        description="The period to settle: all its indicators measured and agreed. Of a true-up a "
        "later one than those it corrects; of an earn-back the last of the scheme's year; of a "
        "reversal the period whose settlement is taken back."
    )
    kind: rules.SettlementKind | None = field(
        default=None, description="Null: the scheme's own, INCENTIVE or CREDIT."
    )
    replaces: strawberry.ID | None = field(
        default=None, description="A pending proposal that this one supersedes."
    )


@strawberry.type(description="Answer to `proposeSettlement`.")
class ProposeSettlementPayload(ProposalPayload):
    """The opened proposal and its settlement."""

    @field(description="The computed settlement; null when refused, and in a dry run.")
    async def settlement(self, info: Info) -> Settlement | None:
        """As it stood right after."""
        landed = self.written.landed
        if landed is None:
            return None
        facts = await info.context.doors.reader.facts_at(
            self.written.actor, range(landed.index, landed.index + landed.entry_count)
        )
        for placed in facts.values():
            if isinstance(placed.event, rules.SettlementProposed):
                return await load_settlement(info, placed.event.settlement_id, self.written.as_of)
        return None


@strawberry.type
class SettlementQuery:
    """Reading."""

    @field(description="A settlement; null when there is none that you may see.")
    async def settlement(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> Settlement | None:
        """One settlement."""
        size = await ledger_size(info, as_of, as_of_instant)
        return await load_settlement(info, local_id(id, "Settlement", "id"), size)

    @field(description="Settlements in the order of the ledger.")
    async def settlements(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        status: Annotated[
            ProposalStatus | None, strawberry.argument(description="Only in this status.")
        ] = None,
        period: Annotated[
            str | None, strawberry.argument(description="Only of this period's key.")
        ] = None,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> Connection[Settlement]:
        """A page of settlements."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "settlement",
            rules.Settlement,
            window(first, after, last, before),
            Narrowed(period=period or "", status=str(status or "")),
            await ledger_size(info, as_of, as_of_instant),
        )
        return connection(page, _built)


def _built(found: Found[rules.Settlement]) -> Settlement:
    return settlement_of(found.value)


@strawberry.type
class SettlementMutation:
    """Writing."""

    @strawberry.mutation(
        description="Have a period settled and proposed. Needs APPROVER or FINANCE."
    )
    async def propose_settlement(
        self, info: Info, input: ProposeSettlementInput, dry_run: DryRun = False
    ) -> ProposeSettlementPayload:
        """Binds and is posted once the outsourcer and all who share consented."""

        def prepare() -> ProposeSettlement:
            return ProposeSettlement(
                local_id(input.scheme_id, "Scheme", "schemeId"),
                input.period,
                local_id(input.replaces or "", "Proposal", "replaces"),
                input.kind,
            )

        written = await write(info, "proposeSettlement", input, prepare, dry_run=dry_run)
        return ProposeSettlementPayload(written=written)
