"""Joint initiatives: what parties try together, and how far it came."""

from datetime import date, datetime
from fractions import Fraction
from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import offered
from graph.agreements import Proposal, ProposalPayload, load_proposal
from graph.context import Info
from graph.effects import AttainedEffect, attained_effects
from graph.indicators import Indicator, load_indicator
from graph.initiative_inputs import ProposeInitiativeInput, ProposeInitiativeStageInput
from graph.instants import AsOf, AsOfInstant, ledger_size
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.receipts import DryRun, write
from graph.scalars import Index
from graph.texts import annex_text
from ledger import initiative as rules
from ledger.initiative import NEXT, InitiativeStage, ProposeInitiative, ProposeStage
from ledger.proposal import ProposalStatus
from ledger.read import Found, Narrowed


@strawberry.type(description="An indicator that an initiative aims at.")
class Aim:
    """What is expected of it; what it reached is computed from results."""

    indicator_key: strawberry.Private[str]
    expected_change: Fraction = field(
        description="By how much the indicator's value is expected to change, in its own unit."
    )

    @field(description="The indicator, as it stands now.")
    async def indicator(self, info: Info) -> Indicator | None:
        """With its version in force."""
        return await load_indicator(info, self.indicator_key)


@strawberry.type(description="A stage that an initiative has reached.")
class StageReached:
    """By consent of those concerned."""

    stage: InitiativeStage = field(description="The stage.")
    at: datetime = field(description="When it was agreed.")
    index: Index = field(description="The entry by which it was agreed.")


@strawberry.type(description="What parties try together, without touching anybody's contract.")
class Initiative(Node):
    """Agreed by those whom it names and its proposer."""

    state: strawberry.Private[rules.Initiative]
    as_of: strawberry.Private[int | None]
    name: str = field(description="1 to 120 characters.")
    trial: str = field(description="What it will try, 1 to 4000 characters.")
    judged_on: date = field(description="When it is judged.")
    status: ProposalStatus = field(description="How its proposal stands.")
    stage: InitiativeStage | None = field(description="How far it came; null: not agreed.")
    stages: list[StageReached] = field(description="Stages reached, in order.")
    aims: list[Aim] = field(description="Indicators that it aims at.")
    index: Index = field(description="The entry that proposed it.")

    @field(description="Who proposed it.")
    async def proposer(self, info: Info) -> Party:
        """The proposing party."""
        return await party_by_id(info, self.state.proposer)

    @field(description="Parties that take part.")
    async def parties(self, info: Info) -> list[Party]:
        """Those whom it names."""
        return [await party_by_id(info, each) for each in self.state.terms.parties]

    @field(
        description="Its actual effect on each indicator at which it aims: the last agreed period "
        "before the trial against the newest since, with the noise verdict."
    )
    async def effects(
        self,
        info: Info,
        on: Annotated[
            date | None,
            strawberry.argument(
                description="Periods count that had ended by it; left out: the day on which the "
                "initiative is judged."
            ),
        ] = None,
    ) -> list[AttainedEffect]:
        """One an aim, in their order."""
        return await attained_effects(info, self.state, on or self.judged_on, self.as_of)

    @field(description="Its proposal.")
    async def proposal(self, info: Info) -> Proposal | None:
        """How it was agreed."""
        return await load_proposal(info, self.state.proposal_id)

    @field(description="Stages that it may go to next.")
    def next_stages(self) -> list[InitiativeStage]:
        """Empty while it is not agreed, and once it is stopped."""
        stage = self.state.stage
        return [] if stage is None else list(NEXT[stage])

    @field(description="Mutations about it that you could call now.")
    async def allowed_actions(self, info: Info) -> list[str]:
        """Names of mutations."""
        concerned = info.context.actor.party_id in self.state.concerned()
        may = concerned and bool(self.next_stages())
        return await offered(info, ["proposeInitiativeStage"] if may else [])


@strawberry.type(description="A stage of an initiative, as it was proposed.")
class StageMove(Node):
    """It binds when its status is AGREED."""

    state: strawberry.Private[rules.StageMove]
    stage: InitiativeStage = field(description="Where it is to go.")
    status: ProposalStatus = field(description="How its proposal stands.")
    index: Index = field(description="The entry that proposed it.")

    @field(description="Why; null once it was erased.")
    async def reason(self, info: Info) -> str | None:
        """The annex of its entry."""
        return await annex_text(info, self.state.index, "reason")

    @field(description="The initiative, as it stands now.")
    async def initiative(self, info: Info) -> Initiative | None:
        """Its initiative."""
        return await load_initiative(info, self.state.initiative_id)


