"""Pilots: indicators in SHADOW with real users, what they taught, and how one goes live."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import OWN, offered
from graph.agreements import Proposal, load_proposal
from graph.context import Info
from graph.indicators import Indicator, load_indicator
from graph.instants import AsOf, AsOfInstant, ledger_size
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.scalars import Index
from graph.texts import annex_text, erasable
from ledger import pilot as rules
from ledger.proposal import ProposalStatus
from ledger.read import Found, Narrowed


@strawberry.type(description="A named scope in which indicators run without money.")
class Pilot(Node):
    """It runs when its status is AGREED."""

    state: strawberry.Private[rules.Pilot]
    name: str = field(description="1 to 120 characters.")
    scope: str = field(description="What is piloted where, 1 to 4000 characters.")
    cohort_size: int = field(description="Real users in the scope.")
    starts_on: date = field(description="First day.")
    evaluated_on: date = field(description="The day on which it is evaluated.")
    status: ProposalStatus = field(description="How its proposal stands.")
    index: Index = field(description="The entry that proposed it.")
    indicator_ids: list[strawberry.ID] = field(description="Indicators that run in SHADOW.")
    promoted_ids: list[strawberry.ID] = field(description="Those of them that went live.")

    @field(description="Parties that take part.")
    async def parties(self, info: Info) -> list[Party]:
        """All of them."""
        return [await party_by_id(info, each) for each in self.state.terms.parties]

    @field(description="Those of its indicators that have an agreed version.")
    async def indicators(self, info: Info) -> list[Indicator]:
        """As they stand now."""
        found = [await load_indicator(info, each) for each in self.state.terms.indicators]
        return [each for each in found if each is not None]

    @field(description="Its proposal.")
    async def proposal(self, info: Info) -> Proposal | None:
        """How it was agreed."""
        return await load_proposal(info, self.state.proposal_id)

    @field(description="Mutations about it that you could call now.")
    async def allowed_actions(self, info: Info) -> list[str]:
        """Names of mutations."""
        actor, state = info.context.actor, self.state
        outsourcer = (await info.context.ecosystem()).outsourcer.party_id
        if state.status is not ProposalStatus.AGREED:
            return []
        names = ["recordLesson"] if actor.party_id in {*state.terms.parties, outsourcer} else []
        if set(state.promoted) != set(state.terms.indicators):
            names.append("proposePromotion")
        return await offered(info, names)


@strawberry.type(description="What a pilot taught.")
class Lesson(Node):
    """An entry; its text can be erased."""

    state: strawberry.Private[rules.Lesson]
    index: Index = field(description="Its entry.")
    indicator_id: strawberry.ID | None = field(
        description="The indicator that it is about; null where it is about no single one."
    )

    @field(description="Who recorded it.")
    async def party(self, info: Info) -> Party:
        """The recording party."""
        return await party_by_id(info, self.state.party_id)

    @field(description="The lesson; null once it was erased.")
    async def text(self, info: Info) -> str | None:
        """The annex of its entry."""
        return await annex_text(info, self.state.index, "text")

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Its party may erase what it wrote."""
        return await erasable(info, self.state.index, self.state.party_id)

    @field(description="The pilot that taught it.")
    async def pilot(self, info: Info) -> Pilot | None:
        """Its pilot."""
        return await load_pilot(info, self.state.pilot_id)


@strawberry.type(description="A version in SHADOW that goes live, or is to.")
class Promotion(Node):
    """It binds when its status is AGREED; the version stays the same but for its stage."""

    state: strawberry.Private[rules.Promotion]
    version: int = field(description="The indicator's version, which stays.")
    live_from: str = field(description="First live period; earlier results stay notional.")
    status: ProposalStatus = field(description="How its proposal stands.")
    index: Index = field(description="The entry that proposed it.")

    @field(description="The pilot that it came of.")
    async def pilot(self, info: Info) -> Pilot | None:
        """Its pilot."""
        return await load_pilot(info, self.state.pilot_id)

    @field(description="The indicator, as it stands now.")
    async def indicator(self, info: Info) -> Indicator | None:
        """With its version in force."""
        return await load_indicator(info, self.state.indicator_id)

    @field(description="Its proposal.")
    async def proposal(self, info: Info) -> Proposal | None:
        """How it was agreed."""
        return await load_proposal(info, self.state.proposal_id)


