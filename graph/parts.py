"""Parts: what each co-owner reports for a period, from its observations or declared."""

from typing import Annotated

import strawberry
from strawberry import field

from graph.bounds import BOUNDED, KEY_OF_PERIOD, indicators_period
from graph.calendars import Period
from graph.context import NAME, Info
from graph.enums import describe
from graph.exclusions import agreed_windows
from graph.figures import AttributionLineInput, Figures, FiguresInput, figures_of, lines_of
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.receipts import KEY, DryRun, Payload, write
from graph.scalars import Index, Sha256
from ledger import part as rules
from ledger.book import Indicator as IndicatorState
from ledger.indicator import Attribution
from ledger.part import BasisKind, IndicatorNotAgreed, SubmitPart
from ledger.read import Found, Narrowed

describe(
    BasisKind,
    "What a part rests on.",
    OBSERVATIONS="Rows that the party recorded, in batches of the ledger.",
    DECLARED="The party's word, with the hash of its evidence.",
    LEDGER="Entries that are there already, such as initiatives'.",
)


@strawberry.type(description="A co-owner's part of a period.")
class Part(Node):
    """What a party reported."""

    figures: Figures = field(description="Its numbers.")
    basis: BasisKind = field(
        description="The party's recorded observations, its declaration, or the ledger's entries."
    )
    evidence_sha256: Sha256 | None = field(description="Of a declaration's evidence.")
    batches: list[Index] = field(description="Entries of the observation batches it rests on.")
    entries: list[Index] = field(
        description="Of LEDGER: the entries about initiatives that it was derived from."
    )
    row_count: int = field(
        description="Observations that it sums up, or of LEDGER initiatives; 0 for a declaration."
    )
    period_key: str = field(description=KEY_OF_PERIOD)
    exclusions: list[Index] = field(description="Entries of the exclusions that it leaves out.")
    is_correction: bool = field(description="Whether it reports an agreed period anew.")
    prepared_by: str | None = field(
        description="The pseudonym of who reported it: four eyes ask for another person's consent. "
        "Null: of before this was kept."
    )
    index: Index = field(description="Its entry.")
    party_id: strawberry.Private[str]
    indicator_id: strawberry.Private[str]

    @field(description=BOUNDED)
    async def period(self, info: Info) -> Period | None:
        """By the indicator's calendar."""
        return await indicators_period(info, self.indicator_id, self.period_key)

    @field(description=NAME)
    async def prepared_by_name(self, info: Info) -> str | None:
        """Of who reported it."""
        return await info.context.name_of(self.party_id, self.prepared_by or "")


def part_of(part: rules.Part) -> Part:
    """A part as the API shows it."""
    key = f"{part.indicator_id}/{part.period}/{part.figures.party_id}"
    is_derived = part.basis.kind is BasisKind.LEDGER
    rests_on = [Index(each) for each in part.basis.batches]
    return Part(
        id=global_id("Part", key),
        figures=figures_of(part.figures),
        basis=part.basis.kind,
        evidence_sha256=Sha256(part.basis.evidence_sha256) if part.basis.evidence_sha256 else None,
        batches=[] if is_derived else rests_on,
        entries=rests_on if is_derived else [],
        row_count=part.basis.row_count,
        period_key=part.period,
        exclusions=[Index(each) for each in part.basis.exclusions],
        is_correction=part.is_correction,
        prepared_by=part.prepared_by or None,
        index=Index(part.index),
        party_id=part.figures.party_id,
        indicator_id=part.indicator_id,
    )


@strawberry.input(description="A declared part with its evidence.")
class DeclaredPartInput:
    """When the facts themselves are not in the ledger."""

    figures: FiguresInput = field(description="Your party's numbers.")
    evidence_sha256: Sha256 = field(description="Of the document behind them.")


