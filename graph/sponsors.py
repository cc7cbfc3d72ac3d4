"""Sponsors: who stands for a party where the policy leaves the person to it."""

from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import OWN, offered
from graph.context import NAME, Info
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.people import PSEUDONYM
from graph.receipts import KEY, DryRun, Payload, write
from graph.scalars import Index
from ledger import sponsor as sponsors
from ledger.ladder import Level
from ledger.read import Found, Narrowed


@strawberry.type(description="Who stands for a party on a level of the ladder.")
class PartySponsor(Node):
    """The party names it itself; it rules where the policy leaves the person to the party."""

    state: strawberry.Private[sponsors.PartySponsor]
    level: Level = field(description="The level.")
    subject: str | None = field(description="The person's pseudonym; null: any of its sponsors.")
    index: Index = field(description="The entry that named it.")

    @field(description="Whose sponsor it is.")
    async def party(self, info: Info) -> Party:
        """The naming party."""
        return await party_by_id(info, self.state.party_id)

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Its party may name another."""
        may = info.context.actor.party_id == self.state.party_id
        return await offered(info, ["nameSponsor"] if may else [])

    @field(description=NAME)
    async def subject_name(self, info: Info) -> str | None:
        """Null, too, where any of its sponsors may rule."""
        return await info.context.name_of(self.state.party_id, self.state.subject)


def sponsor_of(state: sponsors.PartySponsor) -> PartySponsor:
    """A sponsor as the API shows it."""
    return PartySponsor(
        id=global_id("PartySponsor", f"{state.party_id}/{state.level}"),
        state=state,
        level=state.level,
        subject=state.subject or None,
        index=Index(state.index),
    )


async def load_sponsor(info: Info, key: str) -> PartySponsor | None:
    """A party's sponsor by the workroom's ids of party and level, or None."""
    found = await info.context.load("sponsor", key, sponsors.PartySponsor)
    return None if found is None else sponsor_of(found.value)


@strawberry.input(description="Who stands for your party on a level of the ladder.")
class NameSponsorInput:
    """Replaces whom your party named before, in open disputes too."""

    idempotency_key: str = field(description=KEY)
    level: Level = field(description="The level.")
    subject: str | None = field(description=f"{PSEUDONYM} Null: any sponsor of your party.")


@strawberry.type(description="Answer to `nameSponsor`.")
class NameSponsorPayload(Payload):
    """The sponsor."""

    @field(description="Your party's sponsor; null when it was refused, and in a dry run.")
    async def sponsor(self, info: Info) -> PartySponsor | None:
        """As it stands."""
        return await load_sponsor(info, self.written.object_id)


@strawberry.type
class SponsorQuery:
    """Reading."""

    @field(description="Sponsors whom parties named themselves, in the order of the ledger.")
    async def party_sponsors(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        party_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this party.")
        ] = None,
    ) -> Connection[PartySponsor]:
        """A page of sponsors."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "sponsor",
            sponsors.PartySponsor,
            window(first, after, last, before),
            Narrowed(parent_id=local_id(party_id or "", "Party", "partyId")),
        )
        return connection(page, _sponsor)


def _sponsor(found: Found[sponsors.PartySponsor]) -> PartySponsor:
    return sponsor_of(found.value)


@strawberry.type
class SponsorMutation:
    """Writing."""

    @strawberry.mutation(
        description="Name who stands for your party on a level of the ladder. Needs APPROVER or "
        "ADMIN."
    )
    async def name_sponsor(
        self, info: Info, input: NameSponsorInput, dry_run: DryRun = False
    ) -> NameSponsorPayload:
        """Your party's own act: a sponsor who goes leaves no dispute stuck."""

        def prepare() -> sponsors.NameSponsor:
            return sponsors.NameSponsor(input.level, input.subject or "")

        written = await write(info, "nameSponsor", input, prepare, dry_run=dry_run)
        return NameSponsorPayload(written=written)
