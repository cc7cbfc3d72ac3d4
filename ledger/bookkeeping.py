"""The read door of finance: postings, dues and balances, always scoped by the actor.

The one rule: as `read`: what may not be seen is not in the answer, decided inside the SQL.
"""

from collections.abc import AsyncIterator
from datetime import datetime

from ledger.actor import Actor
from ledger.due import Due
from ledger.history import decode_state
from ledger.party import PartyRole
from ledger.read import Narrowed, Reader
from ledger.store import entries, postings, projections
from ledger.store.postings import Books, StoredPosting
from ledger.store.projections import Scope

STREAM_PAGE = 5000
"""Rows that a streamed download reads at once: what it holds in memory."""

STATE_PAGE = 1000


class Bookkeeping(Reader):
    """Reads of finance for actors. Raises NotFound, Trouble or Fault."""

    async def postings(
        self,
        actor: Actor,
        cursor: tuple[int, int] | None,
        limit: int,
        *,
        owner: str = "",
        counterparty: str = "",
        as_of: int | None = None,
    ) -> list[StoredPosting]:
        """Postings of accounts that the actor's party is a side of; an observer's, of all it may.

        After (entry index, line); narrowed to one party's books and to those about another.
        """
        books = await self._books(actor, owner, counterparty, as_of)
        async with self._seeing(actor) as (connection, sight):
            if not sight.covers("posting"):
                return []
            return await postings.postings_after(
                connection, actor.ecosystem_id, books, cursor, limit
            )

    async def journal(
        self,
        actor: Actor,
        owner: str,
        size: int,
        after: tuple[int, int] | None = None,
        counterparty: str = "",
    ) -> AsyncIterator[list[StoredPosting]]:
        """All postings in one party's books below a ledger size, in pages of a stream.

        History does not change, so that pages of several transactions make one journal.
        """
        books = await self._books(actor, owner, counterparty, size)
        cursor = after
        while True:
            async with self._seeing(actor) as (connection, sight):
                if not sight.covers("posting"):
                    return
                page = await postings.postings_after(
                    connection, actor.ecosystem_id, books, cursor, STREAM_PAGE
                )
            if page:
                yield page
                cursor = (page[-1].entry_index, page[-1].line)
            if len(page) < STREAM_PAGE:
                return

    async def dues(
        self, actor: Actor, narrowed: Narrowed, as_of: int | None = None
    ) -> AsyncIterator[list[Due]]:
        """All dues that the actor may see, in pages of a stream, in the order of posting."""
        cursor = None
        while True:
            async with self._seeing(actor) as (connection, sight):
                if not sight.covers("due"):
                    return
                scope = Scope(
                    "due",
                    actor.party_id,
                    as_of,
                    narrowed.parent_id,
                    narrowed.period,
                    narrowed.status,
                    sight.until,
                )
                states = await projections.page(
                    connection, actor.ecosystem_id, scope, cursor, STATE_PAGE, backward=False
                )
            if states:
                yield [decode_state(state.data, Due) for state in states]
                cursor = (states[-1].first_index, states[-1].object_id)
            if len(states) < STATE_PAGE:
                return

    async def size_at(self, actor: Actor, instant: datetime) -> int:
        """How many entries the ledger had at an instant."""
        async with self._reading(actor) as connection:
            return await entries.size_at(connection, actor.ecosystem_id, instant)

    async def _books(self, actor: Actor, owner: str, counterparty: str, as_of: int | None) -> Books:
        ecosystem = (await self.ecosystem(actor)).value
        role = ecosystem.party(actor.party_id).role
        return Books(actor.party_id, role is PartyRole.OBSERVER, owner, counterparty, as_of)
