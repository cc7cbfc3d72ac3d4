"""Measurements: the value of a period that the engine computes, agreed or restated."""

from fractions import Fraction
from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import OWN, offered
from graph.agreements import Proposal, ProposalPayload, load_proposal
from graph.bounds import BOUNDED, KEY_OF_PERIOD, indicators_period
from graph.calendars import Period
from graph.context import Info
from graph.figures import Figures, figures_of
from graph.findings import (
    Contribution,
    LateObservations,
    Margin,
    UsedResult,
    contribution_of,
    input_of,
    late_of,
    margin_of,
)
from graph.indicator_enums import ResultKind
from graph.indicators import Indicator, is_notional, load_indicator
from graph.instants import AsOf, AsOfInstant, ledger_size
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.receipts import KEY, DryRun, write
from graph.scalars import Index
from graph.settlements import Settlement, load_settlement
from ledger import measurement as rules
from ledger.indicator import LowSample, Standing
from ledger.measurement import ProposeMeasurement, ProposeRestatement, RestatementReason
from ledger.proposal import ProposalStatus
from ledger.read import Found, Narrowed
from ledger.statistic import Change


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
    value: Fraction | None = field(
        description="Exact, in the indicator's unit; null where nobody answered."
    )
    displayed: Fraction | None = field(description="Rounded as the terms say; null as `value`.")
    standing: Standing = field(description="Against target and minimum.")
    status: ProposalStatus = field(description="How its proposal stands.")
    version: int = field(description="The indicator version that it was measured by.")
    parts: list[UsedPart] = field(description="What it follows from.")
    sample_size: int | None = field(description="n: single facts that the value counts.")
    answered: int | None = field(description='Answers that came in, "don\'t know" among them.')
    invited: int | None = field(
        description="How many were asked; null unless each part with answers states it."
    )
    response_rate: Fraction | None = field(description="answered / invited, 0 to 1, exact.")
    margin: Margin | None = field(description="95 % margin of error; null where there is none.")
    change: Change = field(description="Against the period before, with the noise verdict.")
    before: Index | None = field(description="The entry of the measurement compared with.")
    is_low_sample: bool = field(description="Whether its own sample was below the minimum.")
    low_sample_rule: LowSample | None = field(description="How the low sample was treated.")
    drawn_from: list[Index] = field(
        description="Entries of earlier measurements that were carried forward or pooled."
    )
    contributions: list[Contribution] = field(
        description="Whose the value is; empty where it is SOLIDARY. They add up to the value."
    )
    inputs: list[UsedResult] = field(description="What a composite read.")
    exclusions: list[Index] = field(description="Entries of the exclusions that were left out.")
    restates: Index | None = field(description="The entry whose place it takes, or would.")
    restatement_reason: RestatementReason | None = field(
        description="Why; the explanation is in the entry's annex."
    )
    restated_by: Index | None = field(description="The agreed entry that took its place since.")
    touched_measurements: list[Index] = field(
        description="Of a restatement: agreed measurements that drew on the restated one."
    )
    index: Index = field(description="The entry that proposed it.")
    period_key: str = field(description=KEY_OF_PERIOD)

    @field(description=BOUNDED)
    async def period(self, info: Info) -> Period | None:
        """With its dates."""
        return await indicators_period(info, self.state.indicator_id, self.state.period, self.as_of)

    @field(
        description="Of a restatement: agreed settlements computed from the restated measurement, "
        "which a true-up computes anew."
    )
    async def touched_settlements(self, info: Info) -> list[Settlement]:
        """As they stand."""
        found = [
            await load_settlement(info, each) for each in self.state.findings.touched_settlements
        ]
        return [each for each in found if each is not None]

    @field(
        description="Observations of the period that came after the parts it is made of: late ones "
        "and later revisions, grounds for a restatement."
    )
    async def late_observations(self, info: Info) -> list[LateObservations]:
        """Read when asked: they are no part of the measurement."""
        found = await load_indicator(info, self.state.indicator_id, self.as_of)
        if found is None or not self.state.parts:
            return []
        terms = found.current.state.version.terms
        late = await info.context.doors.gathering.late_rows(
            info.context.actor,
            {part.figures.party_id: part.index for part in self.state.parts},
            terms.method,
            terms.calendar.period(self.state.period),
        )
        return [late_of(each) for each in late]

    @field(description="The indicator.")
    async def indicator(self, info: Info) -> Indicator | None:
        """What was measured."""
        return await load_indicator(info, self.state.indicator_id, self.as_of)

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Those who own the indicator may have an agreed one restated."""
        indicator = await load_indicator(info, self.state.indicator_id)
        now = await load_measurement(info, self.state.proposal_id)
        if now is None or now.status is not ProposalStatus.AGREED or now.restated_by is not None:
            return []
        owns = indicator is not None and indicator.is_owned_by(info.context.actor.party_id)
        return await offered(info, ["proposeRestatement"] if owns else [])

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


def measurement_of(state: rules.Measurement, as_of: int | None = None) -> Measurement:
    """A measurement as the API shows it."""
    findings = state.findings
    answered, invited = findings.answered, findings.invited
    return Measurement(
        id=global_id("Measurement", state.proposal_id),
        state=state,
        as_of=as_of,
        value=None if findings.is_void else state.value,
        displayed=None if findings.is_void else state.displayed,
        standing=state.standing,
        status=state.status,
        version=state.version,
        parts=[
            UsedPart(figures=figures_of(each.figures), index=Index(each.index))
            for each in state.parts
        ],
        sample_size=state.sample_size,
        answered=answered,
        invited=invited,
        response_rate=None if answered is None or not invited else Fraction(answered, invited),
        margin=margin_of(findings.margin),
        change=findings.change,
        before=_index(findings.before),
        is_low_sample=state.is_low_sample,
        low_sample_rule=findings.low_sample,
        drawn_from=_indices(findings.drawn_from),
        contributions=[contribution_of(each, state.value) for each in findings.contributions],
        inputs=[input_of(each) for each in findings.inputs],
        exclusions=_indices(findings.exclusions),
        restates=_index(findings.restates),
        restatement_reason=findings.reason,
        restated_by=_index(state.restated_by),
        touched_measurements=_indices(findings.touched_measurements),
        index=Index(state.index),
        period_key=state.period,
    )


def _index(entry: int | None) -> Index | None:
    return None if entry is None else Index(entry)


def _indices(entries: tuple[int, ...]) -> list[Index]:
    return [Index(each) for each in entries]


async def load_measurement(
    info: Info, proposal_id: str, as_of: int | None = None
) -> Measurement | None:
    """A measurement by the workroom's id, or None."""
    found = await info.context.load("measurement", proposal_id, rules.Measurement, as_of)
    return None if found is None else measurement_of(found.value, as_of)


