"""Settlements: what a scheme pays for a period, explained step by step."""

from datetime import date
from fractions import Fraction
from typing import Annotated

import strawberry
from strawberry import field

from graph.agreements import Proposal, ProposalPayload, load_proposal
from graph.context import Info
from graph.money import Money, money_of
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.receipts import KEY, DryRun, write
from graph.scalars import Index
from graph.schemes import Scheme, load_scheme
from ledger import settlement as rules
from ledger import terms as forms
from ledger.proposal import ProposalStatus
from ledger.read import Found, Narrowed
from ledger.settlement import ProposeSettlement


@strawberry.type(description="What one partner receives.")
class Stake:
    """A negative amount (a malus) is owed by the partner."""

    party_id: strawberry.Private[str]
    amount: Money = field(description="To the cent.")
    reference: str = field(description="ISO 11649 reference that travels with the bank transfer.")

    @field(description="The partner.")
    async def party(self, info: Info) -> Party:
        """Whose stake."""
        return await party_by_id(info, self.party_id)


@strawberry.type(description="A number that a step used.")
class TraceInput:
    """A named number."""

    name: str = field(description="What it is.")
    value: Fraction = field(description="Exact.")
    index: Index | None = field(description="The entry that it comes from, if it does.")


@strawberry.type(description="One step from the results to the money.")
class TraceStep:
    """What, by which rule, from which numbers, giving what."""

    name: str = field(description='"score", "total score", "payout", "stake" or "unallocated".')
    subject_id: strawberry.ID | None = field(description="The indicator or party it is about.")
    rule: str = field(description="The rule in words.")
    inputs: list[TraceInput] = field(description="The numbers that it used.")
    result: Fraction = field(description="What it gave, exact.")
    sentence: str = field(description="The step in one sentence with every number.")


@strawberry.type(description="What a scheme pays for a period.")
class Settlement(Node):
    """It binds, and is posted, when its status is AGREED. Open to all members."""

    state: strawberry.Private[rules.Settlement]
    status: ProposalStatus = field(description="How its proposal stands.")
    period: str = field(description="The period's key.")
    scheme_version: int = field(description="The version of the scheme that it was computed by.")
    total_score: Fraction = field(description="From 0 to 1, exact.")
    pool: Money = field(description="What the period could pay at most.")
    payout: Money = field(description="What it pays; stakes add up to it.")
    unallocated: Money = field(description="The rest of the pool.")
    stakes: list[Stake] = field(description="One a partner.")
    trace: list[TraceStep] = field(description="Every intermediate number and the rule behind it.")
    rules_version: int = field(description="Version of the rules that computed it.")
    due_on: date = field(description="Last day to pay.")
    index: Index = field(description="The entry that proposed it.")

    @field(description="The scheme.")
    async def scheme(self, info: Info) -> Scheme | None:
        """Its newest version."""
        return await load_scheme(info, self.state.content.scheme_id)

    @field(description="The proposal that made it binding, or would.")
    async def proposal(self, info: Info) -> Proposal | None:
        """Its proposal."""
        return await load_proposal(info, self.state.proposal_id)


def _step(step: forms.TraceStep) -> TraceStep:
    kind = "Party" if step.name == "stake" else "Indicator"
    return TraceStep(
        name=step.name,
        subject_id=global_id(kind, step.subject) if step.subject else None,
        rule=step.rule,
        inputs=[
            TraceInput(
                name=each.name,
                value=each.value,
                index=None if each.index is None else Index(each.index),
            )
            for each in step.inputs
        ],
        result=step.result,
        sentence=step.sentence,
    )


def settlement_of(state: rules.Settlement) -> Settlement:
    """A settlement as the API shows it."""
    content = state.content
    return Settlement(
        id=global_id("Settlement", state.settlement_id),
        state=state,
        status=state.status,
        period=content.period,
        scheme_version=content.scheme_version,
        total_score=content.total_score,
        pool=money_of(content.pool),
        payout=money_of(content.payout),
        unallocated=money_of(content.unallocated),
        stakes=[
            Stake(party_id=stake.party_id, amount=money_of(stake.amount), reference=stake.reference)
            for stake in content.stakes
        ],
        trace=[_step(step) for step in content.trace],
        rules_version=content.rules_version,
        due_on=content.due_on,
        index=Index(state.index),
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
    period: str = field(description="A period whose indicators are all measured and agreed.")
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
        as_of: Annotated[
            Index | None, strawberry.argument(description="As the ledger stood at this size.")
        ] = None,
    ) -> Settlement | None:
        """One settlement."""
        return await load_settlement(info, local_id(id, "Settlement", "id"), as_of)

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
        as_of: Annotated[
            Index | None, strawberry.argument(description="As the ledger stood at this size.")
        ] = None,
    ) -> Connection[Settlement]:
        """A page of settlements."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "settlement",
            rules.Settlement,
            window(first, after, last, before),
            Narrowed(period=period or "", status=str(status or "")),
            as_of,
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
            )

        written = await write(info, "proposeSettlement", input, prepare, dry_run=dry_run)
        return ProposeSettlementPayload(written=written)