def initiative_of(state: rules.Initiative, as_of: int | None = None) -> Initiative:
    """An initiative as the API shows it."""
    terms = state.terms
    return Initiative(
        id=global_id("Initiative", state.initiative_id),
        state=state,
        as_of=as_of,
        name=terms.name,
        trial=terms.trial,
        judged_on=terms.judged_on,
        status=state.status,
        stage=state.stage,
        stages=[
            StageReached(stage=each.stage, at=each.at, index=Index(each.index))
            for each in state.stages
        ],
        aims=[
            Aim(indicator_key=each.indicator_id, expected_change=each.expected_change)
            for each in terms.aims
        ],
        index=Index(state.index),
    )


def move_of(state: rules.StageMove) -> StageMove:
    """A proposed stage as the API shows it."""
    return StageMove(
        id=global_id("StageMove", state.proposal_id),
        state=state,
        stage=state.stage,
        status=state.status,
        index=Index(state.index),
    )


async def load_initiative(info: Info, key: str, as_of: int | None = None) -> Initiative | None:
    """An initiative by the workroom's id, or None."""
    found = await info.context.load("initiative", key, rules.Initiative, as_of)
    return None if found is None else initiative_of(found.value, as_of)


async def load_move(info: Info, key: str, as_of: int | None = None) -> StageMove | None:
    """A proposed stage by the workroom's id of its proposal, or None."""
    found = await info.context.load("stage_move", key, rules.StageMove, as_of)
    return None if found is None else move_of(found.value)


@strawberry.type(description="Answer to `proposeInitiative`.")
class ProposeInitiativePayload(ProposalPayload):
    """The opened proposal and its initiative."""

    @field(description="The proposed initiative; null when refused, and in a dry run.")
    async def initiative(self, info: Info) -> Initiative | None:
        """As it stood right after."""
        proposal = await self.proposal(info)
        if proposal is None:
            return None
        key = proposal.state.subject.removeprefix("initiative/")
        return await load_initiative(info, key, self.written.as_of)


@strawberry.type(description="Answer to `proposeInitiativeStage`.")
class ProposeInitiativeStagePayload(ProposalPayload):
    """The opened proposal and its stage."""

    @field(description="The proposed stage; null when refused, and in a dry run.")
    async def stage_move(self, info: Info) -> StageMove | None:
        """As it stood right after."""
        if self.written.landed is None:
            return None
        return await load_move(info, self.written.object_id, self.written.as_of)


@strawberry.type
class InitiativeQuery:
    """Reading."""

    @field(description="An initiative, proposed or agreed; null when there is none.")
    async def initiative(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> Initiative | None:
        """One initiative."""
        size = await ledger_size(info, as_of, as_of_instant)
        return await load_initiative(info, local_id(id, "Initiative", "id"), size)

    @field(description="Initiatives in the order of the ledger.")
    async def initiatives(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        stage: Annotated[
            InitiativeStage | None, strawberry.argument(description="Only those in this stage.")
        ] = None,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> Connection[Initiative]:
        """A page of initiatives."""
        size = await ledger_size(info, as_of, as_of_instant)
        page = await info.context.doors.reader.page(
            info.context.actor,
            "initiative",
            rules.Initiative,
            window(first, after, last, before),
            Narrowed(status=str(stage or "")),
            size,
        )

        def build(found: Found[rules.Initiative]) -> Initiative:
            return initiative_of(found.value, size)

        return connection(page, build)


@strawberry.type
class InitiativeMutation:
    """Writing."""

    @strawberry.mutation(
        description="Propose an initiative to those whom it names. Needs REPORTER, APPROVER or "
        "SPONSOR."
    )
    async def propose_initiative(
        self, info: Info, input: ProposeInitiativeInput, dry_run: DryRun = False
    ) -> ProposeInitiativePayload:
        """An IDEA once they and your party consented."""

        def prepare() -> ProposeInitiative:
            replaces = local_id(input.replaces or "", "Proposal", "replaces")
            return ProposeInitiative(input.terms(), replaces)

        written = await write(info, "proposeInitiative", input, prepare, dry_run=dry_run)
        return ProposeInitiativePayload(written=written)

    @strawberry.mutation(
        description="Propose the next stage of an initiative, with the reason. Needs REPORTER, "
        "APPROVER or SPONSOR."
    )
    async def propose_initiative_stage(
        self, info: Info, input: ProposeInitiativeStageInput, dry_run: DryRun = False
    ) -> ProposeInitiativeStagePayload:
        """Reached once those concerned consented."""

        def prepare() -> ProposeStage:
            key = local_id(input.initiative_id, "Initiative", "initiativeId")
            replaces = local_id(input.replaces or "", "Proposal", "replaces")
            return ProposeStage(key, input.stage, input.reason, replaces)

        written = await write(info, "proposeInitiativeStage", input, prepare, dry_run=dry_run)
        return ProposeInitiativeStagePayload(written=written)
