"""A ledger told in events: given what happened, when somebody acts, then this follows, or a no.

It does what the sequencer does, without a database: what is due is entered first, then the command
is decided; every entry is sealed, opened again, audited and folded.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from ledger.actor import Actor, Role
from ledger.agreement import Consent, NotifyParty, Objection
from ledger.audit import check
from ledger.book import Book
from ledger.changes import opening_of
from ledger.commands import Command, LogIdentity
from ledger.decision import decide
from ledger.ecosystem import EcosystemFounded, EcosystemFoundedV1, FoundEcosystem, NewParty
from ledger.evolution import evolve
from ledger.fact import CLOCK, Fact, Placed
from ledger.history import open_entry, open_envelope, seal
from ledger.ids import EcosystemId, PartyId, Seed
from ledger.ladder import Ladder, LastWord, Level, Rung, Sponsor
from ledger.lapse import lapsed, next_due
from ledger.party import PartyRole
from ledger.policy import KindRule, PolicyTerms, ProposePolicy
from ledger.proposal import Proposal, ProposalKind
from ledger.reply import Channel, Silence
from tests.freezer import freezer

BUYER, TRACK, TRAIN = "Buyer", "Track", "Train"
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning, four weeks before the clocks change in Europe."""
EVERY_ROLE = frozenset(Role) - {Role.FOUNDER}
LOG = LogIdentity("tests/jpi", "key")
ECOSYSTEM = EcosystemId("00000000-0000-8000-8000-000000000001")


