"""People who do the work, by pseudonym: stewards of indicators, and working sessions."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import OWN, offered
from graph.agreements import Proposal, load_proposal
from graph.context import NAME, Info
from graph.indicators import Indicator, load_indicator
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.receipts import KEY, DryRun, Payload, write
from graph.scalars import Index
from graph.texts import annex_text, erasable
from ledger import people as rules
from ledger.people import NameStewards, RecordSession
from ledger.read import Found, Narrowed

PSEUDONYM = "A pseudonym, as a token's subject: 1 to 200 characters without blanks or @."


@strawberry.type(
    description="Somebody who took part in a session, or does the work of an indicator."
)
class Participant:
    """By pseudonym."""

    party_id: strawberry.Private[str]
    subject: str = field(description="A pseudonym.")

    @field(description="Whose person it is.")
    async def party(self, info: Info) -> Party:
        """The party."""
        return await party_by_id(info, self.party_id)

    @field(description=NAME)
    async def subject_name(self, info: Info) -> str | None:
        """Of who took part, or does the work."""
        return await info.context.name_of(self.party_id, self.subject)


@strawberry.type(description="Those of one party who do the work of an indicator.")
class Stewards(Node):
    """The party names them itself."""

    state: strawberry.Private[rules.Stewards]
    subjects: list[str] = field(description="Their pseudonyms; empty: nobody any more.")
    people: list[Participant] = field(description="The same with their names, in the same order.")
    index: Index = field(description="The entry that named them.")

    @field(description="Whose people they are.")
    async def party(self, info: Info) -> Party:
        """The naming party."""
        return await party_by_id(info, self.state.party_id)

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Their party may name others."""
        may = info.context.actor.party_id == self.state.party_id
        return await offered(info, ["nameStewards"] if may else [])

    @field(description="The indicator, as it stands now.")
    async def indicator(self, info: Info) -> Indicator | None:
        """With its version in force."""
        return await load_indicator(info, self.state.indicator_id)


@strawberry.type(description="A working session: who took part, what was decided, what came of it.")
class Session(Node):
    """A record; what was decided binds by proposals alone."""

    state: strawberry.Private[rules.Session]
    held_on: date = field(description="The day on which it was held.")
    participants: list[Participant] = field(description="Who took part.")
    index: Index = field(description="Its entry.")

    @field(description="What was decided, in words; null once it was erased.")
    async def decisions(self, info: Info) -> str | None:
        """The annex of its entry."""
        return await annex_text(info, self.state.index, "decisions")

    @field(description="Proposals that were its matter, or came of it.")
    async def proposals(self, info: Info) -> list[Proposal]:
        """As they stand now."""
        found = [await load_proposal(info, each) for each in self.state.proposals]
        return [each for each in found if each is not None]

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Its party may erase what was decided, in words."""
        return await erasable(info, self.state.index, self.state.party_id)

    @field(description="Who recorded it.")
    async def party(self, info: Info) -> Party:
        """The recording party."""
        return await party_by_id(info, self.state.party_id)


def stewards_of(state: rules.Stewards) -> Stewards:
    """Stewards as the API shows them."""
    return Stewards(
        id=global_id("Stewards", f"{state.indicator_id}/{state.party_id}"),
        state=state,
        subjects=list(state.stewards),
        people=[Participant(party_id=state.party_id, subject=each) for each in state.stewards],
        index=Index(state.index),
    )


def session_of(state: rules.Session) -> Session:
    """A session as the API shows it."""
    return Session(
        id=global_id("Session", state.session_id),
        state=state,
        held_on=state.held_on,
        participants=[
            Participant(party_id=each.party_id, subject=each.subject) for each in state.participants
        ],
        index=Index(state.index),
    )


async def load_stewards(info: Info, key: str) -> Stewards | None:
    """Stewards by the workroom's ids of indicator and party, or None."""
    found = await info.context.load("stewards", key, rules.Stewards)
    return None if found is None else stewards_of(found.value)


async def load_session(info: Info, key: str) -> Session | None:
    """A session by the workroom's id, or None."""
    found = await info.context.load("session", key, rules.Session)
    return None if found is None else session_of(found.value)