def pilot_of(state: rules.Pilot) -> Pilot:
    """A pilot as the API shows it."""
    terms = state.terms
    return Pilot(
        id=global_id("Pilot", state.pilot_id),
        state=state,
        name=terms.name,
        scope=terms.scope,
        cohort_size=terms.cohort_size,
        starts_on=terms.starts_on,
        evaluated_on=terms.evaluated_on,
        status=state.status,
        index=Index(state.index),
        indicator_ids=[global_id("Indicator", each) for each in terms.indicators],
        promoted_ids=[global_id("Indicator", each) for each in state.promoted],
    )


def lesson_of(state: rules.Lesson) -> Lesson:
    """A lesson as the API shows it."""
    about = state.indicator_id
    return Lesson(
        id=global_id("Lesson", state.lesson_id),
        state=state,
        index=Index(state.index),
        indicator_id=global_id("Indicator", about) if about else None,
    )


def promotion_of(state: rules.Promotion) -> Promotion:
    """A promotion as the API shows it."""
    return Promotion(
        id=global_id("Promotion", state.proposal_id),
        state=state,
        version=state.version,
        live_from=state.live_from,
        status=state.status,
        index=Index(state.index),
    )


async def load_pilot(info: Info, key: str, as_of: int | None = None) -> Pilot | None:
    """A pilot by the workroom's id, or None."""
    found = await info.context.load("pilot", key, rules.Pilot, as_of)
    return None if found is None else pilot_of(found.value)


async def load_lesson(info: Info, key: str) -> Lesson | None:
    """A lesson by the workroom's id, or None."""
    found = await info.context.load("lesson", key, rules.Lesson)
    return None if found is None else lesson_of(found.value)


async def load_promotion(info: Info, key: str, as_of: int | None = None) -> Promotion | None:
    """A promotion by the workroom's id of its proposal, or None."""
    found = await info.context.load("promotion", key, rules.Promotion, as_of)
    return None if found is None else promotion_of(found.value)


@strawberry.type
class PilotQuery:
    """Reading."""

    @field(description="A pilot, proposed or agreed; null when there is none.")
    async def pilot(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> Pilot | None:
        """One pilot."""
        size = await ledger_size(info, as_of, as_of_instant)
        return await load_pilot(info, local_id(id, "Pilot", "id"), size)

    @field(description="Pilots in the order of the ledger.")
    async def pilots(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        status: Annotated[
            ProposalStatus | None, strawberry.argument(description="Only in this status.")
        ] = None,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> Connection[Pilot]:
        """A page of pilots."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "pilot",
            rules.Pilot,
            window(first, after, last, before),
            Narrowed(status=str(status or "")),
            await ledger_size(info, as_of, as_of_instant),
        )
        return connection(page, _pilot)

    @field(description="Lessons in the order of the ledger.")
    async def lessons(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        pilot_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this pilot.")
        ] = None,
    ) -> Connection[Lesson]:
        """A page of lessons."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "lesson",
            rules.Lesson,
            window(first, after, last, before),
            Narrowed(parent_id=local_id(pilot_id or "", "Pilot", "pilotId")),
        )
        return connection(page, _lesson)

    @field(description="Promotions in the order of the ledger.")
    async def promotions(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        indicator_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this indicator.")
        ] = None,
    ) -> Connection[Promotion]:
        """A page of promotions."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "promotion",
            rules.Promotion,
            window(first, after, last, before),
            Narrowed(parent_id=local_id(indicator_id or "", "Indicator", "indicatorId")),
        )
        return connection(page, _promotion)


def _pilot(found: Found[rules.Pilot]) -> Pilot:
    return pilot_of(found.value)


def _lesson(found: Found[rules.Lesson]) -> Lesson:
    return lesson_of(found.value)


def _promotion(found: Found[rules.Promotion]) -> Promotion:
    return promotion_of(found.value)