@dataclass
class Told:
    """A ledger in memory, its clock, and everything that was entered."""

    now: datetime = MONDAY
    book: Book = field(default_factory=lambda: Book(ECOSYSTEM))
    entries: list[Placed] = field(default_factory=list)
    parties: dict[str, str] = field(default_factory=dict)
    count: int = 0

    @classmethod
    def founded(cls, *partners: str, observers: Sequence[str] = ()) -> "Told":
        """An ecosystem of a buyer and its partners."""
        told = cls()
        new = [NewParty(BUYER, PartyRole.OUTSOURCER)]
        new += [NewParty(name, PartyRole.PARTNER) for name in partners]
        new += [NewParty(name, PartyRole.OBSERVER) for name in observers]
        founder = Actor(EcosystemId(""), PartyId(""), "f", frozenset({Role.FOUNDER}))
        told._decided(FoundEcosystem(ECOSYSTEM, "Chain", tuple(new)), founder)
        assert told.book.ecosystem is not None
        told.parties = {each.name: each.party_id for each in told.book.ecosystem.parties}
        return told

    @classmethod
    def founded_before(cls, *partners: str) -> "Told":
        """The same, by an entry of before proposals had an end and parts a preparer."""
        told = cls.founded(*partners)
        founding = told.entries[0].event
        assert isinstance(founding, EcosystemFounded)
        named = (founding.name, founding.origin, founding.log_key)
        told.instead(EcosystemFoundedV1(*named, founding.parties).upgraded())
        return told

    @property
    def ids(self) -> dict[str, str]:
        """The parties' ids by their names."""
        return self.parties

    def actor(self, party: str, subject: str = "", roles: frozenset[Role] = EVERY_ROLE) -> Actor:
        """Somebody of a party, by the party's name; the service's clock as "clock"."""
        party_id = PartyId(self.parties.get(party, party))
        return Actor(ECOSYSTEM, party_id, subject or f"s-{party}", roles)

    def at(self, day: str) -> "Told":
        """It is later now: "2026-03-31T12:00" in UTC."""
        self.now = datetime.fromisoformat(day).replace(tzinfo=UTC)
        return self

    def later(self, **how: float) -> "Told":
        """Some time passes, and nobody looks."""
        self.now += timedelta(**how)
        return self

    def when(self, party: str, command: Command, subject: str = "", **how: bool) -> list[str]:
        """Somebody acts: the names of the events that follow. Raises a Refusal."""
        self.tick()
        return self._decided(command, self.actor(party, subject), **how)

    def tick(self) -> list[str]:
        """The clock enters what is due by now: the names of the events."""
        names = []
        while (due := next_due(self.book, self.now)) is not None:
            facts = lapsed(self.book, due, self.now)
            names += self._enter(facts, PartyId(CLOCK), CLOCK)
        return names

    def _decided(self, command: Command, actor: Actor) -> list[str]:
        decision = decide(self.book, command, actor, self.now, self._seed(), LOG)
        return self._enter(decision.facts, decision.party, actor.subject)

    def _seed(self) -> Seed:
        self.count += 1
        return Seed(sha256(str(self.count).encode()).digest())

    def _enter(self, facts: Sequence[Fact], party: PartyId, subject: str) -> list[str]:
        seed, names = self._seed(), []
        for fact in facts:
            entry, _ = seal(
                fact,
                ecosystem_id=ECOSYSTEM,
                index=self.book.size,
                at=self.now,
                party=party,
                subject=subject,
                seed=seed,
            )
            placed = open_entry(open_envelope(entry.envelope), entry.salt, entry.body)
            check(self.book, placed)
            self.book = evolve(self.book, placed)
            self.entries.append(placed)
            freezer.offer([entry])
            names.append(type(fact.event).__name__)
        return names

    # what tests say often

    def policy(self, *rules: KindRule, ladder: Ladder | None = None, **terms: object) -> None:
        """All agree a policy."""
        command = ProposePolicy(PolicyTerms(rules=rules, ladder=ladder or Ladder(), **terms))  # type: ignore[arg-type]  # terms by name
        proposal_id = self.open(BUYER, command)
        for party_id in self.proposal(proposal_id).signatories:
            if self.proposal(proposal_id).is_pending:
                self.when(party_id, Consent(proposal_id))

    def open(self, party: str, command: Command, subject: str = "") -> str:
        """Somebody proposes: the proposal's id."""
        self.when(party, command, subject)
        opened = [each.event for each in self.entries[-2:] if opening_of(each.event)]
        return str(getattr(opened[-1], "opening").proposal_id)  # noqa: B009

    def asked(self, party: str = BUYER, subject: str = "", **terms: object) -> str:
        """All who sign are asked something, a policy like the one in force: the proposal's id."""
        now = self.book.policy().terms
        return self.open(party, ProposePolicy(replace(now, applies_from=None, **terms)), subject)  # type: ignore[arg-type]  # terms by name

    def notify(self, proposal_id: str, *parties: str) -> None:
        """The service tells them of it by mail."""
        for party in parties:
            command = NotifyParty(proposal_id, self.parties[party], Channel.MAIL)
            self.when(CLOCK, command)

    def consent(self, proposal_id: str, *parties: str) -> list[str]:
        """They consent, one after the other: what followed the last one."""
        names: list[str] = []
        for party in parties:
            names = self.when(party, Consent(proposal_id))
        return names

    def objects(self, proposal_id: str, party: str) -> list[str]:
        """A party objects."""
        return self.when(party, Objection(proposal_id, "Not so."))

    def proposal(self, proposal_id: str) -> Proposal:
        """A proposal as it stands."""
        return self.book.agreements.get(proposal_id)

    def status(self, proposal_id: str) -> str:
        """How a proposal stands."""
        return str(self.proposal(proposal_id).status)

    def instead(self, event: object) -> None:
        """The last entry said something else: audited and folded in its place."""
        last = self.entries[-1]
        self.forget()
        placed = replace(last, event=event)
        check(self.book, placed)
        self.take(placed)

    def take(self, placed: Placed) -> None:
        """An entry as it is, without asking the audit: what a host could write."""
        self.book = evolve(self.book, placed)
        self.entries.append(placed)

    def forget(self) -> None:
        """The last entry never was."""
        self.entries.pop()
        self.book = self.replayed()

    def replayed(self) -> Book:
        """The Book folded again from the entries."""
        book = Book(ECOSYSTEM)
        for placed in self.entries:
            book = evolve(book, placed)
        return book


def rule(
    silence: Silence = Silence.NOTHING, days: int = 0, needed: int = 0, *, four_eyes: bool = False
) -> KindRule:
    """How policies are agreed: what tests ask about, for they need nothing else to stand."""
    return KindRule(ProposalKind.POLICY, needed, silence, days, four_eyes)


def ladder(told: Told, *days: int, last: LastWord = LastWord.STATUS_QUO, **how: object) -> Ladder:
    """A ladder with a rung for each time limit; all parties' sponsors rule on each."""
    sponsors = tuple(Sponsor(party_id) for party_id in told.parties.values())
    rungs = tuple(Rung(level, each, sponsors) for level, each in zip(Level, days, strict=False))
    return Ladder(rungs, last, how.get("arbiter"))  # type: ignore[arg-type]  # an arbiter or none
