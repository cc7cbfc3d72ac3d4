"""The inbox: what waits for your party, by when, and what its silence will mean."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import field

from graph.agreements import Proposal, proposal_of
from graph.context import Info
from graph.nodes import local_id
from ledger import difference as rules
from ledger import proposal as proposals
from ledger.inbox import Waiting, changed, inbox
from ledger.reply import Silence

MAX_ITEMS = 100


@strawberry.type(description="One place where two versions of a content differ.")
class ContentChange:
    """Readable by a person."""

    path: str = field(description='Where, as "terms.owners[Network].weight".')
    before: str | None = field(description="What stood there; null: nothing did.")
    after: str | None = field(description="What stands there; null: nothing does any more.")


@strawberry.type(description="A pending proposal that waits for your party's answer.")
class InboxItem:
    """What to answer, by when."""

    state: strawberry.Private[proposals.Proposal]
    until: datetime | None = field(
        description="The first instant that is too late; runs once your party was told. Null: no "
        "deadline."
    )
    silence: Silence = field(description="What your party's silence by then will mean.")
    is_told: bool = field(description="Whether its time runs: your party was told, or proposed it.")

    @field(description="The proposal.")
    def proposal(self) -> Proposal:
        """As it stands."""
        return proposal_of(self.state)

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
        until=waiting.until,
        silence=waiting.proposal.silence,
        is_told=waiting.is_told,
    )


@strawberry.type
class InboxQuery:
    """Reading."""

    @field(
        description="What waits for your party's answer, the nearest deadline first; the first "
        "100. Which are urgent depends on the day: compare `until` with your own clock."
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
