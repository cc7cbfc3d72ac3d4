"""Trust profiles: what each party did, by stated formulas, with the entries behind each figure."""

from datetime import date
from fractions import Fraction
from typing import Annotated

import strawberry
from strawberry import field

from graph.context import Info
from graph.dues import On
from graph.enums import describe
from graph.instants import AsOf, AsOfInstant, ledger_size
from graph.nodes import local_id
from graph.parties import Party, party_by_id
from graph.scalars import Index
from ledger import conduct as rules
from ledger.conduct import FigureCode
from ledger.read import Narrowed

MAX_INDICES = 100

describe(
    FigureCode,
    "What a figure of a trust profile tells.",
    ON_TIME_REPORTING="How often the party's first report of a period was on time.",
    AGREED_WITHOUT_DISPUTE="How often it consented when it was asked.",
    MEDIAN_SECONDS_TO_SIGN="How long it takes to answer a proposal that it was told of.",
    CORRECTIONS_PER_HUNDRED="How often it corrected what it had reported.",
    PAYMENTS_ON_TIME="How often it paid what it owed by the due date.",
    DISPUTES="Disputes that its objections opened, by the highest rung that they reached.",
)


@strawberry.type(description="A figure of a trust profile: derived, explained, never a score.")
class TrustFigure:
    """With its formula and the entries that it comes from."""

    code: FigureCode = field(description="What it tells.")
    formula: str = field(description="How it is computed, in words.")
    value: Fraction | None = field(
        description="Percent, seconds or a count, as the formula says; null: nothing to compute."
    )
    good: int = field(description="How many of `total` count for it.")
    total: int = field(description="How many things it is computed from.")
    rung: int | None = field(
        description="Of DISPUTES: the highest rung that they reached, from 1; 0: no ladder."
    )
    entry_count: int = field(description="Entries that it comes from.")
    entries: list[Index] = field(description="The last 100 of them, by index.")


def figure_of(figure: rules.Figure) -> TrustFigure:
    """A figure as the API shows it."""
    return TrustFigure(
        code=figure.code,
        formula=rules.FORMULAS[figure.code],
        value=figure.value,
        good=figure.good,
        total=figure.total,
        rung=figure.rung,
        entry_count=len(figure.indices),
        entries=[Index(index) for index in figure.indices[-MAX_INDICES:]],
    )


@strawberry.type(description="What the ledger shows of a party. The outsourcer has one too.")
class TrustProfile:
    """Computed from what the viewer may see."""

    party_id: strawberry.Private[str]
    on: date = field(description="The day that payments are judged on.")
    figures: list[TrustFigure] = field(description="Every figure; disputes one a rung.")

    @field(description="Whose.")
    async def party(self, info: Info) -> Party:
        """The party."""
        return await party_by_id(info, self.party_id)


@strawberry.type
class TrustQuery:
    """Reading."""

    @field(description="The trust profile of a party, from the ledger alone.")
    async def trust_profile(
        self,
        info: Info,
        party_id: Annotated[
            strawberry.ID, strawberry.argument(description="A member, the outsourcer included.")
        ],
        on: On,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> TrustProfile:
        """Figures with formulas and entries."""
        key = local_id(party_id, "Party", "partyId")
        ecosystem = await info.context.ecosystem()
        ecosystem.party(key)
        reader, actor = info.context.doors.bookkeeping, info.context.actor
        size = await ledger_size(info, as_of, as_of_instant)
        conduct = await reader.conduct(actor, key, size)
        is_buyer = key == ecosystem.outsourcer.party_id
        narrowed = Narrowed(parent_id="" if is_buyer else key)
        dues = [
            due
            async for page in reader.dues(actor, narrowed, size)
            for due in page
            if due.payer == key
        ]
        figures = [figure_of(each) for each in rules.profile(conduct, dues, on)]
        return TrustProfile(party_id=key, on=on, figures=figures)
