"""Entries: the ledger itself, its openings, checkpoints and proofs."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import OWN, offered
from graph.checkpoints import InclusionProof, prove
from graph.context import NAME, Info
from graph.nodes import Node, global_id
from graph.paging import (
    After,
    Before,
    Connection,
    Edge,
    First,
    Last,
    connection_of,
    decode_cursor,
    encode_cursor,
    window,
)
from graph.parties import Party, party_by_id
from graph.scalars import Base64, Index, Json, base64
from ledger.fact import CLOCK
from ledger.history import Envelope, open_envelope
from ledger.read import MAX_PAGE
from ledger.store.entries import StoredEntry


@strawberry.type(description="Salt and body of an entry: what its commitment opens to.")
class Opening:
    """Served to the audience alone."""

    salt: Base64 = field(description="32 bytes.")
    body: Json = field(description="commitment = base64 SHA-256(salt || body).")


@strawberry.type(description="A leaf of the ledger.")
class Entry(Node):
    """Its envelope is known to all members, its body to its audience."""

    decoded: strawberry.Private[Envelope]
    index: Index = field(description="0, 1, 2 ... without a gap.")
    at: datetime = field(description="One clock reading under the head lock.")
    kind: str = field(description='As "measurement.proposed".')
    version: int = field(description="Version of the kind.")
    subject: str = field(description="Pseudonym of who acted.")
    audience_ids: list[strawberry.ID] | None = field(
        description="Parties that may open the body; null: the whole ecosystem."
    )
    envelope: Json = field(description="Canonical JSON, as it was hashed.")
    leaf_hash: Base64 = field(description="SHA-256(0x00 || envelope).")
    opening: Opening | None = field(description="Null outside your audience.")
    annex: Json | None = field(
        description="Remarks; null where there are none, where they were erased, and outside your "
        "audience."
    )

    @field(description="Who acted; null when it was the service's clock.")
    async def party(self, info: Info) -> Party | None:
        """The acting party."""
        if self.decoded.party == CLOCK:
            return None
        return await party_by_id(info, self.decoded.party)

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Who wrote its annex may erase it."""
        may = self.annex is not None and self.decoded.party == info.context.actor.party_id
        return await offered(info, ["eraseAnnex"] if may else [])

    @field(description=NAME)
    async def subject_name(self, info: Info) -> str | None:
        """Of who acted."""
        return await info.context.name_of(self.decoded.party, self.subject)

    @field(description="The inclusion proof in the newest checkpoint that covers it.")
    async def inclusion_proof(self, info: Info) -> InclusionProof:
        """Signs a checkpoint if none covers the entry yet."""
        return await prove(info.context.doors, info.context.actor, self.index, self.index + 1)


def entry_of(stored: StoredEntry) -> Entry:
    """An entry as the API shows it."""
    envelope = open_envelope(stored.envelope)
    opening = None
    if stored.salt is not None and stored.body is not None:
        opening = Opening(salt=base64(stored.salt), body=Json(stored.body.decode()))
    open_to_all = envelope.audience == ("*",)
    return Entry(
        id=global_id("Entry", str(stored.index)),
        decoded=envelope,
        index=Index(stored.index),
        at=envelope.at,
        kind=envelope.kind,
        version=envelope.version,
        subject=envelope.subject,
        audience_ids=None
        if open_to_all
        else [global_id("Party", each) for each in envelope.audience],
        envelope=Json(stored.envelope.decode()),
        leaf_hash=base64(stored.leaf_hash),
        opening=opening,
        annex=None if stored.annex is None else Json(stored.annex.decode()),
    )


async def load_entry(info: Info, index: int) -> Entry | None:
    """An entry by index, or None."""
    found = await info.context.doors.reader.entries_at(info.context.actor, [index])
    return entry_of(found[index]) if index in found else None


@strawberry.type
class EntryQuery:
    """Reading."""

    @field(description="An entry; null beyond the ledger's end.")
    async def entry(
        self,
        info: Info,
        index: Annotated[Index, strawberry.argument(description="Its place in the ledger.")],
    ) -> Entry | None:
        """One entry."""
        return await load_entry(info, index)

    @field(description="Entries in order.")
    async def entries(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        after_index: Annotated[
            Index | None,
            strawberry.argument(description="Start after this index, in place of a cursor."),
        ] = None,
    ) -> Connection[Entry]:
        """A page of the ledger."""
        asked = window(first, after, last, before)
        start = None if after is None else decode_cursor(after, "after")[0]
        if after_index is not None and after is None:
            start = after_index
        end = None if before is None else decode_cursor(before, "before")[0]
        forward = asked.last is None
        size = asked.first or asked.last or MAX_PAGE
        found, more = await info.context.doors.reader.entries(
            info.context.actor,
            after=start,
            first=size if forward else None,
            last=None if forward else size,
            before=end,
        )
        edges = [
            Edge(cursor=encode_cursor(stored.index), node=entry_of(stored)) for stored in found
        ]
        if forward:
            return connection_of(edges, has_next=more, has_previous=start is not None)
        return connection_of(edges, has_next=end is not None, has_previous=more)
