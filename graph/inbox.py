"""The inbox: what waits for your party, by when, and what its silence will mean."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import offered
from graph.agreements import Proposal, actions, dispute_actions, proposal_of
from graph.context import Info
from graph.enums import describe
from graph.memberships import load_party
from graph.nodes import local_id
from graph.parties import Party
from ledger import difference as rules
from ledger import proposal as proposals
from ledger.inbox import Asked, Waiting, changed, inbox
from ledger.reply import Silence

MAX_ITEMS = 100
ANSWERS = ("consentToProposal", "objectToProposal", "acknowledgeProposal")
"""What answers a proposal. A party's notice is its own: the last is done for nobody else."""
describe(
    Asked,
    "What a pending proposal waits for.",
    ANSWER="A consent or an objection.",
    RULING="How the sponsors named on the dispute's rung rule, of whom your party has one.",
)


@strawberry.type(description="One place where two versions of a content differ.")
class ContentChange:
    """Readable by a person."""

    path: str = field(description='Where, as "terms.owners[Network].weight".')
    before: str | None = field(description="What stood there; null: nothing did.")
    after: str | None = field(description="What stands there; null: nothing does any more.")


@strawberry.type(description="A pending proposal that waits for your party.")
class InboxItem:
    """What to answer or to rule, by when."""

    state: strawberry.Private[proposals.Proposal]
    principal_id: strawberry.Private[str]
    asks: Asked = field(description="What it waits for.")
    until: datetime | None = field(
        description="The first instant that is too late; runs once your party was told. Null: no "
        "deadline."
    )
    silence: Silence = field(
        description="What silence by then will mean. Of a ruling: the dispute climbs, and after "
        "the last rung (NOTHING) the last word of the policy's ladder holds."
    )
    is_told: bool = field(
        description="Whether its time runs: the party that is asked was told, or proposed it."
    )

    @field(description="The proposal.")
    def proposal(self) -> Proposal:
        """As it stands."""
        return proposal_of(self.state)

    @field(
        description="For whom your party answers, as its delegate: `onBehalfOf` of your answer. "
        "Null: for itself."
    )
    async def on_behalf_of(self, info: Info) -> Party | None:
        """The party that delegated its answers."""
        return await load_party(info, self.principal_id) if self.principal_id else None

    @field(
        description="Mutations by which you could do what is asked; with `onBehalfOf` where it is "
        "for another party."
    )
    async def allowed_actions(self, info: Info) -> list[str]:
        """Names of mutations."""
        if self.asks is Asked.RULING:
            return await offered(info, [each async for each in dispute_actions(info, self.state)])
        actor, answers = info.context.actor, ANSWERS[: 2 if self.principal_id else None]
        party_id = self.principal_id or actor.party_id
        could = actions(self.state, party_id, actor.subject)
        return await offered(info, [name for name in could if name in answers])

    @field(
        description="What its content says otherwise than the version before: the proposal that "
        "it replaces, else what stood when it was opened: the version in force, the membership, "
        "the result that is restated. Empty where there is none."
    )
    async def changes(self, info: Info) -> list[ContentChange]:
        """Place by place."""
        return await changes_of(info, self.state)


async def changes_of(info: Info, state: proposals.Proposal) -> list[ContentChange]:
    """What a proposal changes, as the API shows it."""
    found = await changed(info.context.doors.reader, info.context.actor, state)
    return [_change(each) for each in found]


def _change(each: rules.Difference) -> ContentChange:
    return ContentChange(path=each.path, before=each.before, after=each.after)


def item_of(waiting: Waiting) -> InboxItem:
    """What waits, as the API shows it."""
    return InboxItem(
        state=waiting.proposal,
        principal_id=waiting.principal_id,
        asks=waiting.asks,
        until=waiting.until,
        silence=waiting.silence,
        is_told=waiting.is_told,
    )


@strawberry.type
class InboxQuery:
    """Reading."""

    @field(
        description="What waits for your party: its answers, those that it gives for parties that "
        "delegated them to it, its sponsor's rulings. The nearest deadline first; the first 100. "
        "Which are urgent depends on the day: compare `until` with your own clock."
    )
    async def inbox(self, info: Info) -> list[InboxItem]:
        """Empty: nothing waits for you."""
        doors = info.context.doors
        found = await inbox(doors.reader, info.context.actor, doors.ledger.clock())
        return [item_of(each) for each in found[:MAX_ITEMS]]

    @field(
        description="What a proposal's content says otherwise than the version before it; null "
        "when there is no such proposal."
    )
    async def proposal_changes(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The proposal.")],
    ) -> list[ContentChange] | None:
        """Also of one that is closed."""
        key = local_id(id, "Proposal", "id")
        found = await info.context.load("proposal", key, proposals.Proposal)
        return None if found is None else await changes_of(info, found.value)
