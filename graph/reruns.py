"""What-if: a version of an indicator, proposed or agreed, run over periods agreed before."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Annotated

import strawberry
from graphql import GraphQLError
from strawberry import field

from graph.context import Info
from graph.effects import derived_figures, load_neighbour
from graph.exclusions import agreed_exclusions
from graph.findings import Contribution, Margin, contribution_of, margin_of
from graph.measurements import Measurement, measurement_of
from graph.nodes import local_id
from graph.problems import Problem, problem_of
from ledger.actor import NotFound
from ledger.book import Indicator as VersionState
from ledger.errors import Refusal
from ledger.figures import Figures, NothingMeasured
from ledger.indicator import Attribution, IndicatorTerms, IndicatorVersion, LowSample, Standing
from ledger.insight import Past, Rerun, rerun
from ledger.measurement import Measurement as MeasurementState
from ledger.measurement import MeasurementProposed
from ledger.method import COMPOSITES
from ledger.part import BasisKind, Part, figures_of
from ledger.periods import Period
from ledger.read import Narrowed, Window
from ledger.result import Neighbour
from ledger.statistic import Change

MAX_PERIODS = 40


@strawberry.type(description="What a version gives for a past period; nothing of it is stored.")
class RerunResult:
    """By the same rules as a measurement."""

    value: Fraction | None = field(description="Exact; null where nobody answered.")
    displayed: Fraction | None = field(description="Rounded as the version says; null as `value`.")
    standing: Standing = field(description="Against the version's own levels.")
    sample_size: int | None = field(description="n: single facts that the value counts.")
    margin: Margin | None = field(description="95 % margin of error; null where there is none.")
    change: Change = field(description="Against what the version gives for the period before.")
    is_low_sample: bool = field(description="Whether the sample is below the version's minimum.")
    low_sample_rule: LowSample | None = field(description="How the low sample is treated.")
    contributions: list[Contribution] = field(description="Whose the value is, as it would be.")


@strawberry.type(description="A past period: what was agreed, beside what the version gives.")
class RerunPeriod:
    """Old beside new."""

    period_key: str = field(description="The period's key; its days are those of `agreed`.")
    agreed: Measurement = field(description="What is agreed.")
    computed: RerunResult | None = field(description="What the version gives; null with `problem`.")
    problem: Problem | None = field(description="Why the version gives nothing for the period.")


def _result_of(event: MeasurementProposed) -> RerunResult:
    findings = event.findings
    return RerunResult(
        value=None if findings.is_void else event.value,
        displayed=None if findings.is_void else event.displayed,
        standing=event.standing,
        sample_size=event.sample_size,
        margin=margin_of(findings.margin),
        change=findings.change,
        is_low_sample=event.is_low_sample,
        low_sample_rule=findings.low_sample,
        contributions=[contribution_of(each, event.value) for each in findings.contributions],
    )


def _period_of(found: Rerun) -> RerunPeriod:
    return RerunPeriod(
        period_key=found.agreed.period,
        agreed=measurement_of(found.agreed),
        computed=None if found.computed is None else _result_of(found.computed),
        problem=None if found.refusal is None else problem_of(found.refusal),
    )


@strawberry.type
class RerunQuery:
    """Reading."""

    @field(
        description="A version, also one that is only proposed, run over the periods that were "
        "agreed last: old beside new, before anybody signs."
    )
    async def version_rerun(
        self,
        info: Info,
        version_id: Annotated[
            strawberry.ID, strawberry.argument(description="An indicator version of any status.")
        ],
        last: Annotated[
            int, strawberry.argument(description="How many periods, 1 to 40, newest agreed ones.")
        ] = 13,
    ) -> list[RerunPeriod]:
        """Oldest first; rows are summed up anew as the version reads them."""
        if not 1 <= last <= MAX_PERIODS:
            raise GraphQLError(
                f"1 to {MAX_PERIODS} periods, not {last}.", extensions={"code": "BAD_REQUEST"}
            )
        key = local_id(version_id, "IndicatorVersion", "versionId")
        found = await info.context.load("indicator_version", key, VersionState)
        if found is None:
            raise NotFound("versionId", what="indicator version", id=key)
        version = found.value.version
        agreed = await _agreed(info, version, last)
        periods = [await _past(info, version.terms, each) for each in agreed]
        return [_period_of(each) for each in rerun(version, periods)]


async def _agreed(info: Info, version: IndicatorVersion, last: int) -> Sequence[MeasurementState]:
    """The periods that were agreed last, in the order of time."""
    page = await info.context.doors.reader.page(
        info.context.actor,
        "result",
        MeasurementState,
        Window(last=last),
        Narrowed(version.indicator_id),
    )
    listed = [each.value for each in page.items]
    calendar = version.terms.calendar

    def place(measured: MeasurementState) -> tuple[int, int]:
        try:
            return calendar.position(measured.period), measured.index
        except Refusal:  # another calendar's key: it will say so itself
            return 0, measured.index

    return sorted(listed, key=place)


async def _past(info: Info, terms: IndicatorTerms, agreed: MeasurementState) -> Past | Rerun:
    """What the version reads of a period, or why it cannot."""
    key, period_key = agreed.indicator_id, agreed.period
    try:
        period = terms.calendar.period(period_key)
        if terms.method.kind in COMPOSITES:
            return Past(agreed, (), await _inputs(info, terms, period_key), ())
        exclusions = await agreed_exclusions(info, key, period_key)
        figures = await _figures(info, terms, agreed, period)
        return Past(agreed, figures, {}, tuple(exclusions))
    except Refusal as refusal:
        return Rerun(agreed, None, refusal)


async def _figures(
    info: Info, terms: IndicatorTerms, agreed: MeasurementState, period: Period
) -> tuple[Figures, ...]:
    """Each owner's part: its rows summed up for this method, or what it declared."""
    actor, reader = info.context.actor, info.context.doors.gathering
    owners = [owner.party_id for owner in terms.owners]
    if terms.method.is_derived:
        return await derived_figures(info, terms.method, period, owners)
    places = {each: f"{agreed.indicator_id}/{agreed.period}/{each}" for each in owners}
    parts = await reader.many(actor, "part", list(places.values()), Part)
    windows = [
        (each.index, each.window)
        for each in await agreed_exclusions(info, agreed.indicator_id, agreed.period)
    ]
    is_attributed = terms.attribution is Attribution.ATTRIBUTED
    sums = await reader.sum_up(
        actor, owners, terms.method, period, windows, is_attributed=is_attributed
    )
    figures = []
    for party_id, aggregate in zip(owners, sums, strict=True):
        part = parts.get(places[party_id])
        if part is not None and part.value.basis.kind is BasisKind.DECLARED:
            figures.append(part.value.figures)
            continue
        if aggregate.row_count == 0 and (part is None or part.value.basis.row_count):
            reason = f"no observation of {party_id} in {terms.method.series!r}"
            raise NothingMeasured("period", reason=reason)
        summed = figures_of(party_id, terms.method.kind, aggregate)
        if part is not None:
            reported = part.value.figures
            is_stated = not summed.lines and reported.value == summed.value
            lines = reported.lines if is_stated else summed.lines
            summed = replace(summed, invited=reported.invited, lines=lines)
        figures.append(summed)
    return tuple(figures)


async def _inputs(info: Info, terms: IndicatorTerms, period: str) -> dict[str, Neighbour]:
    """What is agreed of a composite's inputs, each by the version that it was measured by."""
    named = [each.indicator_id for each in terms.method.inputs]
    found = {key: await load_neighbour(info, key, period) for key in named}
    return {key: each for key, each in found.items() if each is not None}
