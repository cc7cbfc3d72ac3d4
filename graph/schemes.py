"""Schemes: incentive terms as data, proposed to those who pay and those who are paid."""

from fractions import Fraction
from typing import Annotated

import strawberry
from strawberry import field

from graph.agreements import Proposal, ProposalPayload, load_proposal
from graph.context import Info
from graph.indicators import Indicator, load_indicator
from graph.money import Money, MoneyInput, money_of
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.receipts import KEY, DryRun, write
from graph.scalars import Index
from ledger import scheme as rules
from ledger import terms as forms
from ledger.amounts import Rounding
from ledger.indicator import Boundary
from ledger.proposal import ProposalStatus
from ledger.read import Found
from ledger.scheme import ProposeScheme
from ledger.terms import Reading, Residual, Unallocated

strawberry.enum(Reading, description="Which value a score reads. Values may be added.")
strawberry.enum(Residual, description="Where left-over cents go. Values may be added.")
strawberry.enum(Unallocated, description="Where what is not earned goes. Values may be added.")


@strawberry.type(description="A point of a curve.")
class Point:
    """At this value, this score."""

    at: Fraction = field(description="A value of the indicator.")
    score: Fraction = field(description="From 0 (nothing) to 1 (the whole).")


@strawberry.type(description="An indicator in a scheme.")
class SchemeItem:
    """Its weight and curve."""

    indicator_id: strawberry.Private[str]
    weight: Fraction = field(description="Weights of all items add up to 1.")
    points: list[Point] = field(description="From threshold over target to stretch.")
    boundary: Boundary = field(description="Whether a value at the threshold itself earns.")
    reads: Reading = field(description="The exact or the displayed value.")

    @field(description="The indicator.")
    async def indicator(self, info: Info) -> Indicator | None:
        """What the item hangs on."""
        return await load_indicator(info, self.indicator_id)


@strawberry.type(description="A party's fixed share of what is paid out.")
class SchemeShare:
    """Open to all members, because the pool is fixed and open."""

    party_id: strawberry.Private[str]
    share: Fraction = field(description="Shares of all parties add up to 1.")

    @field(description="Who receives it.")
    async def party(self, info: Info) -> Party:
        """The sharing party."""
        return await party_by_id(info, self.party_id)


@strawberry.type(description="A version of an incentive scheme with every term.")
class Scheme(Node):
    """It binds when its status is AGREED. Its terms are open to all members."""

    state: strawberry.Private[rules.Scheme]
    name: str = field(description="1 to 120 characters.")
    version: int = field(description="Counts from 1.")
    status: ProposalStatus = field(description="How its proposal stands.")
    pool: Money = field(description="What a period pays at most, at a score of 1 throughout.")
    items: list[SchemeItem] = field(description="What it hangs on.")
    shares: list[SchemeShare] = field(description="How what is earned is split.")
    rounding: Rounding = field(description="How the payout is rounded to the minor unit.")
    residual: Residual = field(description="Where left-over cents go.")
    unallocated: Unallocated = field(description="Where what is not earned goes.")
    valid_from_period: str = field(description="The first period that it settles.")
    due_days: int = field(description="Calendar days from the period's end to the due date.")
    index: Index = field(description="The entry that proposed it.")

    @field(description="The proposal that made it binding, or would.")
    async def proposal(self, info: Info) -> Proposal | None:
        """Its proposal."""
        return await load_proposal(info, self.state.proposal_id)


def scheme_of(state: rules.Scheme) -> Scheme:
    """A scheme as the API shows it."""
    terms = state.terms
    return Scheme(
        id=global_id("Scheme", state.scheme_id),
        state=state,
        name=terms.name,
        version=state.version,
        status=state.status,
        pool=money_of(terms.pool),
        items=[
            SchemeItem(
                indicator_id=item.indicator_id,
                weight=item.weight,
                points=[Point(at=point.at, score=point.score) for point in item.points],
                boundary=item.boundary,
                reads=item.reads,
            )
            for item in terms.items
        ],
        shares=[SchemeShare(party_id=each.party_id, share=each.share) for each in terms.shares],
        rounding=terms.rounding,
        residual=terms.residual,
        unallocated=terms.unallocated,
        valid_from_period=terms.valid_from_period,
        due_days=terms.due_days,
        index=Index(state.index),
    )


async def load_scheme(info: Info, scheme_id: str, as_of: int | None = None) -> Scheme | None:
    """A scheme by the workroom's id, or None."""
    found = await info.context.load("scheme", scheme_id, rules.Scheme, as_of)
    return None if found is None else scheme_of(found.value)


@strawberry.input(description="A point of a curve.")
class PointInput:
    """At this value, this score."""

    at: Fraction = field(description="A value of the indicator.")
    score: Fraction = field(description="From 0 to 1.")


@strawberry.input(description="An indicator in a scheme.")
class SchemeItemInput:
    """Its weight and curve."""

    indicator_id: strawberry.ID = field(description="An agreed indicator.")
    weight: Fraction = field(description="Above 0; weights add up to 1.")
    points: list[PointInput] = field(
        description="2 to 50, from worse to better: nothing before the first (threshold), straight "
        "lines between, the last one's score from there on (stretch)."
    )
    boundary: Boundary = field(description="Whether a value at the threshold itself earns.")
    reads: Reading = field(description="The exact or the displayed value.")


