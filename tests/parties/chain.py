"""A service chain in event language: pure decisions, every entry audited as an outsider would."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from ledger.actor import Actor, Role
from ledger.agreement import Consent
from ledger.audit import check
from ledger.book import Book
from ledger.changes import changes
from ledger.commands import Command, Decision, LogIdentity
from ledger.decision import decide
from ledger.ecosystem import Ecosystem, FoundEcosystem, NewParty
from ledger.errors import Refusal
from ledger.evolution import evolve
from ledger.fact import Placed
from ledger.history import open_entry, open_envelope, seal
from ledger.ids import EcosystemId, PartyId, Seed
from ledger.party import Party, PartyRole
from ledger.snapshot import decode_book, encode_book

ECOSYSTEM = EcosystemId("00000000-0000-8000-8000-000000000000")
LOG = LogIdentity("localhost/jpi", "key")
EVERY_ROLE = frozenset(set(Role) - {Role.FOUNDER})
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Chain:
    """The Book so far, and what time it is."""

    now: datetime = MORNING
    book: Book = field(default_factory=lambda: Book(ECOSYSTEM))
    placed: list[Placed] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, outsourcer: str, *partners: str, observers: Iterable[str] = ()) -> "Chain":
        """A founded chain of named parties."""
        chain = cls()
        parties = [NewParty(outsourcer, PartyRole.OUTSOURCER)]
        parties += [NewParty(name, PartyRole.PARTNER) for name in partners]
        parties += [NewParty(name, PartyRole.OBSERVER) for name in observers]
        founder = Actor(ECOSYSTEM, PartyId(""), "f", frozenset({Role.FOUNDER}))
        command = FoundEcosystem(ECOSYSTEM, "A chain", tuple(parties))
        chain.enter(chain.decision(command, founder), "f")
        chain.ids = {party.name: party.party_id for party in chain.ecosystem.parties}
        return chain

    @property
    def ecosystem(self) -> Ecosystem:
        """The tenant as it stands."""
        assert self.book.ecosystem is not None
        return self.book.ecosystem

    def party(self, name: str) -> Party:
        """A party as it stands."""
        return next(party for party in self.ecosystem.parties if party.name == name)

    def actor(self, name: str) -> Actor:
        """Somebody of a party who may do everything."""
        return Actor(ECOSYSTEM, PartyId(self.ids[name]), f"s-{name}", EVERY_ROLE)

    def decision(self, command: Command, actor: Actor) -> Decision:
        """What would happen now. Raises a Refusal."""
        seed = Seed(sha256(f"{len(self.placed)}".encode()).digest())
        return decide(self.book, command, actor, self.now, seed, LOG)

    def enter(self, decision: Decision, subject: str) -> None:
        """Enter what was decided; each entry is sealed, opened, audited, folded and projected."""
        seed = Seed(sha256(f"salt {len(self.placed)}".encode()).digest())
        for fact in decision.facts:
            entry, _ = seal(
                fact,
                ecosystem_id=ECOSYSTEM,
                index=self.book.size,
                at=self.now,
                party=decision.party,
                subject=subject,
                seed=seed,
            )
            placed = open_entry(open_envelope(entry.envelope), entry.salt, entry.body)
            check(self.book, placed)
            self.book = evolve(self.book, placed)
            assert list(changes(self.book, placed)) is not None
            self.placed.append(placed)
        for party in self.ecosystem.parties:
            self.ids.setdefault(party.name, party.party_id)

    def do(self, name: str, command: Command) -> str:
        """A party does something; the id of what it was about."""
        decision = self.decision(command, self.actor(name))
        self.enter(decision, f"s-{name}")
        return decision.object_id

    def refused(self, name: str, command: Command, kind: type[Refusal]) -> Refusal:
        """The refusal of a command."""
        with pytest.raises(kind) as caught:
            self.decision(command, self.actor(name))
        return caught.value

    def agree(self, proposal_id: str, *names: str) -> None:
        """Parties consent in turn; without names all whose consent is asked."""
        asked = self.book.agreements.get(proposal_id).signatories
        by_id = {party_id: name for name, party_id in self.ids.items()}
        for name in names or [by_id[party_id] for party_id in asked]:
            self.do(name, Consent(proposal_id))

    def agreed(self, name: str, command: Command) -> str:
        """A party proposes, and all who are asked consent."""
        proposal_id = self.do(name, command)
        self.agree(proposal_id)
        return proposal_id

    def replayed(self) -> Book:
        """The Book folded anew from the entries, over a snapshot in the middle."""
        book = Book(ECOSYSTEM)
        for placed in self.placed:
            check(book, placed)
            book = evolve(book, placed)
            if placed.index == len(self.placed) // 2:
                book = decode_book(encode_book(book))
        return book

    def forged(self, place: int, event: object) -> Placed:
        """An entry with another body in its place."""
        return replace(self.placed[place], event=event)
