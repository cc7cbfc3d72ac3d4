"""Subscriptions: entries as they come, what waits for the caller's party, the scorecard.

The one rule: authority is asked for again before each event, and ends with the token; a stream goes
on after the index that the caller has, so a reconnect loses nothing and repeats nothing.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, TypeVar

import strawberry

from graph.context import AuthorityEnded, Info
from graph.entries import Entry, entry_of
from graph.inbox import MAX_ITEMS, InboxItem, item_of
from graph.nodes import local_id
from graph.notices import told
from graph.scalars import Index
from graph.scorecards import (
    OfTheme,
    OnDate,
    Scorecard,
    Seen,
    SeriesLength,
    require_history,
    scorecard_of,
    seen,
)
from ledger.actor import NotFound, Role
from ledger.inbox import Waiting, inbox
from ledger.reply import Channel

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
        description="What waits for your party, as the query `inbox` has it: all of it, now and "
        "whenever it changes; at most 100. Where you may answer for your party (APPROVER), it "
        "counts as told of its own answers that were sent: the notice is an entry, and its time "
        "runs."
    )
    async def inbox(
        self, info: Info, ecosystem: EcosystemArgument = None
    ) -> AsyncGenerator[list[InboxItem], None]:
        """One event a change."""
        actor, doors = info.context.actor, info.context.doors
        await _check_ecosystem(info, ecosystem)
        shown: list[Waiting] | None = None
        async for _ in authorised(info, doors.feed.sizes(actor.ecosystem_id, -1)):
            waiting = (await inbox(doors.reader, actor, doors.ledger.clock()))[:MAX_ITEMS]
            if waiting != shown:
                shown = waiting
                yield [item_of(each) for each in waiting]
                await _told(info, waiting)  # who asks for the next event was sent this one

    @strawberry.subscription(
        description="The scorecard of a date: at once, and whenever a result or an indicator "
        "changes it. What else is entered sends nothing."
    )
    async def scorecard(
        self,
        info: Info,
        on: OnDate,
        theme: OfTheme = None,
        history: SeriesLength = 1,
        ecosystem: EcosystemArgument = None,
    ) -> AsyncGenerator[Scorecard, None]:
        """One event a change."""
        require_history(history)
        ecosystem_id, feed = info.context.actor.ecosystem_id, info.context.doors.feed
        await _check_ecosystem(info, ecosystem)
        shown: Seen | None = None
        async for _ in authorised(info, feed.sizes(ecosystem_id, -1)):
            now = await seen(info, on, theme, history, None)
            if now != shown:
                shown = now
                yield scorecard_of(now, on, None)


async def _told(info: Info, waiting: list[Waiting]) -> None:
    """Enter that the caller's party was told of what it was not yet told of, by who may answer.

    Raises Trouble, Fault.
    """
    actor, doors = info.context.actor, info.context.doors
    if Role.APPROVER not in actor.roles:
        return
    for each in waiting:
        if each.is_own_answer and not each.is_told:
            key = each.proposal.proposal_id
            await told(doors, actor.ecosystem_id, key, actor.party_id, Channel.SUBSCRIPTION)


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