@strawberry.input(description="A party's fixed share.")
class SchemeShareInput:
    """A partner's share of what is paid out."""

    party_id: strawberry.ID = field(description="A partner.")
    share: Fraction = field(description="Above 0; shares add up to 1.")


@strawberry.input(description="A value that a worked example assumes.")
class ExampleValueInput:
    """One an item."""

    indicator_id: strawberry.ID = field(description="The item's indicator.")
    value: Fraction = field(description="The assumed result.")


@strawberry.input(description="Assumed results, and the payout that they must give.")
class SchemeExampleInput:
    """The engine runs it; a scheme whose example fails is refused."""

    values: list[ExampleValueInput] = field(description="One an item.")
    expected_payout: MoneyInput = field(description="What must be paid out.")


@strawberry.input(description="A scheme to be agreed by the outsourcer and all who share.")
class ProposeSchemeInput:
    """Every term is stated."""

    idempotency_key: str = field(description=KEY)
    name: str = field(description="1 to 120 characters.")
    pool: MoneyInput = field(description="What a period pays at most.")
    items: list[SchemeItemInput] = field(description="1 to 20.")
    shares: list[SchemeShareInput] = field(description="1 to 200.")
    rounding: Rounding = field(description="How the payout is rounded to the minor unit.")
    residual: Residual = field(description="Where left-over cents go.")
    unallocated: Unallocated = field(description="Where what is not earned goes.")
    valid_from_period: str = field(description="The first period that it settles.")
    due_days: int = field(description="0 to 366 calendar days from the period's end.")
    worked_examples: list[SchemeExampleInput] = field(description="At least one; it is run.")
    scheme_id: strawberry.ID | None = field(
        default=None, description="The scheme of which this is the next version."
    )
    replaces: strawberry.ID | None = field(
        default=None, description="A pending proposal that this one supersedes."
    )

    def terms(self) -> forms.SchemeTerms:
        """What the workroom reads."""
        return forms.SchemeTerms(
            name=self.name.strip(),
            pool=self.pool.money("pool"),
            items=tuple(_item(each, f"items[{i}]") for i, each in enumerate(self.items)),
            shares=tuple(
                forms.Share(local_id(each.party_id, "Party", f"shares[{i}].partyId"), each.share)
                for i, each in enumerate(self.shares)
            ),
            rounding=self.rounding,
            residual=self.residual,
            unallocated=self.unallocated,
            valid_from_period=self.valid_from_period,
            due_days=self.due_days,
            worked_examples=tuple(
                _example(each, f"workedExamples[{i}]")
                for i, each in enumerate(self.worked_examples)
            ),
        )


def _item(given: SchemeItemInput, path: str) -> forms.Item:
    return forms.Item(
        local_id(given.indicator_id, "Indicator", f"{path}.indicatorId"),
        given.weight,
        tuple(forms.Point(each.at, each.score) for each in given.points),
        given.boundary,
        given.reads,
    )


def _example(given: SchemeExampleInput, path: str) -> forms.SchemeExample:
    values = tuple(
        forms.ExampleValue(
            local_id(each.indicator_id, "Indicator", f"{path}.values[{i}].indicatorId"), each.value
        )
        for i, each in enumerate(given.values)
    )
    return forms.SchemeExample(values, given.expected_payout.money(f"{path}.expectedPayout"))


@strawberry.type(description="Answer to `proposeScheme`.")
class ProposeSchemePayload(ProposalPayload):
    """The opened proposal and its scheme."""

    @field(description="The proposed scheme; null when refused, and in a dry run.")
    async def scheme(self, info: Info) -> Scheme | None:
        """As it stood right after."""
        landed = self.written.landed
        if landed is None:
            return None
        facts = await info.context.doors.reader.facts_at(
            self.written.actor, range(landed.index, landed.index + landed.entry_count)
        )
        for placed in facts.values():
            if isinstance(placed.event, rules.SchemeProposed):
                return await load_scheme(info, placed.event.scheme_id, self.written.as_of)
        return None


@strawberry.type
class SchemeQuery:
    """Reading."""

    @field(description="A scheme's newest version; null when there is none that you may see.")
    async def scheme(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: Annotated[
            Index | None, strawberry.argument(description="As the ledger stood at this size.")
        ] = None,
    ) -> Scheme | None:
        """One scheme."""
        return await load_scheme(info, local_id(id, "Scheme", "id"), as_of)

    @field(description="Schemes in the order of the ledger.")
    async def schemes(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Scheme]:
        """A page of schemes."""
        page = await info.context.doors.reader.page(
            info.context.actor, "scheme", rules.Scheme, window(first, after, last, before)
        )
        return connection(page, _built)


def _built(found: Found[rules.Scheme]) -> Scheme:
    return scheme_of(found.value)


@strawberry.type
class SchemeMutation:
    """Writing."""

    @strawberry.mutation(
        description="Propose a scheme to those who pay and are paid. Needs APPROVER or FINANCE."
    )
    async def propose_scheme(
        self, info: Info, input: ProposeSchemeInput, dry_run: DryRun = False
    ) -> ProposeSchemePayload:
        """Binds once the outsourcer and all who share consented."""

        def prepare() -> ProposeScheme:
            return ProposeScheme(
                input.terms(),
                local_id(input.scheme_id or "", "Scheme", "schemeId"),
                local_id(input.replaces or "", "Proposal", "replaces"),
            )

        written = await write(info, "proposeScheme", input, prepare, dry_run=dry_run)
        return ProposeSchemePayload(written=written)
