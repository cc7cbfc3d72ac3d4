"""Subscriptions: entries as they come, and what waits for the caller's party.

The one rule: authority is asked for again before each event, and ends with the token; a stream goes
on after the index that the caller has, so a reconnect loses nothing and repeats nothing.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, TypeVar

import strawberry

from graph.agreements import Proposal, proposal_of
from graph.context import AuthorityEnded, Info
from graph.entries import Entry, entry_of
from graph.nodes import local_id
from graph.scalars import Index
from ledger import proposal as rules
from ledger.actor import NotFound
from ledger.proposal import ProposalStatus
from ledger.read import MAX_PAGE, Narrowed, Window

T = TypeVar("T")

EcosystemArgument = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Yours, as the token says it; may be left out."),
]


@strawberry.type(description="Following. Everything is what your party may see.")
class Subscription:
    """The root of subscriptions."""

    @strawberry.subscription(
        description="Entries after an index, in order, each once, as your party may see them. "
        "After a reconnect ask again after the last index that you have. Without one: what comes "
        "from now on. A reader that falls 10,000 entries behind is closed with the code 4413."
    )
    async def entries(
        self,
        info: Info,
        ecosystem: EcosystemArgument = None,
        after: Annotated[
            Index | None,
            strawberry.argument(description="The last index that you have."),
        ] = None,
        from_start: Annotated[
            bool, strawberry.argument(description="From entry 0 on, where `after` is left out.")
        ] = False,
    ) -> AsyncGenerator[Entry, None]:
        """One event an entry."""
        actor, doors = info.context.actor, info.context.doors
        await _check_ecosystem(info, ecosystem)
        start = -1 if from_start else await doors.reader.size(actor) - 1
        if after is not None:
            start = int(after)
        async for stored in authorised(info, doors.feed.entries(actor, start)):
            yield entry_of(stored)

    @strawberry.subscription(
        description="Proposals that wait for your party's answer: all of them, now and whenever "
        "they change; at most 100, the oldest first."
    )
    async def inbox(
        self, info: Info, ecosystem: EcosystemArgument = None
    ) -> AsyncGenerator[list[Proposal], None]:
        """One event a change."""
        actor, doors = info.context.actor, info.context.doors
        await _check_ecosystem(info, ecosystem)
        shown: list[rules.Proposal] | None = None
        async for _ in authorised(info, doors.feed.sizes(actor.ecosystem_id, -1)):
            waiting = await _waiting(info)
            if waiting != shown:
                shown = waiting
                yield [proposal_of(each) for each in waiting]


async def _waiting(info: Info) -> list[rules.Proposal]:
    """What the caller's party has not answered yet, oldest first, up to a page."""
    party_id = info.context.actor.party_id
    found: list[rules.Proposal] = []
    for status in (ProposalStatus.OPEN, ProposalStatus.DISPUTED):
        after = None
        while len(found) < MAX_PAGE:
            page = await info.context.doors.reader.page(
                info.context.actor,
                "proposal",
                rules.Proposal,
                Window(first=MAX_PAGE, after=after),
                Narrowed(status=str(status)),
            )
            found += [
                each.value
                for each in page.items
                if party_id in each.value.signatories and not each.value.answer_of(party_id)
            ]
            if not page.has_next:
                break
            after = (page.items[-1].first_index, page.items[-1].object_id)
    return sorted(found, key=lambda each: each.index)[:MAX_PAGE]


async def _check_ecosystem(info: Info, ecosystem: strawberry.ID | None) -> None:
    """Return if the caller is a member, and acts in the ecosystem named. Raises NotFound."""
    await info.context.ecosystem()
    if ecosystem is not None:
        asked = local_id(ecosystem, "Ecosystem", "ecosystem")
        if asked != info.context.actor.ecosystem_id:
            raise NotFound("ecosystem", what="ecosystem", id=ecosystem)


async def authorised(info: Info, source: AsyncIterator[T]) -> AsyncGenerator[T, None]:
    """What comes, each time after the caller's token was looked at again.

    Loaders are new for each event. Raises AuthorityEnded when the token ends or counts no more.
    """
    context = info.context
    iterator = aiter(source)
    try:
        while True:
            try:
                async with asyncio.timeout(context.seconds_left()):
                    item = await anext(iterator)
            except TimeoutError:
                raise AuthorityEnded("The token has expired: come back with a new one.") from None
            except StopAsyncIteration:
                return
            await context.admit_again()
            context.renew()
            yield item
    finally:
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()
