"""Joint performance indicators: versions that state every term, and how one is proposed."""

from fractions import Fraction
from typing import Annotated

import strawberry
from graphql import GraphQLError
from strawberry import field

from graph.actions import OWN, offered
from graph.agreements import Proposal, ProposalPayload, load_proposal
from graph.calendars import Calendar, Period, calendar_of, period_of
from graph.context import Info
from graph.indicator_terms import ProposeIndicatorInput
from graph.indicator_types import Levels, Owner, WorkedExample, example_of, upper_of
from graph.instants import AsOf, AsOfInstant, ledger_size
from graph.method_terms import MethodTerms, method_of
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.receipts import DryRun, write
from graph.scalars import Index
from ledger import indicator as rules
from ledger import periods
from ledger.amounts import Rounding
from ledger.book import Indicator as State
from ledger.indicator import ProposeIndicator
from ledger.judgement import misses_allowed
from ledger.method import COMPOSITES, Method
from ledger.proposal import ProposalStatus
from ledger.read import Found
from ledger.theme import Theme

MAX_SAMPLE = 1_000_000


@strawberry.type(description="A version of a joint performance indicator with every term.")
class IndicatorVersion(Node):
    """What the co-owners agree on."""

    state: strawberry.Private[State]
    version: int = field(description="Counts from 1.")
    status: ProposalStatus = field(description="It binds when it is AGREED.")
    index: Index = field(description="The entry that proposed its terms.")
    name: str = field(description="1 to 120 characters.")
    why: str = field(description="Why it matters, in a sentence.")
    theme: Theme = field(description="The theme that it serves.")
    perspective: rules.Perspective = field(description="Experience or operational.")
    unit: str = field(description='What its values count, as "minutes".')
    direction: rules.Direction = field(description="Which way is better.")
    boundary: rules.Boundary = field(description="Whether reaching a level meets it.")
    attribution: rules.Attribution = field(description="One result for all, or each its own.")
    method: Method = field(description="How the value follows from the parts.")
    scale: Fraction = field(description="What the method's result is multiplied by.")
    series: str = field(description="The series of observations that it reads.")
    segment: str = field(description="The segment that it is narrowed to; empty: all.")
    rounding_mode: Rounding = field(description="How displayed values are rounded.")
    rounding_step: Fraction = field(description="To multiples of it: 0.1 keeps one decimal.")
    rounding_stage: rules.RoundingStage = field(description="Before or after comparing.")
    levels: Levels = field(description="Baseline, minimum, target, stretch.")
    minimum_sample: int = field(description="Fewer observations are a low sample.")
    low_sample: rules.LowSample = field(description="What a low sample means.")
    stage: rules.Stage = field(description="Pilot or live.")
    live_from: str | None = field(description="First live period; null in SHADOW.")
    method_terms: MethodTerms = field(description="The method with all its terms.")
    without_previous: rules.LowSample | None = field(
        description="What a low sample means where no period before helps; null: not drawn on."
    )
    rolling_count: rules.RollingCount = field(
        description="Whether this version starts rolling counts anew."
    )
    owners: list[Owner] = field(description="Those that own it jointly.")

    @field(description="The proposal that made it binding, or would.")
    async def proposal(self, info: Info) -> Proposal | None:
        """Its proposal."""
        return await load_proposal(info, self.state.proposal_id)

    @field(description="How its periods are named and bounded.")
    def calendar(self) -> Calendar:
        """Its calendar."""
        return calendar_of(self.state.version.terms.calendar)

    @field(description="The examples that the engine ran.")
    def worked_examples(self) -> list[WorkedExample]:
        """At least one."""
        return [example_of(each) for each in self.state.version.terms.worked_examples]

    @field(
        description="How many of `n` may miss so that a share still meets the target: 0 where only "
        "perfection does, null where nothing does, or the method is no share."
    )
    def misses_allowed(
        self,
        n: Annotated[int, strawberry.argument(description="The sample, 1 to 1000000.")],
    ) -> int | None:
        """What a target means at a small sample."""
        if not 1 <= n <= MAX_SAMPLE:
            raise GraphQLError(
                f"A sample is 1 to {MAX_SAMPLE}, not {n}.", extensions={"code": "BAD_REQUEST"}
            )
        return misses_allowed(self.state.version.terms, n)

    @field(description="A period of its calendar; null when it has none of this key.")
    def period(
        self,
        key: Annotated[
            str, strawberry.argument(description="The period in the calendar, such as 2026-03.")
        ],
    ) -> Period | None:
        """One period."""
        try:
            return period_of(self.state.version.terms.calendar, key)
        except periods.PeriodUnknown:
            return None

    @field(description="The periods that its calendar lists; empty for months, quarters, years.")
    def listed_periods(self) -> list[Period]:
        """All of a listed calendar."""
        calendar = self.state.version.terms.calendar
        return [period_of(calendar, each.key) for each in calendar.listed]


