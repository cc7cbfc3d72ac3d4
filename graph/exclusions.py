"""Exclusions: windows left out of a period by consent, with the value before and after."""

from datetime import datetime
from fractions import Fraction
from typing import Annotated

import strawberry
from strawberry import field

from graph.agreements import Proposal, ProposalPayload, load_proposal
from graph.bounds import BOUNDED, KEY_OF_PERIOD, indicators_period
from graph.calendars import Period
from graph.context import Info
from graph.enums import describe
from graph.indicators import Indicator, load_indicator
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.receipts import KEY, DryRun, write
from graph.scalars import Index
from ledger import exclusion as rules
from ledger.book import Indicator as IndicatorState
from ledger.exclusion import ExclusionReason, ProposeExclusion, WithAndWithout
from ledger.part import IndicatorNotAgreed
from ledger.proposal import ProposalStatus
from ledger.read import MAX_PAGE, Found, Narrowed, Window

describe(
    ExclusionReason,
    "Why a window is left out.",
    FORCE_MAJEURE="What no party could help.",
    PLANNED_WORK="Work that was announced.",
    THIRD_PARTY="Somebody outside the ecosystem caused it.",
    MEASURING_FAULT="What was measured is not what happened.",
)


@strawberry.type(description="A window that is left out of a period once its co-owners consented.")
class Exclusion(Node):
    """It binds when its status is AGREED; parts are then submitted anew."""

    state: strawberry.Private[rules.Exclusion]
    period_key: str = field(description=KEY_OF_PERIOD)
    from_at: datetime = field(description="The first instant left out.")
    until_at: datetime = field(description="The first instant after it.")
    segment: str = field(description="Only this segment; empty: all.")
    reason: ExclusionReason = field(description="Why; the explanation is in the entry's annex.")
    row_count: int = field(description="Observations that it leaves out.")
    value_before: Fraction | None = field(
        description="With them, of the rows alone: what an owner declared counts in neither. Null "
        "where there is no value."
    )
    value_after: Fraction | None = field(
        description="Without them, likewise; null where none is left."
    )
    status: ProposalStatus = field(description="How its proposal stands.")
    index: Index = field(description="The entry that proposed it.")
    agreed_index: Index | None = field(description="The entry since which it binds.")

    @field(description=BOUNDED)
    async def period(self, info: Info) -> Period | None:
        """By the indicator's calendar."""
        return await indicators_period(info, self.state.indicator_id, self.state.period)

    @field(description="The indicator.")
    async def indicator(self, info: Info) -> Indicator | None:
        """Of which the window is left out."""
        return await load_indicator(info, self.state.indicator_id)

    @field(description="The proposal that made it binding, or would.")
    async def proposal(self, info: Info) -> Proposal | None:
        """Its proposal."""
        return await load_proposal(info, self.state.proposal_id)


def exclusion_of(state: rules.Exclusion) -> Exclusion:
    """An exclusion as the API shows it."""
    return Exclusion(
        id=global_id("Exclusion", state.proposal_id),
        state=state,
        period_key=state.period,
        from_at=state.window.from_at,
        until_at=state.window.until_at,
        segment=state.window.segment,
        reason=state.reason,
        row_count=state.row_count,
        value_before=state.value_before,
        value_after=state.value_after,
        status=state.status,
        index=Index(state.index),
        agreed_index=None if state.agreed_index is None else Index(state.agreed_index),
    )


async def load_exclusion(info: Info, proposal_id: str) -> Exclusion | None:
    """An exclusion by the workroom's id, or None."""
    found = await info.context.load("exclusion", proposal_id, rules.Exclusion)
    return None if found is None else exclusion_of(found.value)


async def agreed_exclusions(info: Info, indicator_id: str, period: str) -> list[rules.Exclusion]:
    """What is left out of a period by agreement, in the order of the ledger."""
    found: list[rules.Exclusion] = []
    narrowed = Narrowed(indicator_id, period, ProposalStatus.AGREED)
    after, more = None, True
    while more:
        page = await info.context.doors.reader.page(
            info.context.actor,
            "exclusion",
            rules.Exclusion,
            Window(first=MAX_PAGE, after=after),
            narrowed,
        )
        found += [each.value for each in page.items]
        more = page.has_next
        after = (page.items[-1].first_index, page.items[-1].object_id) if page.items else None
    return found


