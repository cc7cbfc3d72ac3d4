"""Parts and measurements: what each co-owner reports, and the value that the engine computes."""

from enum import Enum
from fractions import Fraction
from typing import Annotated

import strawberry
from strawberry import field

from graph.agreements import Proposal, ProposalPayload, load_proposal
from graph.context import Info
from graph.indicator_terms import FiguresInput
from graph.indicators import (
    Figures,
    Indicator,
    Period,
    figures_of,
    is_notional,
    load_indicator,
    period_of,
)
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.receipts import KEY, DryRun, Payload, write
from graph.scalars import Index
from ledger import measurement as rules
from ledger.book import Indicator as IndicatorState
from ledger.indicator import Standing
from ledger.measurement import BasisKind, IndicatorNotAgreed, ProposeMeasurement, SubmitPart
from ledger.proposal import ProposalStatus
from ledger.read import Found, Narrowed

strawberry.enum(BasisKind, description="What a part rests on. Values may be added.")


@strawberry.type(description="A co-owner's part of a period.")
class Part(Node):
    """What a party reported."""

    figures: Figures = field(description="Its numbers.")
    basis: BasisKind = field(description="The party's recorded observations, or its declaration.")
    evidence_sha256: str | None = field(description="Hash of a declaration's evidence, hex.")
    batches: list[Index] = field(description="Entries of the observation batches it rests on.")
    row_count: int = field(description="Observations that it sums up; 0 for a declaration.")
    period: str = field(description="The period's key.")
    index: Index = field(description="Its entry.")


@strawberry.type(description="A part as a measurement used it.")
class UsedPart:
    """A part's numbers with the entry they come from."""

    figures: Figures = field(description="Its numbers.")
    index: Index = field(description="The entry of the part.")


@strawberry.type(description="A period's computed result.")
class Measurement(Node):
    """It binds when its status is AGREED."""

    state: strawberry.Private[rules.Measurement]
    as_of: strawberry.Private[int | None]
    value: Fraction = field(description="Exact, in the indicator's unit.")
    displayed: Fraction = field(description="Rounded as the terms say.")
    standing: Standing = field(description="Against target and minimum.")
    status: ProposalStatus = field(description="How its proposal stands.")
    version: int = field(description="The indicator version that it was measured by.")
    parts: list[UsedPart] = field(description="What it follows from.")
    sample_size: int | None = field(description="Single facts, where parts state them.")
    is_low_sample: bool = field(description="Whether they are fewer than the minimum.")
    index: Index = field(description="The entry that proposed it.")
    period_key: str = field(description="The period's key.")

    @field(description="The period.")
    async def period(self, info: Info) -> Period | None:
        """With its dates."""
        found = await load_indicator(info, self.state.indicator_id, self.as_of)
        if found is None:
            return None
        return period_of(found.current.state.version.terms.calendar, self.state.period)

    @field(description="The indicator.")
    async def indicator(self, info: Info) -> Indicator | None:
        """What was measured."""
        return await load_indicator(info, self.state.indicator_id, self.as_of)

    @field(
        description="Whether it is notional: its version was in SHADOW, or not live yet, in its "
        "period, so that no incentive hangs on it."
    )
    async def is_notional(self, info: Info) -> bool:
        """A pilot's result stays notional after the indicator went live."""
        return await is_notional(info, self.state.indicator_id, self.version, self.state.period)

    @field(description="The proposal that made it binding, or would.")
    async def proposal(self, info: Info) -> Proposal | None:
        """Its proposal."""
        return await load_proposal(info, self.state.proposal_id, self.as_of)


def part_of(part: rules.Part) -> Part:
    """A part as the API shows it."""
    key = f"{part.indicator_id}/{part.period}/{part.figures.party_id}"
    return Part(
        id=global_id("Part", key),
        figures=figures_of(part.figures),
        basis=part.basis.kind,
        evidence_sha256=part.basis.evidence_sha256 or None,
        batches=[Index(each) for each in part.basis.batches],
        row_count=part.basis.row_count,
        period=part.period,
        index=Index(part.index),
    )


def measurement_of(state: rules.Measurement, as_of: int | None = None) -> Measurement:
    """A measurement as the API shows it."""
    return Measurement(
        id=global_id("Measurement", state.proposal_id),
        state=state,
        as_of=as_of,
        value=state.value,
        displayed=state.displayed,
        standing=state.standing,
        status=state.status,
        version=state.version,
        parts=[
            UsedPart(figures=figures_of(each.figures), index=Index(each.index))
            for each in state.parts
        ],
        sample_size=state.sample_size,
        is_low_sample=state.is_low_sample,
        index=Index(state.index),
        period_key=state.period,
    )


async def load_measurement(
    info: Info, proposal_id: str, as_of: int | None = None
) -> Measurement | None:
    """A measurement by the workroom's id, or None."""
    found = await info.context.load("measurement", proposal_id, rules.Measurement, as_of)
    return None if found is None else measurement_of(found.value, as_of)