@strawberry.input(description="Who of your party does the work of an indicator.")
class NameStewardsInput:
    """Replaces whom your party named before."""

    idempotency_key: str = field(description=KEY)
    indicator_id: strawberry.ID = field(description="An indicator with an agreed version.")
    subjects: list[str] = field(description=f"Up to 100 people. {PSEUDONYM}")


@strawberry.input(description="Somebody who took part in a session.")
class ParticipantInput:
    """By pseudonym."""

    party_id: strawberry.ID = field(description="Whose person it is.")
    subject: str = field(description=PSEUDONYM)


@strawberry.input(description="A working session that was held.")
class RecordSessionInput:
    """A record of your party's."""

    idempotency_key: str = field(description=KEY)
    held_on: date = field(description="The day on which it was held.")
    participants: list[ParticipantInput] = field(description="1 to 100 people.")
    decisions: str = field(
        description="What was decided, 1 to 4000 characters; can be erased later."
    )
    proposal_ids: list[strawberry.ID] = field(
        default_factory=list, description="Proposals that were its matter, or came of it."
    )


@strawberry.type(description="Answer to `nameStewards`.")
class NameStewardsPayload(Payload):
    """The stewards."""

    @field(description="Your party's stewards; null when it was refused, and in a dry run.")
    async def stewards(self, info: Info) -> Stewards | None:
        """As they stand."""
        return await load_stewards(info, self.written.object_id)


@strawberry.type(description="Answer to `recordSession`.")
class RecordSessionPayload(Payload):
    """The session."""

    @field(description="The session; null when it was refused, and in a dry run.")
    async def session(self, info: Info) -> Session | None:
        """As it stands."""
        return await load_session(info, self.written.object_id)


@strawberry.type
class PeopleQuery:
    """Reading."""

    @field(description="Stewards by indicator and party, in the order of the ledger.")
    async def stewards(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        indicator_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this indicator.")
        ] = None,
    ) -> Connection[Stewards]:
        """A page of stewards."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "stewards",
            rules.Stewards,
            window(first, after, last, before),
            Narrowed(parent_id=local_id(indicator_id or "", "Indicator", "indicatorId")),
        )
        return connection(page, _stewards)

    @field(description="Working sessions in the order of the ledger.")
    async def sessions(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Session]:
        """A page of sessions."""
        page = await info.context.doors.reader.page(
            info.context.actor, "session", rules.Session, window(first, after, last, before)
        )
        return connection(page, _session)


def _stewards(found: Found[rules.Stewards]) -> Stewards:
    return stewards_of(found.value)


def _session(found: Found[rules.Session]) -> Session:
    return session_of(found.value)


@strawberry.type
class PeopleMutation:
    """Writing."""

    @strawberry.mutation(
        description="Name those of your party who do the work of an indicator. Needs APPROVER or "
        "ADMIN."
    )
    async def name_stewards(
        self, info: Info, input: NameStewardsInput, dry_run: DryRun = False
    ) -> NameStewardsPayload:
        """Your party's own act."""

        def prepare() -> NameStewards:
            key = local_id(input.indicator_id, "Indicator", "indicatorId")
            return NameStewards(key, tuple(input.subjects))

        written = await write(info, "nameStewards", input, prepare, dry_run=dry_run)
        return NameStewardsPayload(written=written)

    @strawberry.mutation(
        description="Record a working session. Needs REPORTER, APPROVER or SPONSOR."
    )
    async def record_session(
        self, info: Info, input: RecordSessionInput, dry_run: DryRun = False
    ) -> RecordSessionPayload:
        """It binds nobody."""

        def prepare() -> RecordSession:
            participants = tuple(
                rules.Participant(
                    local_id(each.party_id, "Party", f"participants[{number}].partyId"),
                    each.subject,
                )
                for number, each in enumerate(input.participants)
            )
            proposals = tuple(
                local_id(each, "Proposal", f"proposalIds[{number}]")
                for number, each in enumerate(input.proposal_ids)
            )
            return RecordSession(input.held_on, participants, input.decisions, proposals)

        written = await write(info, "recordSession", input, prepare, dry_run=dry_run)
        return RecordSessionPayload(written=written)
