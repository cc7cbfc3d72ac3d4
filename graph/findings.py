"""Findings: the honest statistics of a measurement, and where it came from."""

from fractions import Fraction

import strawberry
from strawberry import field

from graph.context import Info
from graph.nodes import global_id
from graph.parties import Party, party_by_id
from graph.scalars import Index
from ledger.formula import Contribution as ContributionState
from ledger.measurement import InputUsed
from ledger.statistic import Margin as MarginState
from ledger.store.sums import LateRows


@strawberry.type(description="A 95 % interval in the indicator's unit, to 9 decimals.")
class Margin:
    """By the method that the version states."""

    low: Fraction = field(description="Its lower end.")
    high: Fraction = field(description="Its upper end.")
    half: Fraction = field(description="Half its width: the margin of error that people quote.")


@strawberry.type(description="A party's part of a value; contributions add up to it.")
class Contribution:
    """Signed as part of the measurement."""

    party_id: strawberry.Private[str]
    value: Fraction = field(description="In the indicator's unit, exact.")
    share: Fraction | None = field(description="Of the value; null where that is 0.")

    @field(description="Whose; null: nobody's.")
    async def party(self, info: Info) -> Party | None:
        """The party."""
        return await party_by_id(info, self.party_id) if self.party_id else None


@strawberry.type(description="Another indicator's agreed value, as a composite read it.")
class UsedResult:
    """By its entry."""

    indicator_id: strawberry.ID = field(description="The indicator.")
    weight: Fraction = field(description="After those without a score were spread; adds up to 1.")
    value: Fraction = field(description="The exact value that was read.")
    index: Index = field(description="The entry of its measurement.")


@strawberry.type(description="Observations of a period that came after a party's part of it.")
class LateObservations:
    """Grounds for a restatement; nothing is changed by them."""

    party_id: strawberry.Private[str]
    row_count: int = field(description="How many.")
    newest_batch: Index = field(description="The newest batch among them.")

    @field(description="Whose.")
    async def party(self, info: Info) -> Party:
        """The recording party."""
        return await party_by_id(info, self.party_id)


def margin_of(margin: MarginState | None) -> Margin | None:
    """A margin as the API shows it."""
    if margin is None:
        return None
    return Margin(low=margin.low, high=margin.high, half=margin.half)


def contribution_of(contribution: ContributionState, value: Fraction) -> Contribution:
    """A contribution to a value as the API shows it."""
    return Contribution(
        party_id=contribution.party_id,
        value=contribution.value,
        share=contribution.value / value if value else None,
    )


def input_of(used: InputUsed) -> UsedResult:
    """A composite's input as the API shows it."""
    return UsedResult(
        indicator_id=global_id("Indicator", used.indicator_id),
        weight=used.weight,
        value=used.value,
        index=Index(used.index),
    )


def late_of(rows: LateRows) -> LateObservations:
    """Late rows as the API shows them."""
    return LateObservations(
        party_id=rows.party, row_count=rows.row_count, newest_batch=Index(rows.newest_batch)
    )