@strawberry.input(description="A declared part with its evidence.")
class DeclaredPartInput:
    """When the facts themselves are not in the ledger."""

    figures: FiguresInput = field(description="Your party's numbers.")
    evidence_sha256: str = field(description="SHA-256 of the document behind them, 64 hex digits.")


@strawberry.input(description="Your party's part of a period.")
class SubmitPartInput:
    """From your recorded observations, unless declared."""

    idempotency_key: str = field(description=KEY)
    indicator_id: strawberry.ID = field(description="An indicator that your party co-owns.")
    period: str = field(description="Key of a period that has ended.")
    declared: DeclaredPartInput | None = field(
        default=None, description="Left out: the sum of your party's observations of the period."
    )


@strawberry.input(description="A period to be computed and agreed.")
class ProposeMeasurementInput:
    """The engine computes it from the submitted parts."""

    idempotency_key: str = field(description=KEY)
    indicator_id: strawberry.ID = field(description="An indicator that your party co-owns.")
    period: str = field(description="Key of a period that has ended.")
    replaces: strawberry.ID | None = field(
        default=None, description="A pending proposal that this one supersedes."
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


@strawberry.type(description="Answer to `proposeMeasurement`.")
class ProposeMeasurementPayload(ProposalPayload):
    """The opened proposal and its measurement."""

    @field(description="The computed measurement; null when refused, and in a dry run.")
    async def measurement(self, info: Info) -> Measurement | None:
        """As it stood right after."""
        if self.written.landed is None:
            return None
        return await load_measurement(info, self.written.object_id, self.written.as_of)


class ResultKind(Enum):
    """Which measurements a list is of."""

    AGREED_RESULTS = "result"
    EVERY_PROPOSAL = "measurement"


strawberry.enum(ResultKind, description="AGREED_RESULTS: what binds, one a period.")
AsOf = Annotated[Index | None, strawberry.argument(description="As the ledger stood at this size.")]


@strawberry.type
class MeasurementQuery:
    """Reading."""

    @field(description="A measurement; null when there is none that you may see.")
    async def measurement(
        self, info: Info, id: strawberry.ID, as_of: AsOf = None
    ) -> Measurement | None:
        """One measurement."""
        return await load_measurement(info, local_id(id, "Measurement", "id"), as_of)

    @field(description="Measurements in the order of the ledger.")
    async def measurements(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        of: Annotated[
            ResultKind, strawberry.argument(description="What binds, or everything proposed.")
        ] = ResultKind.AGREED_RESULTS,
        indicator_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this indicator.")
        ] = None,
        period: Annotated[
            str | None, strawberry.argument(description="Only of this period's key.")
        ] = None,
        as_of: AsOf = None,
    ) -> Connection[Measurement]:
        """A page of measurements."""
        narrowed = Narrowed(local_id(indicator_id or "", "Indicator", "indicatorId"), period or "")
        page = await info.context.doors.reader.page(
            info.context.actor,
            of.value,
            rules.Measurement,
            window(first, after, last, before),
            narrowed,
            as_of,
        )

        def build(found: Found[rules.Measurement]) -> Measurement:
            return measurement_of(found.value, as_of)

        return connection(page, build)

    @field(description="Parts as they stand, in the order in which they first came in.")
    async def parts(
        self,
        info: Info,
        indicator_id: strawberry.ID,
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


async def _summed_up(info: Info, indicator_id: str, period: str) -> SubmitPart:
    """The command of a part from recorded observations, summed up outside the lock."""
    found = await info.context.doors.reader.one(
        info.context.actor, "indicator", indicator_id, IndicatorState
    )
    if found is None:
        raise IndicatorNotAgreed("indicatorId", id=indicator_id)
    terms = found.value.version.terms
    aggregate = await info.context.doors.reader.aggregate(
        info.context.actor,
        terms.method.series,
        terms.method.segment,
        terms.calendar.period(period),
    )
    return SubmitPart(indicator_id, period, aggregate=aggregate)


@strawberry.type
class MeasurementMutation:
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
                return await _summed_up(info, indicator_id, input.period)
            figures = input.declared.figures.figures("declared.figures")
            evidence = input.declared.evidence_sha256
            return SubmitPart(indicator_id, input.period, figures, evidence)

        written = await write(info, "submitPart", input, prepare, dry_run=dry_run)
        return SubmitPartPayload(written=written)

    @strawberry.mutation(
        description="Have a period computed and proposed. Needs REPORTER or APPROVER."
    )
    async def propose_measurement(
        self, info: Info, input: ProposeMeasurementInput, dry_run: DryRun = False
    ) -> ProposeMeasurementPayload:
        """Binds once all co-owners consented."""

        def prepare() -> ProposeMeasurement:
            return ProposeMeasurement(
                local_id(input.indicator_id, "Indicator", "indicatorId"),
                input.period,
                local_id(input.replaces or "", "Proposal", "replaces"),
            )

        written = await write(info, "proposeMeasurement", input, prepare, dry_run=dry_run)
        return ProposeMeasurementPayload(written=written)
