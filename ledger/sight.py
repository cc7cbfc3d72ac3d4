"""Sight: how far a party sees into its ecosystem's ledger.

The one rule: a member sees what its audience covers; an observer what it was granted; who has left
sees the ledger as it stood when it left, with proofs, and after that only what is its own affair:
what names it in its audience, and what it entered itself. Checkpoints are everybody's who ever was
a member: by them it can hold the host to its history. Source: `domain.md` section 2.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta

from ledger.actor import Actor, NotFound
from ledger.history import decode_state, open_envelope
from ledger.party import Grant, Party, PartyRole, is_granted
from ledger.store import entries, projections
from ledger.store.entries import EVERYTHING, StoredEntry
from ledger.store.pool import Connection


@dataclass(frozen=True, slots=True)
class Sight:
    """What one party sees.

    `until`: of a party that leaves, the ledger's size when it left; None: no end.
    `grants`: of an observer with limited grants; None: everything.
    """

    viewer: str
    until: int | None = None
    grants: Collection[Grant] | None = None
    is_observer: bool = False

    def covers(self, concept: str) -> bool:
        """Whether a concept, or the first word of an entry's kind, is granted."""
        return is_granted(self.grants, concept)

    def reaches(self, index: int) -> bool:
        """Whether an entry was there before the party left."""
        return self.until is None or index < self.until

    def finds(self, stored: StoredEntry) -> bool:
        """Whether an entry is shown when it is asked for by its index."""
        if self.reaches(stored.index):
            return True
        envelope = open_envelope(stored.envelope)
        return self.viewer == envelope.party or self.viewer in envelope.audience

    def opened(self, stored: StoredEntry) -> StoredEntry:
        """The entry as it is shown: without its opening where the kind is not granted."""
        if self.grants is None:
            return stored
        word, _, _ = open_envelope(stored.envelope).kind.partition(".")
        if self.covers(word):
            return stored
        return replace(stored, salt=None, body=None, annex_salt=None, annex=None)


async def sight_of(connection: Connection, actor: Actor) -> Sight:
    """How far the actor's party sees, whatever its token says. Raises NotFound for no member."""
    key, party_id = actor.ecosystem_id, actor.party_id
    states = await projections.states_at(connection, key, "party", [party_id], EVERYTHING)
    if party_id not in states:
        raise NotFound("ecosystem", what="ecosystem", id=key)
    party = decode_state(states[party_id].data, Party)
    is_observer = party.role is PartyRole.OBSERVER
    grants = party.terms.grants
    leaves_at, left_index = party.leaves_at, party.left_index
    if leaves_at is None or left_index is None:
        return Sight(party_id, None, grants, is_observer)
    last = leaves_at - timedelta(microseconds=1)  # the finest step between two entries
    size = await entries.size_at(connection, key, last)
    # what fixed its leaving it sees, though it was entered after the day it leaves by
    return Sight(party_id, max(size, left_index + 1), grants, is_observer)