@strawberry.input(description="A period to be computed and agreed.")
class ProposeMeasurementInput:
    """The engine computes it from the submitted parts."""

    idempotency_key: str = field(description=KEY)
    indicator_id: strawberry.ID = field(description="An indicator that your party co-owns.")
    period: str = field(description="Key of a period that has ended.")
    replaces: strawberry.ID | None = field(
        default=None, description="A pending proposal that this one supersedes."
    )


@strawberry.input(description="An agreed period to be computed anew and agreed again.")
class ProposeRestatementInput:
    """From the parts as they stand now: submit corrections first."""

    idempotency_key: str = field(description=KEY)
    indicator_id: strawberry.ID = field(description="An indicator that your party co-owns.")
    period: str = field(description="Key of a period that has an agreed measurement.")
    reason: RestatementReason = field(description="Why.")
    explanation: str = field(description="What was wrong: 1 to 2000 characters; erasable.")
    replaces: strawberry.ID | None = field(
        default=None, description="A pending proposal that this one supersedes."
    )


@strawberry.type(description="Answer to `proposeMeasurement` and `proposeRestatement`.")
class ProposeMeasurementPayload(ProposalPayload):
    """The opened proposal and its measurement."""

    @field(description="The computed measurement; null when refused, and in a dry run.")
    async def measurement(self, info: Info) -> Measurement | None:
        """As it stood right after."""
        if self.written.landed is None:
            return None
        return await load_measurement(info, self.written.object_id, self.written.as_of)


@strawberry.type
class MeasurementQuery:
    """Reading."""

    @field(description="A measurement; null when there is none that you may see.")
    async def measurement(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> Measurement | None:
        """One measurement."""
        size = await ledger_size(info, as_of, as_of_instant)
        return await load_measurement(info, local_id(id, "Measurement", "id"), size)

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
        as_of_instant: AsOfInstant = None,
    ) -> Connection[Measurement]:
        """A page of measurements."""
        size = await ledger_size(info, as_of, as_of_instant)
        narrowed = Narrowed(local_id(indicator_id or "", "Indicator", "indicatorId"), period or "")
        page = await info.context.doors.reader.page(
            info.context.actor,
            of.value,
            rules.Measurement,
            window(first, after, last, before),
            narrowed,
            size,
        )

        def build(found: Found[rules.Measurement]) -> Measurement:
            return measurement_of(found.value, size)

        return connection(page, build)


@strawberry.type
class MeasurementMutation:
    """Writing."""

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

    @strawberry.mutation(
        description="Have an agreed period computed anew and proposed. Needs REPORTER or APPROVER."
    )
    async def propose_restatement(
        self, info: Info, input: ProposeRestatementInput, dry_run: DryRun = False
    ) -> ProposeMeasurementPayload:
        """Takes the agreed one's place once all co-owners consented; that one stays readable."""

        def prepare() -> ProposeRestatement:
            return ProposeRestatement(
                local_id(input.indicator_id, "Indicator", "indicatorId"),
                input.period,
                input.reason,
                input.explanation,
                local_id(input.replaces or "", "Proposal", "replaces"),
            )

        written = await write(info, "proposeRestatement", input, prepare, dry_run=dry_run)
        return ProposeMeasurementPayload(written=written)
