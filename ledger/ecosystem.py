"""The ecosystem: its parties, and how it is founded.

One outsourcer, any number of partners and observers. Founding is one party's own act: there is
nobody yet whose consent could be asked. Source: `domain.md` section 2.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ledger.actor import NotFound
from ledger.errors import Refusal
from ledger.fact import Fact, Placed
from ledger.ids import EcosystemId, PartyId, Seed
from ledger.party import FoundingParty, Grant, Party, PartyRole
from ledger.policy import FOUNDING_DAYS, check_days

MAX_NAME = 120
MAX_PARTIES = 200


class NameMissing(Refusal):
    """A name has 1 to 120 characters, not {length}. -> Give it a name people will recognise."""


class PartiesMalformed(Refusal):
    """These parties do not make an ecosystem: {reason}. -> Name one outsourcer and its partners."""


@dataclass(frozen=True, slots=True)
class NewParty:
    """A party to be founded with."""

    name: str
    role: PartyRole


@dataclass(frozen=True, slots=True)
class FoundEcosystem:
    """Command: found an ecosystem. The id is derived from the founder and the key, by the API.

    `proposal_days`: calendar days that proposals stay open under the founding's policy.
    """

    ecosystem_id: EcosystemId
    name: str
    parties: tuple[NewParty, ...]
    proposal_days: int = FOUNDING_DAYS


@dataclass(frozen=True, slots=True)
class EcosystemFounded:
    """Entry 0. `origin` and `log_key` (a verifier key) are what checkpoints are checked against.

    `proposal_days` are the founding policy's; None: of before, when proposals could wait for ever.
    """

    name: str
    origin: str
    log_key: str
    parties: tuple[FoundingParty, ...]
    policy_version: int = 1
    proposal_days: int | None = None


@dataclass(frozen=True, slots=True)
class EcosystemFoundedV1:
    """Version 1, before proposals had an end."""

    name: str
    origin: str
    log_key: str
    parties: tuple[FoundingParty, ...]
    policy_version: int = 1

    def upgraded(self) -> EcosystemFounded:
        """What it means in the newest version."""
        named = (self.name, self.origin, self.log_key)
        return EcosystemFounded(*named, self.parties, self.policy_version)


@dataclass(frozen=True, slots=True)
class Ecosystem:
    """The tenant as it stands. `log_key` is the verifier key in force, the former ones in order.

    `proposal_days` are the founding policy's; None: it was founded before proposals had an end.
    """

    ecosystem_id: EcosystemId
    name: str
    origin: str
    log_key: str
    parties: tuple[Party, ...]
    founded_index: int
    former_log_keys: tuple[str, ...] = ()
    rotation_notes: tuple[str, ...] = ()
    proposal_days: int | None = None

    def with_log_key(self, log_key: str, note: str) -> "Ecosystem":
        """The ecosystem once its log signs with another key, by the note of the one before."""
        former = (*self.former_log_keys, self.log_key)
        notes = (*self.rotation_notes, note)
        return replace(self, log_key=log_key, former_log_keys=former, rotation_notes=notes)

    @property
    def outsourcer(self) -> Party:
        """The one party that buys the service."""
        return next(p for p in self.parties if p.role is PartyRole.OUTSOURCER)

    def party(self, party_id: str, path: str = "partyId") -> Party:
        """The member of an id. Raises NotFound."""
        for party in self.parties:
            if party.party_id == party_id:
                return party
        raise NotFound(path, what="party", id=party_id)

    def member(self, party_id: str, at: datetime, path: str = "partyId") -> Party:
        """The party of an id that has not left at an instant. Raises NotFound."""
        party = self.party(party_id, path)
        if party.has_left(at):
            raise NotFound(path, what="member", id=party_id)
        return party

    def with_party(self, changed: Party) -> "Ecosystem":
        """The ecosystem with a party as it stands now."""
        same = changed.party_id
        parties = tuple(changed if p.party_id == same else p for p in self.parties)
        return replace(self, parties=parties)

    def party_ids(self) -> frozenset[str]:
        """Ids of all parties, those that left too."""
        return frozenset(party.party_id for party in self.parties)

    def confidants(self, party_id: str, at: datetime) -> tuple[str, ...]:
        """Who may open what is between a partner and the outsourcer: they, and granted observers.

        An observer is one while its membership, which all who sign agreed, grants it STAKES.
        """
        granted = {
            party.party_id
            for party in self.parties
            if Grant.STAKES in (party.terms.grants or ()) and not party.has_left(at)
        }
        return tuple(sorted({party_id, self.outsourcer.party_id} | granted))

    def member_ids(self, at: datetime) -> frozenset[str]:
        """Ids of the parties that have not left at an instant."""
        return frozenset(p.party_id for p in self.parties if not p.has_left(at))

    def signing_ids(self, at: datetime) -> frozenset[str]:
        """Ids of the members that sign at an instant: observers see and sign nothing."""
        return frozenset(
            party.party_id
            for party in self.parties
            if party.role is not PartyRole.OBSERVER and not party.has_left(at)
        )


def require_name(name: str, path: str) -> str:
    """The name without surrounding blanks. Raises NameMissing."""
    trimmed = name.strip()
    if not 1 <= len(trimmed) <= MAX_NAME:
        raise NameMissing(path, length=len(trimmed))
    return trimmed


def found(
    command: FoundEcosystem, log_name: str, log_key: str, seed: Seed
) -> tuple[tuple[Fact, ...], PartyId]:
    """The founding fact and the outsourcer's id.

    Raises NameMissing, PartiesMalformed, EndMalformed.
    """
    check_days(command.proposal_days, "proposalDays")
    require_name(command.name, "name")
    _check_parties(command.parties)
    parties = tuple(
        FoundingParty(seed.new_id(), require_name(new.name, f"parties[{i}].name"), new.role)
        for i, new in enumerate(command.parties)
    )
    outsourcer = next(p for p in parties if p.role is PartyRole.OUTSOURCER)
    origin = f"{log_name}/{command.ecosystem_id}"
    event = EcosystemFounded(
        command.name.strip(), origin, log_key, parties, proposal_days=command.proposal_days
    )
    return (Fact(event),), PartyId(outsourcer.party_id)


def _check_parties(parties: Iterable[NewParty]) -> None:
    listed = list(parties)
    outsourcers = sum(p.role is PartyRole.OUTSOURCER for p in listed)
    names = [p.name.strip().casefold() for p in listed]
    if outsourcers != 1:
        raise PartiesMalformed("parties", reason=f"{outsourcers} outsourcers instead of one")
    if not any(p.role is PartyRole.PARTNER for p in listed):
        raise PartiesMalformed("parties", reason="no partner")
    if len(listed) > MAX_PARTIES:
        raise PartiesMalformed("parties", reason=f"more than {MAX_PARTIES} parties")
    for i, name in enumerate(names):
        if name in names[:i]:
            raise PartiesMalformed(f"parties[{i}].name", reason=f"{listed[i].name!r} stands twice")


def founded(placed: Placed, event: EcosystemFounded, ecosystem_id: EcosystemId) -> Ecosystem:
    """The ecosystem after its entry 0."""
    parties = tuple(Party(each.party_id, each.name, each.role) for each in event.parties)
    return Ecosystem(
        ecosystem_id,
        event.name,
        event.origin,
        event.log_key,
        parties,
        placed.index,
        proposal_days=event.proposal_days,
    )