@strawberry.input(
    description="Your party's part of a period. Where the indicator's method reads the ledger's "
    "entries, it follows from those, and nothing is stated beside the period."
)
class SubmitPartInput:
    """From your recorded observations, unless declared."""

    idempotency_key: str = field(description=KEY)
    indicator_id: strawberry.ID = field(description="An indicator that your party co-owns.")
    period: str = field(description="Key of a period that has ended.")
    declared: DeclaredPartInput | None = field(
        default=None, description="Left out: the sum of your party's observations of the period."
    )
    invited: int | None = field(
        default=None, description="How many were asked, where the part is from observations."
    )
    attribution: list[AttributionLineInput] = field(
        default_factory=list,
        description="Whose the value is, where the part is from observations: lines that add up.",
    )
    is_empty: bool = field(
        default=False, description="Your party says that it has no observation of the period."
    )
    is_correction: bool = field(
        default=False,
        description="Reports an agreed period anew, as the ground of a restatement.",
    )


@strawberry.type(description="Answer to `submitPart`.")
class SubmitPartPayload(Payload):
    """The part as submitted."""

    @field(description="The part; null when it was refused, and in a dry run.")
    async def part(self, info: Info) -> Part | None:
        """As it stood right after."""
        if self.written.landed is None:
            return None
        found = await info.context.load(
            "part", self.written.object_id, rules.Part, self.written.as_of
        )
        return None if found is None else part_of(found.value)


@strawberry.type
class PartQuery:
    """Reading."""

    @field(description="Parts as they stand, in the order in which they first came in.")
    async def parts(
        self,
        info: Info,
        indicator_id: Annotated[
            strawberry.ID, strawberry.argument(description="The indicator that the parts are of.")
        ],
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        period: Annotated[
            str | None, strawberry.argument(description="Only of this period's key.")
        ] = None,
    ) -> Connection[Part]:
        """A page of parts."""
        narrowed = Narrowed(local_id(indicator_id, "Indicator", "indicatorId"), period or "")
        page = await info.context.doors.reader.page(
            info.context.actor, "part", rules.Part, window(first, after, last, before), narrowed
        )

        def build(found: Found[rules.Part]) -> Part:
            return part_of(found.value)

        return connection(page, build)


async def _summed_up(info: Info, input: SubmitPartInput, indicator_id: str) -> SubmitPart:
    """The command of a part from recorded observations, summed up outside the lock."""
    actor, reader = info.context.actor, info.context.doors.gathering
    found = await reader.one(actor, "indicator", indicator_id, IndicatorState)
    if found is None:
        raise IndicatorNotAgreed("indicatorId", id=indicator_id)
    terms = found.value.version.terms
    lines = lines_of(input.attribution, "attribution")
    if terms.method.is_derived:
        return SubmitPart(
            indicator_id,
            input.period,
            invited=input.invited,
            lines=lines,
            is_empty=input.is_empty,
            is_correction=input.is_correction,
        )
    windows = await agreed_windows(info, indicator_id, input.period)
    [aggregate] = await reader.sum_up(
        actor,
        [actor.party_id],
        terms.method,
        terms.calendar.period(input.period),
        windows,
        is_attributed=terms.attribution is Attribution.ATTRIBUTED,
    )
    return SubmitPart(
        indicator_id,
        input.period,
        aggregate=aggregate,
        invited=input.invited,
        lines=lines,
        is_empty=input.is_empty,
        is_correction=input.is_correction,
    )


@strawberry.type
class PartMutation:
    """Writing."""

    @strawberry.mutation(
        description="Submit your party's part of a period. Needs the role REPORTER."
    )
    async def submit_part(
        self, info: Info, input: SubmitPartInput, dry_run: DryRun = False
    ) -> SubmitPartPayload:
        """A later part of the same period takes its place until the period is measured."""

        async def prepare() -> SubmitPart:
            indicator_id = local_id(input.indicator_id, "Indicator", "indicatorId")
            if input.declared is None:
                return await _summed_up(info, input, indicator_id)
            return SubmitPart(
                indicator_id,
                input.period,
                input.declared.figures.figures("declared.figures"),
                input.declared.evidence_sha256,
                is_correction=input.is_correction,
            )

        written = await write(info, "submitPart", input, prepare, dry_run=dry_run)
        return SubmitPartPayload(written=written)