async def agreed_windows(
    info: Info, indicator_id: str, period: str
) -> list[tuple[int, rules.Window]]:
    """The windows left out of a period by agreement: (entry, window)."""
    found = await agreed_exclusions(info, indicator_id, period)
    return [(each.index, each.window) for each in found]


@strawberry.input(description="A window to be left out of a period.")
class ProposeExclusionInput:
    """It leaves out observations that name an instant; declared parts are declared anew."""

    idempotency_key: str = field(description=KEY)
    indicator_id: strawberry.ID = field(description="An indicator that your party co-owns.")
    period: str = field(description="Key of the period that holds the window.")
    from_at: datetime = field(description="The first instant left out.")
    until_at: datetime = field(description="The first instant after it, within the period.")
    reason: ExclusionReason = field(description="Why.")
    explanation: str = field(description="What happened: 1 to 2000 characters; erasable.")
    segment: str = field(default="", description="Only this segment; empty: all.")
    replaces: strawberry.ID | None = field(
        default=None, description="A pending proposal that this one supersedes."
    )


@strawberry.type(description="Answer to `proposeExclusion`.")
class ProposeExclusionPayload(ProposalPayload):
    """The opened proposal and its exclusion."""

    @field(description="The exclusion with both values; null when refused, and in a dry run.")
    async def exclusion(self, info: Info) -> Exclusion | None:
        """As it stands."""
        if self.written.landed is None:
            return None
        return await load_exclusion(info, self.written.object_id)


@strawberry.type
class ExclusionQuery:
    """Reading."""

    @field(description="Exclusions in the order in which they were proposed.")
    async def exclusions(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        indicator_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this indicator.")
        ] = None,
        period: Annotated[
            str | None, strawberry.argument(description="Only of this period's key.")
        ] = None,
    ) -> Connection[Exclusion]:
        """A page of exclusions."""
        narrowed = Narrowed(local_id(indicator_id or "", "Indicator", "indicatorId"), period or "")
        page = await info.context.doors.reader.page(
            info.context.actor,
            "exclusion",
            rules.Exclusion,
            window(first, after, last, before),
            narrowed,
        )

        def build(found: Found[rules.Exclusion]) -> Exclusion:
            return exclusion_of(found.value)

        return connection(page, build)


async def _prepared(info: Info, input: ProposeExclusionInput) -> ProposeExclusion:
    """The command with every owner's rows summed up with and without the window."""
    actor, reader = info.context.actor, info.context.doors.gathering
    indicator_id = local_id(input.indicator_id, "Indicator", "indicatorId")
    found = await reader.one(actor, "indicator", indicator_id, IndicatorState)
    if found is None:
        raise IndicatorNotAgreed("indicatorId", id=indicator_id)
    terms = found.value.version.terms
    period, owners = terms.calendar.period(input.period), [o.party_id for o in terms.owners]
    windows = await agreed_windows(info, indicator_id, input.period)
    left_out = rules.Window(input.from_at, input.until_at, input.segment)
    before = await reader.sum_up(actor, owners, terms.method, period, windows)
    after = await reader.sum_up(actor, owners, terms.method, period, windows, proposed=left_out)
    return ProposeExclusion(
        indicator_id,
        input.period,
        left_out,
        input.reason,
        input.explanation,
        tuple(WithAndWithout(*each) for each in zip(owners, before, after, strict=True)),
        local_id(input.replaces or "", "Proposal", "replaces"),
    )


@strawberry.type
class ExclusionMutation:
    """Writing."""

    @strawberry.mutation(
        description="Propose to leave a window out of a period. Needs REPORTER or APPROVER."
    )
    async def propose_exclusion(
        self, info: Info, input: ProposeExclusionInput, dry_run: DryRun = False
    ) -> ProposeExclusionPayload:
        """Binds once all co-owners consented."""

        async def prepare() -> ProposeExclusion:
            return await _prepared(info, input)

        written = await write(info, "proposeExclusion", input, prepare, dry_run=dry_run)
        return ProposeExclusionPayload(written=written)
