"""The ecosystem: its parties, and how it is founded.

One outsourcer, any number of partners and observers. Founding is one party's own act: there is
nobody yet whose consent could be asked. Source: `domain.md` section 2.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from ledger.actor import NotFound
from ledger.errors import Refusal
from ledger.fact import Fact, Placed
from ledger.ids import EcosystemId, PartyId, Seed

MAX_NAME = 120
MAX_PARTIES = 200


class NameMissing(Refusal):
    """A name has 1 to 120 characters, not {length}. -> Give it a name people will recognise."""


class PartiesMalformed(Refusal):
    """These parties do not make an ecosystem: {reason}. -> Name one outsourcer and its partners."""


class PartyRole(StrEnum):
    """What a party is in the ecosystem."""

    OUTSOURCER = "OUTSOURCER"
    PARTNER = "PARTNER"
    OBSERVER = "OBSERVER"


@dataclass(frozen=True, slots=True)
class Party:
    """A member of the ecosystem. `name` is an organisation's, never a person's."""

    party_id: str
    name: str
    role: PartyRole


@dataclass(frozen=True, slots=True)
class NewParty:
    """A party to be founded with."""

    name: str
    role: PartyRole


@dataclass(frozen=True, slots=True)
class FoundEcosystem:
    """Command: found an ecosystem. The id is derived from the founder and the key, by the API."""

    ecosystem_id: EcosystemId
    name: str
    parties: tuple[NewParty, ...]


@dataclass(frozen=True, slots=True)
class EcosystemFounded:
    """Entry 0. `origin` and `log_key` (a verifier key) are what checkpoints are checked against."""

    name: str
    origin: str
    log_key: str
    parties: tuple[Party, ...]
    policy_version: int = 1


@dataclass(frozen=True, slots=True)
class Ecosystem:
    """The tenant as it stands. `log_key` is the verifier key in force, the former ones in order."""

    ecosystem_id: EcosystemId
    name: str
    origin: str
    log_key: str
    parties: tuple[Party, ...]
    founded_index: int
    former_log_keys: tuple[str, ...] = ()
    rotation_notes: tuple[str, ...] = ()

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

    def party_ids(self) -> frozenset[str]:
        """Ids of all members."""
        return frozenset(party.party_id for party in self.parties)

    def signing_ids(self) -> frozenset[str]:
        """Ids of the members that sign: observers see and sign nothing."""
        return frozenset(p.party_id for p in self.parties if p.role is not PartyRole.OBSERVER)


def require_name(name: str, path: str) -> str:
    """The name without surrounding blanks. Raises NameMissing."""
    trimmed = name.strip()
    if not 1 <= len(trimmed) <= MAX_NAME:
        raise NameMissing(path, length=len(trimmed))
    return trimmed


def found(
    command: FoundEcosystem, log_name: str, log_key: str, seed: Seed
) -> tuple[tuple[Fact, ...], PartyId]:
    """The founding fact and the outsourcer's id. Raises NameMissing, PartiesMalformed."""
    require_name(command.name, "name")
    _check_parties(command.parties)
    parties = tuple(
        Party(seed.new_id(), require_name(new.name, f"parties[{i}].name"), new.role)
        for i, new in enumerate(command.parties)
    )
    outsourcer = next(p for p in parties if p.role is PartyRole.OUTSOURCER)
    origin = f"{log_name}/{command.ecosystem_id}"
    event = EcosystemFounded(command.name.strip(), origin, log_key, parties)
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
    return Ecosystem(
        ecosystem_id, event.name, event.origin, event.log_key, event.parties, placed.index
    )
