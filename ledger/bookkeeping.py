"""The read door of finance: postings, dues and balances, always scoped by the actor.

The one rule: as `read`: what may not be seen is not in the answer, decided inside the SQL.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from ledger.actor import Actor, NotFound
from ledger.conduct import Conduct
from ledger.due import Due
from ledger.history import decode_state
from ledger.party import PartyRole
from ledger.payment import Payment
from ledger.read import Narrowed, Reader
from ledger.scheme import Scheme
from ledger.stake import SealedPart
from ledger.store import bankstatements, entries, postings, projections
from ledger.store.bankstatements import StoredLine, StoredStatement
from ledger.store.postings import Books, StoredPosting
from ledger.store.projections import Scope

T = TypeVar("T")

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
        backward: bool = False,
    ) -> list[StoredPosting]:
        """Postings of accounts that the actor's party is a side of; an observer's, of all it may.

        After (entry index, line), or backward before it, the newest first; narrowed to one party's
        books and to those about another.
        """
        books = await self._books(actor, owner, counterparty, as_of)
        async with self._seeing(actor) as (connection, sight):
            if not sight.covers("posting"):
                return []
            return await postings.page(
                connection, actor.ecosystem_id, books, cursor, limit, backward=backward
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
        has_papers = await self._has_papers(actor, size)
        cursor = after
        while True:
            async with self._seeing(actor) as (connection, sight):
                if not sight.covers("posting"):
                    return
                page = await postings.page(
                    connection, actor.ecosystem_id, books, cursor, STREAM_PAGE, backward=False
                )
            if page:
                yield await self._with_papers(actor, page, size) if has_papers else page
                cursor = (page[-1].entry_index, page[-1].line)
            if len(page) < STREAM_PAGE:
                return

    async def _has_papers(self, actor: Actor, size: int) -> bool:
        """Whether any scheme that the actor may see states what finance needs on documents."""
        async for schemes in self._states(actor, "scheme", Scheme, Narrowed(), size):
            if any(each.terms.payment.references for each in schemes):
                return True
        async for parts in self._states(actor, "scheme_part", SealedPart, Narrowed(), size):
            if any(each.part.references for each in parts):
                return True
        return False

    async def _with_papers(
        self, actor: Actor, page: list[StoredPosting], size: int
    ) -> list[StoredPosting]:
        """A page of a journal with what each owner's finance needs on the documents."""
        keys = list(dict.fromkeys(each.reference for each in page if each.reference))
        known = await self.many(actor, "due", keys, Due, size)
        found = []
        for each in page:
            due = known.get(each.reference)
            papers = due.value.papers_of(each.posting.account.owner) if due else None
            found.append(replace(each, papers=papers))
        return found

    async def dues(
        self, actor: Actor, narrowed: Narrowed, as_of: int | None = None
    ) -> AsyncIterator[list[Due]]:
        """All dues that the actor may see, in pages of a stream, in the order of posting."""
        async for page in self._states(actor, "due", Due, narrowed, as_of):
            yield page

    async def payments(
        self, actor: Actor, reference: str, as_of: int | None = None
    ) -> AsyncIterator[list[Payment]]:
        """All payments of a due, in pages of a stream, earliest first."""
        narrowed = Narrowed(parent_id=reference)
        async for page in self._states(actor, "payment", Payment, narrowed, as_of):
            yield page

    async def conduct(self, actor: Actor, party_id: str, as_of: int | None = None) -> list[Conduct]:
        """What the ledger shows of a party, in the order of the entries."""
        narrowed = Narrowed(parent_id=party_id)
        pages = self._states(actor, "conduct", Conduct, narrowed, as_of)
        found = [each async for page in pages for each in page]
        return sorted(found, key=lambda each: each.index)

    async def _states(
        self, actor: Actor, concept: str, kind: type[T], narrowed: Narrowed, as_of: int | None
    ) -> AsyncIterator[list[T]]:
        cursor = None
        while True:
            async with self._seeing(actor) as (connection, sight):
                if not sight.covers(concept):
                    return
                scope = Scope(
                    concept,
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
                yield [decode_state(state.data, kind) for state in states]
                cursor = (states[-1].first_index, states[-1].object_id)
            if len(states) < STATE_PAGE:
                return

    async def bank_statements(
        self, actor: Actor, cursor: int | None, limit: int, *, backward: bool = False
    ) -> list[StoredStatement]:
        """Statements that the actor's party imported, after an entry, oldest first.

        Backward: those before it, the newest first.
        """
        async with self._reading(actor) as connection:
            return await bankstatements.statements_of(
                connection, actor.ecosystem_id, actor.party_id, cursor, limit, backward=backward
            )

    async def bank_lines(
        self,
        actor: Actor,
        cursor: tuple[int, int] | None,
        limit: int,
        *,
        statement_index: int | None = None,
        is_matched: bool | None = None,
        backward: bool = False,
    ) -> list[StoredLine]:
        """Lines of the party's own statements, after (statement, line), oldest first.

        Backward: those before it, the newest first.
        """
        async with self._reading(actor) as connection:
            return await bankstatements.lines_of(
                connection,
                actor.ecosystem_id,
                actor.party_id,
                statement_index,
                cursor,
                limit,
                is_matched=is_matched,
                backward=backward,
            )

    async def all_bank_lines(
        self, actor: Actor, *, is_matched: bool | None = None
    ) -> AsyncIterator[list[StoredLine]]:
        """All lines of the party's own statements, in pages of a stream."""
        cursor: tuple[int, int] | None = None
        while True:
            page = await self.bank_lines(actor, cursor, STATE_PAGE, is_matched=is_matched)
            if page:
                yield page
                cursor = (page[-1].statement_index, page[-1].number)
            if len(page) < STATE_PAGE:
                return

    async def bank_line(self, actor: Actor, statement_index: int, line: int) -> StoredLine:
        """A line of the party's own statement. Raises NotFound."""
        cursor = (statement_index, max(line, 0) - 1)
        found = await self.bank_lines(actor, cursor, 1, statement_index=statement_index)
        if not found or found[0].number != line:
            raise NotFound("line", what="line of a bank statement", id=f"{statement_index}/{line}")
        return found[0]

    async def open_dues(self, actor: Actor, currencies: Sequence[str]) -> list[Due]:
        """Dues of the party that are not matched: what suggestions look among."""
        async with self._reading(actor) as connection:
            return await bankstatements.open_dues(
                connection, actor.ecosystem_id, actor.party_id, currencies
            )

    async def size_at(self, actor: Actor, instant: datetime) -> int:
        """How many entries the ledger had at an instant."""
        async with self._reading(actor) as connection:
            return await entries.size_at(connection, actor.ecosystem_id, instant)

    async def _books(self, actor: Actor, owner: str, counterparty: str, as_of: int | None) -> Books:
        ecosystem = (await self.ecosystem(actor)).value
        role = ecosystem.party(actor.party_id).role
        return Books(actor.party_id, role is PartyRole.OBSERVER, owner, counterparty, as_of)
