"""Piloting: how a pilot is proposed, what it taught is recorded, and an indicator goes live."""

from datetime import date

import strawberry
from strawberry import field

from graph.agreements import ProposalPayload
from graph.context import Info
from graph.nodes import local_id
from graph.pilots import Lesson, Pilot, Promotion, load_lesson, load_pilot, load_promotion
from graph.receipts import KEY, DryRun, Payload, write
from ledger import pilot as rules
from ledger.pilot import ProposePilot, ProposePromotion, RecordLesson


@strawberry.input(description="A pilot to be agreed by those who take part and the outsourcer.")
class ProposePilotInput:
    """Real users, no money."""

    idempotency_key: str = field(description=KEY)
    name: str = field(description="1 to 120 characters.")
    scope: str = field(description="What is piloted where, 1 to 4000 characters; no person's name.")
    cohort_size: int = field(description="Real users in the scope, 1 or more.")
    party_ids: list[strawberry.ID] = field(description="Parties that take part, at least one.")
    indicator_ids: list[strawberry.ID] = field(
        description="1 to 50 indicators with a version in SHADOW, proposed or agreed."
    )
    starts_on: date = field(description="First day.")
    evaluated_on: date = field(description="The day on which it is evaluated, after the first.")
    replaces: strawberry.ID | None = field(
        default=None, description="A pending proposal of the pilot that this one supersedes."
    )

    def terms(self) -> rules.PilotTerms:
        """As the workroom has them."""
        parties = [
            local_id(each, "Party", f"terms.partyIds[{number}]")
            for number, each in enumerate(self.party_ids)
        ]
        indicators = [
            local_id(each, "Indicator", f"terms.indicatorIds[{number}]")
            for number, each in enumerate(self.indicator_ids)
        ]
        return rules.PilotTerms(
            name=self.name,
            scope=self.scope,
            cohort_size=self.cohort_size,
            parties=tuple(parties),
            indicators=tuple(indicators),
            starts_on=self.starts_on,
            evaluated_on=self.evaluated_on,
        )


@strawberry.input(description="What a pilot taught.")
class RecordLessonInput:
    """One party's own record."""

    idempotency_key: str = field(description=KEY)
    pilot_id: strawberry.ID = field(description="An agreed pilot that your party takes part in.")
    text: str = field(description="1 to 4000 characters; can be erased later.")
    indicator_id: strawberry.ID | None = field(
        default=None, description="The indicator of the pilot that it is about."
    )


@strawberry.input(description="An indicator of a pilot that is to go live.")
class ProposePromotionInput:
    """Nothing but its stage changes."""

    idempotency_key: str = field(description=KEY)
    pilot_id: strawberry.ID = field(description="An agreed pilot.")
    indicator_id: strawberry.ID = field(
        description="An indicator of it whose agreed version runs in SHADOW."
    )
    live_from: str = field(
        description="First live period of its calendar; no result from it on is agreed yet."
    )
    replaces: strawberry.ID | None = field(
        default=None, description="A pending promotion of the indicator that this one supersedes."
    )


@strawberry.type(description="Answer to `proposePilot`.")
class ProposePilotPayload(ProposalPayload):
    """The opened proposal and its pilot."""

    @field(description="The proposed pilot; null when refused, and in a dry run.")
    async def pilot(self, info: Info) -> Pilot | None:
        """As it stood right after."""
        proposal = await self.proposal(info)
        if proposal is None:
            return None
        pilot_id = proposal.state.subject.removeprefix("pilot/")
        return await load_pilot(info, pilot_id, self.written.as_of)


@strawberry.type(description="Answer to `recordLesson`.")
class RecordLessonPayload(Payload):
    """The lesson."""

    @field(description="The lesson; null when it was refused, and in a dry run.")
    async def lesson(self, info: Info) -> Lesson | None:
        """As it stands."""
        return await load_lesson(info, self.written.object_id)


@strawberry.type(description="Answer to `proposePromotion`.")
class ProposePromotionPayload(ProposalPayload):
    """The opened proposal and its promotion."""

    @field(description="The proposed promotion; null when refused, and in a dry run.")
    async def promotion(self, info: Info) -> Promotion | None:
        """As it stood right after."""
        if self.written.landed is None:
            return None
        return await load_promotion(info, self.written.object_id, self.written.as_of)


@strawberry.type
class PilotMutation:
    """Writing."""

    @strawberry.mutation(description="Propose a pilot. Needs REPORTER or APPROVER.")
    async def propose_pilot(
        self, info: Info, input: ProposePilotInput, dry_run: DryRun = False
    ) -> ProposePilotPayload:
        """Runs once those who take part and the outsourcer consented."""

        def prepare() -> ProposePilot:
            replaces = local_id(input.replaces or "", "Proposal", "replaces")
            return ProposePilot(input.terms(), replaces)

        written = await write(info, "proposePilot", input, prepare, dry_run=dry_run)
        return ProposePilotPayload(written=written)

    @strawberry.mutation(
        description="Record what a pilot taught. Needs REPORTER, APPROVER or SPONSOR."
    )
    async def record_lesson(
        self, info: Info, input: RecordLessonInput, dry_run: DryRun = False
    ) -> RecordLessonPayload:
        """It binds nobody."""

        def prepare() -> RecordLesson:
            pilot_id = local_id(input.pilot_id, "Pilot", "pilotId")
            about = local_id(input.indicator_id or "", "Indicator", "indicatorId")
            return RecordLesson(pilot_id, input.text, about)

        written = await write(info, "recordLesson", input, prepare, dry_run=dry_run)
        return RecordLessonPayload(written=written)

    @strawberry.mutation(
        description="Propose to its co-owners that a piloted indicator goes live. Needs APPROVER."
    )
    async def propose_promotion(
        self, info: Info, input: ProposePromotionInput, dry_run: DryRun = False
    ) -> ProposePromotionPayload:
        """Same indicator, same version, same history."""

        def prepare() -> ProposePromotion:
            return ProposePromotion(
                local_id(input.pilot_id, "Pilot", "pilotId"),
                local_id(input.indicator_id, "Indicator", "indicatorId"),
                input.live_from,
                local_id(input.replaces or "", "Proposal", "replaces"),
            )

        written = await write(info, "proposePromotion", input, prepare, dry_run=dry_run)
        return ProposePromotionPayload(written=written)