@strawberry.type(description="A joint performance indicator: its agreed version in force.")
class Indicator(Node):
    """What is co-owned."""

    current: IndicatorVersion = field(description="The agreed version in force.")

    def is_owned_by(self, party_id: str) -> bool:
        """Whether a party co-owns the version in force."""
        return party_id in self.current.state.version.terms.owner_ids()

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Co-owners report, measure and leave out; any member may propose the next version."""
        now = await load_indicator(info, self.current.state.version.indicator_id)
        names = ["proposeIndicator", "nameStewards"]
        if now is not None and now.is_owned_by(info.context.actor.party_id):
            method = now.current.state.version.terms.method
            of_rows = method.kind not in COMPOSITES and not method.is_derived
            names = [*(["proposeExclusion"] * of_rows), "proposeMeasurement", *names]
            names = [*(["submitPart"] * (method.kind not in COMPOSITES)), *names]
        return await offered(info, names)


def version_of(state: State) -> IndicatorVersion:
    """A version as the API shows it."""
    terms = state.version.terms
    levels = terms.levels
    return IndicatorVersion(
        id=global_id("IndicatorVersion", state.proposal_id),
        state=state,
        version=state.version.version,
        status=state.status,
        index=Index(state.version.index),
        name=terms.name,
        why=terms.why,
        theme=terms.theme,
        perspective=terms.perspective,
        unit=terms.unit,
        direction=terms.direction,
        boundary=terms.boundary,
        attribution=terms.attribution,
        method=terms.method.kind,
        scale=terms.method.scale,
        series=terms.method.series,
        segment=terms.method.segment,
        rounding_mode=terms.rounding.mode,
        rounding_step=terms.rounding.step,
        rounding_stage=terms.rounding.stage,
        levels=Levels(
            baseline=levels.baseline,
            minimum=levels.minimum,
            target=levels.target,
            stretch=levels.stretch,
            upper=None if levels.upper is None else upper_of(levels.upper),
        ),
        minimum_sample=terms.minimum_sample,
        low_sample=terms.low_sample,
        stage=terms.stage,
        live_from=terms.live_from or None,
        method_terms=method_of(terms.method),
        without_previous=terms.without_previous,
        rolling_count=terms.rolling_count,
        owners=[Owner(party_id=each.party_id, weight=each.weight) for each in terms.owners],
    )


def indicator_of(state: State) -> Indicator:
    """An indicator as the API shows it."""
    key = global_id("Indicator", state.version.indicator_id)
    return Indicator(id=key, current=version_of(state))


async def load_indicator(
    info: Info, indicator_id: str, as_of: int | None = None
) -> Indicator | None:
    """An indicator by the workroom's id, or None."""
    found = await info.context.load("indicator", indicator_id, State, as_of)
    return None if found is None else indicator_of(found.value)


async def load_version(info: Info, proposal_id: str) -> IndicatorVersion | None:
    """A version by the workroom's id, or None."""
    found = await info.context.load("indicator_version", proposal_id, State)
    return None if found is None else version_of(found.value)


async def is_notional(info: Info, indicator_id: str, version: int, period: str) -> bool:
    """Whether a result of a period by an agreed version is one that no incentive hangs on."""
    found = await info.context.load("indicator", indicator_id, State)
    if found is not None and found.value.version.version == version:
        return not found.value.version.terms.is_live_in(period)
    versions = [each.version for each in await info.context.agreed_versions(indicator_id)]
    return not any(each.version == version and each.terms.is_live_in(period) for each in versions)


@strawberry.type(description="Answer to `proposeIndicator`.")
class ProposeIndicatorPayload(ProposalPayload):
    """The opened proposal and its version."""

    @field(description="The proposed version; null when refused, and in a dry run.")
    async def indicator_version(self, info: Info) -> IndicatorVersion | None:
        """The version."""
        if self.written.landed is None:
            return None
        return await load_version(info, self.written.object_id)


@strawberry.type
class IndicatorQuery:
    """Reading."""

    @field(description="An indicator with an agreed version; null when there is none.")
    async def indicator(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> Indicator | None:
        """One indicator."""
        size = await ledger_size(info, as_of, as_of_instant)
        return await load_indicator(info, local_id(id, "Indicator", "id"), size)

    @field(description="Indicators with an agreed version, in the order of agreement.")
    async def indicators(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> Connection[Indicator]:
        """A page of indicators."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "indicator",
            State,
            window(first, after, last, before),
            as_of=await ledger_size(info, as_of, as_of_instant),
        )
        return connection(page, _built)


def _built(found: Found[State]) -> Indicator:
    return indicator_of(found.value)


@strawberry.type
class IndicatorMutation:
    """Writing."""

    @strawberry.mutation(
        description="Propose an indicator's version to its co-owners. Needs REPORTER or APPROVER."
    )
    async def propose_indicator(
        self, info: Info, input: ProposeIndicatorInput, dry_run: DryRun = False
    ) -> ProposeIndicatorPayload:
        """Binds once all co-owners consented."""

        def prepare() -> ProposeIndicator:
            return ProposeIndicator(
                input.terms(),
                local_id(input.indicator_id or "", "Indicator", "indicatorId"),
                local_id(input.replaces or "", "Proposal", "replaces"),
                input.expected_version,
            )

        written = await write(info, "proposeIndicator", input, prepare, dry_run=dry_run)
        return ProposeIndicatorPayload(written=written)
